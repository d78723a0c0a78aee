"""The pattern of a protocol: every message and challenge in order, with its label, type and length.

The digest of the pattern is the first state of the transcript, so two protocols that differ in a single message never
share a challenge. Labels are hashed here, once, and nowhere else. The pattern is written down by running the verifier
on `Placeholders`: it cannot disagree with the code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from hstar.hash import tags
from hstar.hash.suite import Digest, HashSuite


class Kind(StrEnum):
    """What an operation of the transcript does."""

    ABSORB = "absorb"
    CHALLENGE = "challenge"
    POSITIONS = "positions"
    GRIND = "grind"
    HINT = "hint"


class ValueType(StrEnum):
    """What is absorbed, squeezed or hinted."""

    BASE = "base"
    EXTENSION = "extension"
    DIGEST = "digest"
    BITS = "bits"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the transcript.

    Args:
        kind: what is done.
        label: the message's name, `part.message`.
        value_type: type of one value.
        length: how many values; for `bits`, how many positions.
        parameter: bits of a position or of a proof of work, elements of a hinted row; otherwise 0.
    """

    kind: Kind
    label: str
    value_type: ValueType
    length: int
    parameter: int = 0

    def line(self) -> str:
        """The operation as text."""
        text = f"{self.kind} {self.label} {self.value_type} {self.length}"
        return f"{text} {self.parameter}" if self.parameter else text


@dataclass(frozen=True, slots=True)
class Pattern:
    """All operations of a protocol in order."""

    operations: tuple[Operation, ...]

    def digest(self, suite: HashSuite) -> Digest:
        """The transcript's first state: BLAKE2b of all lines, then hashed by the suite."""
        text = "\n".join([suite.name, *(operation.line() for operation in self.operations)])
        return suite.hash_bytes(tags.PATTERN, hashlib.blake2b(text.encode("ascii")).digest())

    def inventory(self) -> list[str]:
        """The challenge sites and messages in order, without lengths; equal neighbours stand once.

        A checked-in inventory shows in review that a message or a challenge has come, gone or moved.
        """
        return list(_collapse([f"{operation.kind} {operation.label}" for operation in self.operations]))


def _collapse(lines: Sequence[str]) -> Sequence[str]:
    """Writes a block of lines once that repeats immediately (rounds, layers), until nothing changes."""
    current = [line for line, _ in groupby(lines)]
    for block_length in range(2, len(current) // 2 + 1):
        start = 0
        while start + 2 * block_length <= len(current):
            middle, end = start + block_length, start + 2 * block_length
            if current[start:middle] == current[middle:end]:
                del current[middle:end]
            else:
                start += 1
    return current
