"""hstar: an L1 zkEVM in Python.

The names of the Python interface are loaded when they are first used; `__init__.pyi` types them.
"""

import importlib

__version__ = "0.1.0"

_EXPORTS = {
    "example_block": ("hstar.ethereum.example", "example_block"),
    "execute": ("hstar.prover.programs", "execute"),
    "load_block": ("hstar.ethereum.inputs", "load_block"),
    "program_key": ("hstar.prover.programs", "key"),
    "prove": ("hstar.prover.programs", "prove"),
    "solve_parameters": ("hstar.soundness.solver", "solve"),
    "verify": ("hstar.prover.programs", "verify"),
}
"""Public name: module and name in it. Modules are named as text so that importing hstar loads none of them."""


def __getattr__(name: str) -> object:
    if name not in _EXPORTS:
        raise AttributeError(f"module 'hstar' has no attribute {name!r}")
    module, attribute = _EXPORTS[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return [*globals(), *_EXPORTS]
