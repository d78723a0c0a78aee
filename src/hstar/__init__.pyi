from hstar.ethereum.example import example_block
from hstar.ethereum.inputs import load_block
from hstar.prover.programs import execute, prove, verify
from hstar.prover.programs import key as program_key
from hstar.soundness.solver import solve as solve_parameters

__all__ = [
    "__version__",
    "example_block",
    "execute",
    "load_block",
    "program_key",
    "prove",
    "solve_parameters",
    "verify",
]

__version__: str
