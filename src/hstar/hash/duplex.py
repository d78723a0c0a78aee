"""The duplex: elements in, unpredictable elements out. The transcript is a labelled, checked layer over it.

A duplex is a value: `absorb` and `squeeze` return the next one. Both suites follow the same two rules: the first
squeeze after an absorb starts a new block, and an absorb drops what is left of the squeezed block. It starts from the
digest of the protocol's pattern, which fixes the order, type and length of everything that follows.

Source: [CO25] duplex-sponge Fiat-Shamir, eprint 2025/536.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from hstar.errors import InputError, Reason
from hstar.hash import blake2b, poseidon2, sponge, tags
from hstar.hash.suite import Blake2bSuite, Digest, HashSuite, Poseidon2Suite


class Duplex(ABC):
    """An immutable state of the transcript's hash."""

    suite: HashSuite
    """The hash suite that this duplex belongs to."""

    @abstractmethod
    def absorb(self, elements: Sequence[int]) -> Self:
        """Takes in canonical field elements. Absorbing none still ends the squeezed block.

        Raises:
            InputError: NOT_CANONICAL.
        """

    @abstractmethod
    def absorb_digest(self, digest: Digest) -> Self:
        """Takes in a digest of the duplex's own suite.

        Raises:
            InputError: MALFORMED.
        """

    @abstractmethod
    def squeeze(self, count: int) -> tuple[tuple[int, ...], Self]:
        """Gives out `count` uniform field elements."""


@dataclass(frozen=True, slots=True)
class Poseidon2Duplex(Duplex):
    """Overwrite duplex on 24 lanes.

    Invariant: while absorbing, lanes `0..position-1` hold what was absorbed since the last permutation; while
    squeezing, lanes `position..14` have not been given out yet. The permutation runs as late as possible.
    """

    suite: Poseidon2Suite
    lanes: tuple[int, ...]
    position: int = 0
    squeezing: bool = False

    def absorb(self, elements: Sequence[int]) -> Self:
        """Overwrites the rate lanes one after the other, permuting when an element finds them full."""
        self.suite.check_elements(elements)
        lanes, position = list(self.lanes), 0 if self.squeezing else self.position
        for element in elements:
            if position == sponge.RATE:
                lanes, position = self.suite.permute(lanes), 0
            lanes[position] = element
            position += 1
        return replace(self, lanes=tuple(lanes), position=position, squeezing=False)

    def absorb_digest(self, digest: Digest) -> Self:
        """Absorbs the nine elements."""
        if not self.suite.is_digest(digest):
            raise InputError(f"not a {self.suite.name} digest: {digest!r}", reason=Reason.MALFORMED)
        return self.absorb(tuple(digest))

    def squeeze(self, count: int) -> tuple[tuple[int, ...], Self]:
        """Gives out rate lanes in order; the first squeeze after an absorb zero-fills the block and permutes."""
        lanes, position = list(self.lanes), self.position
        if not self.squeezing:
            lanes[position : sponge.RATE] = [0] * (sponge.RATE - position)
            position = sponge.RATE
        output: list[int] = []
        while len(output) < count:
            if position == sponge.RATE:
                lanes, position = self.suite.permute(lanes), 0
            taken = lanes[position : min(sponge.RATE, position + count - len(output))]
            output += taken
            position += len(taken)
        return tuple(output), replace(self, lanes=tuple(lanes), position=position, squeezing=True)


@dataclass(frozen=True, slots=True)
class Blake2bDuplex(Duplex):
    """Hash chain on 33 bytes; `buffer` holds elements of the last squeezed block that were not given out."""

    suite: Blake2bSuite
    state: bytes
    counter: int = 0
    buffer: tuple[int, ...] = ()

    def absorb(self, elements: Sequence[int]) -> Self:
        """Hashes the elements' words into the state."""
        self.suite.check_elements(elements)
        return self._absorb_bytes(blake2b.encode_elements(elements))

    def absorb_digest(self, digest: Digest) -> Self:
        """Hashes the 33 bytes into the state."""
        return self._absorb_bytes(self.suite.digest_to_bytes(digest))

    def _absorb_bytes(self, data: bytes) -> Self:
        state = blake2b.digest(tags.ABSORB, self.state, blake2b.encode_integer(len(data)), data)
        return replace(self, state=state, counter=0, buffer=())

    def squeeze(self, count: int) -> tuple[tuple[int, ...], Self]:
        """Gives out the elements of blocks 0, 1, .. of the state."""
        available, counter = list(self.buffer), self.counter
        while len(available) < count:
            block = blake2b.digest(tags.SQUEEZE, self.state, blake2b.encode_integer(counter))
            available += blake2b.elements_of_digest(block)
            counter += 1
        output, rest = tuple(available[:count]), tuple(available[count:])
        return output, replace(self, counter=counter, buffer=rest)


def start_duplex(suite: HashSuite, pattern_digest: Digest) -> Duplex:
    """The duplex at the start of a protocol whose pattern has this digest.

    Raises:
        InputError: MALFORMED (not a digest of the suite), UNKNOWN_NAME (a suite without a duplex).
    """
    if not suite.is_digest(pattern_digest):
        raise InputError(f"not a {suite.name} digest: {pattern_digest!r}", reason=Reason.MALFORMED)
    if isinstance(suite, Poseidon2Suite):
        rate_lanes = (0,) * (poseidon2.WIDTH - sponge.CAPACITY)
        return Poseidon2Duplex(suite, rate_lanes + tuple(pattern_digest))
    if isinstance(suite, Blake2bSuite):
        return Blake2bDuplex(suite, bytes(pattern_digest))
    raise InputError(f"hash suite {suite.name!r} has no duplex", reason=Reason.UNKNOWN_NAME)
