"""Every case, registered by its module."""

from block_cases import opcodes, precompiles, transactions
from block_cases.base import CASES, Case

MODULES = (opcodes, precompiles, transactions)

__all__ = ["CASES", "MODULES", "Case"]
