"""The definition of every kernel: plain Python or NumPy, one module per facade, same names and arguments."""
