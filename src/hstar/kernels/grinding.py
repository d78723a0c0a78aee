"""Proof-of-work search."""

from __future__ import annotations

from hstar.errors import InputError, Reason, ResourceError
from hstar.hash import tags
from hstar.hash.duplex import Blake2bDuplex, Duplex, Poseidon2Duplex
from hstar.hash.sponge import RATE
from hstar.hash.suite import BLAKE2B, POSEIDON2
from hstar.kernels.arguments import check_range
from hstar.kernels.backend import native, runs_native
from hstar.kernels.reference import grinding as reference

MAX_BITS = 24
"""The lowest 24 bits of a uniform element are uniform but for one value: `p - 1 = 127 * 2^24`."""


def find_nonce(duplex: Duplex, num_bits: int) -> int:
    """The smallest element that, absorbed by `duplex`, makes the next squeezed element end in `num_bits` zero bits.

    About `2^num_bits` trials; both cores search, and the result does not depend on how many there are.

    Args:
        duplex: the transcript's state when everything that the next challenge depends on has been absorbed.
        num_bits: 1 to 24; no nonce is absorbed for 0.

    Raises:
        InputError: OUT_OF_RANGE, UNKNOWN_NAME.
        ResourceError: LIMIT_REACHED when no element will do, which has probability below `e^-127`.
    """
    check_range(num_bits, "num_bits", 1, MAX_BITS)
    nonce = _find_native(duplex, num_bits) if runs_native() else reference.find_nonce(duplex, num_bits)
    if nonce is None:
        raise ResourceError(f"no field element has a proof of work of {num_bits} bits", reason=Reason.LIMIT_REACHED)
    return nonce


def _find_native(duplex: Duplex, num_bits: int) -> int | None:
    nonce: int | None
    if isinstance(duplex, Poseidon2Duplex) and duplex.suite is POSEIDON2:
        absorbed = duplex.absorb([0])
        lanes = list(absorbed.lanes)
        lanes[absorbed.position : RATE] = [0] * (RATE - absorbed.position)
        nonce = native().poseidon2_find_nonce(lanes, absorbed.position - 1, num_bits)
    elif isinstance(duplex, Blake2bDuplex) and duplex.suite is BLAKE2B:
        nonce = native().blake2b_find_nonce(duplex.state, tags.ABSORB.person, tags.SQUEEZE.person, num_bits)
    else:
        raise InputError(f"there is no kernel for the duplex of {duplex.suite!r}", reason=Reason.UNKNOWN_NAME)
    return nonce
