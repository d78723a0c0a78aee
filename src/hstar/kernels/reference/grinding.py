"""Definition of `kernels.grinding`: try one nonce after the other."""

from __future__ import annotations

from hstar.field.koala_bear import MODULUS
from hstar.hash.duplex import Duplex


def find_nonce(duplex: Duplex, num_bits: int) -> int | None:
    """The smallest nonce, or none."""
    for nonce in range(MODULUS):
        (element,), _ = duplex.absorb([nonce]).squeeze(1)
        if element % (1 << num_bits) == 0:
            return nonce
    return None
