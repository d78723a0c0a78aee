"""The chips of the straight-line machine: a row is a gate, its preprocessed columns say on which wires."""
