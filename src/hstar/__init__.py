"""hstar: an L1 zkEVM in Python."""

__version__ = "0.1.0"
