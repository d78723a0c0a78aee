"""A hash suite as numbers: digest lengths and collision spaces, for sizes and error terms."""

from __future__ import annotations

from dataclasses import dataclass

from hstar.errors import InputError, Reason
from hstar.hash.suite import suite_by_name

HYPOTHETICAL = "hypothetical"
"""Prefix of the name of a suite that exists only on paper, to ask what other digest lengths would cost."""
MIN_DIGEST_BYTES, MAX_DIGEST_BYTES = 16, 64


@dataclass(frozen=True, slots=True)
class HashSuiteParameters:
    """The numbers of a hash suite.

    Args:
        name: `poseidon2`, `blake2b`, or `hypothetical-N` for N-byte digests that nothing implements.
        digest_bytes: length of an encoded digest.
        num_digests: how many digests there are.
        num_capacity_states: how many states the hidden part of the transcript has.
        block_elements: base-field elements that one call of the inner function absorbs.
    """

    name: str
    digest_bytes: int
    num_digests: int
    num_capacity_states: int
    block_elements: int

    @property
    def collision_space(self) -> int:
        """`2^lambda`: the smaller of the number of digests and of hidden transcript states."""
        return min(self.num_digests, self.num_capacity_states)

    @property
    def is_implemented(self) -> bool:
        """Whether a prover can use it."""
        return not self.name.startswith(HYPOTHETICAL)


def hash_suite_parameters(name: str, digest_bytes: int | None = None) -> HashSuiteParameters:
    """The numbers of the suite called `name`; another digest length than its own makes a hypothetical suite.

    Args:
        name: `poseidon2`, `blake2b` or `hypothetical-N`.
        digest_bytes: None for the suite's own length.

    Raises:
        InputError: UNKNOWN_NAME, OUT_OF_RANGE.
    """
    prefix, _, number = name.partition("-")
    if prefix == HYPOTHETICAL and number.isdecimal():
        return _hypothetical(int(number), block_elements=16)
    suite = suite_by_name(name)
    if digest_bytes is not None and digest_bytes != suite.digest_bytes:
        return _hypothetical(digest_bytes, block_elements=suite.block_elements)
    return HashSuiteParameters(
        name=suite.name,
        digest_bytes=suite.digest_bytes,
        num_digests=suite.num_digests,
        num_capacity_states=suite.num_capacity_states,
        block_elements=suite.block_elements,
    )


def _hypothetical(digest_bytes: int, block_elements: int) -> HashSuiteParameters:
    if not MIN_DIGEST_BYTES <= digest_bytes <= MAX_DIGEST_BYTES:
        raise InputError(
            f"a digest of {digest_bytes} bytes is out of range; choose {MIN_DIGEST_BYTES} to {MAX_DIGEST_BYTES}",
            reason=Reason.OUT_OF_RANGE,
        )
    space = 256**digest_bytes
    return HashSuiteParameters(f"{HYPOTHETICAL}-{digest_bytes}", digest_bytes, space, space, block_elements)
