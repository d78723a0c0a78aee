"""The machine: RV64IM programs as data, their execution, and the cut into segments."""
