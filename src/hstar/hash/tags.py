"""Every domain tag of the hash suites: one name and one number for each purpose that a hash serves.

BLAKE2b takes the name as its `person` field (ASCII, padded with zeros to 16 bytes); the Poseidon2 sponge and
compression take the number in lane 23 of their first state. Two purposes never share a tag, so a value hashed for one
can never be passed off as a value hashed for another. A number is never reused or changed: it is part of every
commitment.
"""

from __future__ import annotations

from dataclasses import dataclass

from hstar.errors import InputError, Reason

MAX_NAME_BYTES = 16


@dataclass(frozen=True, slots=True)
class Tag:
    """The purpose of a hash.

    Args:
        name: 1 to 16 printable ASCII characters.
        element: a number from 1 to 255; 0 means "no tag" and is never used.
    """

    name: str
    element: int

    def __post_init__(self) -> None:
        if not (self.name.isascii() and self.name.isprintable() and 1 <= len(self.name) <= MAX_NAME_BYTES):
            raise InputError(
                f"a tag name is 1 to {MAX_NAME_BYTES} printable ASCII characters; {self.name!r} is not",
                reason=Reason.MALFORMED,
            )
        if not 1 <= self.element <= 255:
            raise InputError(f"a tag number is 1 to 255, not {self.element}", reason=Reason.OUT_OF_RANGE)

    @property
    def person(self) -> bytes:
        """The name as BLAKE2b's `person` field, 16 bytes."""
        return self.name.encode("ascii").ljust(MAX_NAME_BYTES, b"\0")


# Commitments: the leaves and inner nodes of the Merkle trees over codewords.
MERKLE_LEAF = Tag("hstar leaf", 1)
MERKLE_NODE = Tag("hstar node", 2)

# Transcript. Poseidon2's duplex needs no tag after its start, which is a PATTERN digest.
PATTERN = Tag("hstar pattern", 3)
ABSORB = Tag("hstar absorb", 4)
SQUEEZE = Tag("hstar squeeze", 5)

# Digests of objects that a transcript binds.
VERIFYING_KEY = Tag("hstar key", 6)
PARAMETERS = Tag("hstar parameters", 7)
PROGRAM = Tag("hstar program", 8)
STATEMENT = Tag("hstar statement", 9)
CIRCUIT = Tag("hstar circuit", 13)

# The tree over the boundary digests of all segments, and the challenge drawn from its root.
SEGMENT_LEAF = Tag("hstar seg leaf", 10)
SEGMENT_JOIN = Tag("hstar seg join", 11)
GLOBAL_CHALLENGE = Tag("hstar global", 12)

# V of the machine: all keys that segments of one program may have.
MACHINE_KEY = Tag("hstar machine", 14)

# Recursion: a key that nodes may have, and the tree over all of them.
NODE_KEY = Tag("hstar node key", 15)
KEY_SET = Tag("hstar key set", 16)

ALL_TAGS: tuple[Tag, ...] = (
    MERKLE_LEAF,
    MERKLE_NODE,
    PATTERN,
    ABSORB,
    SQUEEZE,
    VERIFYING_KEY,
    PARAMETERS,
    PROGRAM,
    STATEMENT,
    CIRCUIT,
    SEGMENT_LEAF,
    SEGMENT_JOIN,
    GLOBAL_CHALLENGE,
    MACHINE_KEY,
    NODE_KEY,
    KEY_SET,
)
