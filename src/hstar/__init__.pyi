from hstar.ethereum.example import example_block
from hstar.ethereum.inputs import load_block
from hstar.soundness.solver import solve as solve_parameters

__all__ = ["__version__", "example_block", "load_block", "solve_parameters"]

__version__: str
