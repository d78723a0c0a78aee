"""The verifying key of a program on this machine: which segments its runs consist of, and V, which names them all.

Every type of segment is a circuit (`hstar.machine.circuits`) and has one key for each size class. V is the Poseidon2
digest of the memory map, the entry and the digests of these keys; each of those names the circuit with all its chips,
the parameters, and the root of the preprocessed columns, in which program and image stand. So a change anywhere changes
V. A proof of a run is checked against V and nothing of the prover's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from hstar.air.check import PublicMessage
from hstar.errors import InputError, Reason
from hstar.hash import tags
from hstar.hash.suite import POSEIDON2, Digest
from hstar.machine import layout
from hstar.machine.statement import public_messages
from hstar.stark.key_decoding import decode_key, decode_word, split_parts
from hstar.stark.keys import VerifyingKey, encode_word
from hstar.stark.segments import SegmentKeys

MAGIC = b"hstar\0vk"
VERSION = 1
MAX_CLASSES = 64
SEGMENT_TYPES = ("cpu", "keccak", "ram", "memory")
"""The types of segments, in the order in which they stand in a proof; each is the name of a circuit."""
MEMORY_MAP = (
    layout.RAM_BYTES // layout.DOUBLEWORD_BYTES,
    layout.OUTPUT_START // layout.DOUBLEWORD_BYTES,
    layout.OUTPUT_WORDS,
    layout.INPUT_START // layout.DOUBLEWORD_BYTES,
    layout.FIRST_REGISTER_KEY,
    layout.LAST_REGISTER_KEY,
    layout.ZERO_KEY,
    layout.DISCARD_KEY,
    layout.HALT_INDEX,
)
"""What the numbers of doublewords and registers mean."""


@dataclass(frozen=True)
class SegmentClass:
    """Segments of one type and size.

    Args:
        type: of `SEGMENT_TYPES`.
        key: of its proofs.
    """

    type: str
    key: VerifyingKey

    @property
    def log_cells(self) -> int:
        """Base-2 logarithm of the committed cells."""
        return self.key.parameters.log_cells


@dataclass(frozen=True, eq=False)
class MachineKey:
    """What a verifier of a program's runs must be given by someone it trusts.

    Args:
        entry: address of the first instruction.
        classes: every type at least once, in the order of `SEGMENT_TYPES`, then by size.

    Raises:
        InputError: OUT_OF_RANGE, WRONG_TYPE, WRONG_SHAPE with a sentence that names what does not fit.
    """

    entry: int
    classes: tuple[SegmentClass, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.entry < layout.RAM_BYTES or self.entry % 4:
            raise InputError(f"the entry {self.entry:#x} is no address of an instruction", reason=Reason.OUT_OF_RANGE)
        order = [
            (SEGMENT_TYPES.index(item.type), item.log_cells) for item in self.classes if item.type in SEGMENT_TYPES
        ]
        types = {item.type for item in self.classes}
        if types != set(SEGMENT_TYPES) or order != sorted(set(order)) or len(order) > MAX_CLASSES:
            found = ", ".join(f"{item.type} 2^{item.log_cells}" for item in self.classes)
            raise InputError(
                f"a machine has classes of the types {', '.join(SEGMENT_TYPES)}, in this order and ascending sizes, at "
                f"most {MAX_CLASSES} in all; these are {found}",
                reason=Reason.WRONG_SHAPE,
            )
        for item in self.classes:
            if item.key.circuit.name != item.type or item.key.parameters.hash_suite != POSEIDON2.name:
                raise InputError(
                    f"a segment of type {item.type} has a key of circuit {item.key.circuit.name} with suite "
                    f"{item.key.parameters.hash_suite}; the circuit must be of that name, the suite {POSEIDON2.name}",
                    reason=Reason.WRONG_TYPE,
                )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MachineKey) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> Digest:
        """V: the sponge over version, memory map, entry and classes; integers as 16-bit halves."""
        numbers = [VERSION, *MEMORY_MAP, self.entry, len(self.classes)]
        elements = [half for number in numbers for half in (number & 0xFFFF, number >> 16)]
        for item in self.classes:
            elements += [SEGMENT_TYPES.index(item.type), item.log_cells, *_elements(item.key.digest)]
        return POSEIDON2.hash_elements(tags.MACHINE_KEY, elements)

    @cached_property
    def segment_keys(self) -> SegmentKeys:
        """All keys under V, for the global challenge."""
        return SegmentKeys(POSEIDON2.digest_to_bytes(self.digest), tuple(item.key for item in self.classes))

    def class_index(self, segment_type: str, log_cells: int | None = None) -> int:
        """Position of a class; without a size the smallest of the type.

        Raises:
            InputError: UNKNOWN_NAME.
        """
        for index, item in enumerate(self.classes):
            if item.type == segment_type and log_cells in (None, item.log_cells):
                return index
        raise InputError(f"the key has no segments of type {segment_type}", reason=Reason.UNKNOWN_NAME)

    def public_messages(self, num_segments: int, output: bytes) -> tuple[PublicMessage, ...]:
        """The verifier's own messages for a run with this output; raises as `hstar.machine.statement`."""
        return public_messages(self.entry, num_segments, output)

    def encode(self) -> bytes:
        """Canonical bytes: magic, version, entry, then the keys behind their lengths."""
        keys = [item.key.encode() for item in self.classes]
        head = MAGIC + encode_word(VERSION) + encode_word(self.entry)
        return head + b"".join(encode_word(len(key)) + key for key in keys)


def _elements(digest: Digest) -> Sequence[int]:
    if isinstance(digest, bytes):
        raise InputError("the digest of a segment's key must be field elements", reason=Reason.WRONG_TYPE)
    return digest


def looks_like_machine_key(data: bytes) -> bool:
    """Whether a file starts as the file of a machine key does."""
    return data.startswith(MAGIC)


def decode_machine_key(data: bytes) -> MachineKey:
    """The key that `data` encodes; every key has exactly one encoding.

    Raises:
        InputError: MALFORMED, NOT_CANONICAL, or what `MachineKey` and its parts refuse.
    """
    if not looks_like_machine_key(data):
        raise InputError("this is not the verifying key of a program", reason=Reason.MALFORMED)
    version, entry = (decode_word(data, len(MAGIC) + 4 * index) for index in range(2))
    if version != VERSION:
        raise InputError(
            f"verifying key of version {version}; this program reads version {VERSION}", reason=Reason.MALFORMED
        )
    parts = split_parts(data[len(MAGIC) + 8 :])
    if len(parts) > MAX_CLASSES:
        raise InputError(f"a verifying key with {len(parts)} classes", reason=Reason.MALFORMED)
    keys = [decode_key(part) for part in parts]
    key = MachineKey(entry, tuple(SegmentClass(item.circuit.name, item) for item in keys))
    if key.encode() != data:
        raise InputError("these bytes are not the canonical encoding of a key", reason=Reason.NOT_CANONICAL)
    return key
