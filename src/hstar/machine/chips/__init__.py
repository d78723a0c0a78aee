"""The chips of the machine, one file for each family."""
