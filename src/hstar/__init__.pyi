from hstar.ethereum.example import example_block
from hstar.ethereum.inputs import load_block

__all__ = ["__version__", "example_block", "load_block"]

__version__: str
