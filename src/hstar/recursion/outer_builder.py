"""Recording the final verification: the gates of `hstar.recursion.builder`, and hashing with BLAKE2b.

Such a program is run and never becomes a circuit: digests are bytes, a hash gate takes any number of operands, and one
gate opens a whole Merkle tree. Digests are numbered as wires are, with `wide` set.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NoReturn, TypeAlias

from hstar.field.extension import DEGREE
from hstar.hash import blake2b, tags
from hstar.hash.tags import Tag
from hstar.recursion.builder import Builder
from hstar.recursion.errors import TraceReason, refuse
from hstar.recursion.program import Requirement
from hstar.recursion.symbols import Form
from hstar.transcript.arithmetic import TreeShape

WORD, ELEMENT = 4, 24
"""Bytes of an element of K and of E where they are hashed."""
BLOB = 0
"""The width that stands for constant bytes, given by their number."""


class OuterOpcode(IntEnum):
    """Gates beyond `GateOpcode`. `parts` are what is hashed: their number, then for each width, count and operands."""

    DIGEST = 13
    """BLAKE2b: tag, parts."""
    STREAM = 14
    """Uniform elements of K by BLAKE2b in counter mode: tag, how many to skip, how many to give, parts."""
    OPEN = 15
    """Rows of a Merkle tree: opening, requirements of its size and of its root, tags of leaves and nodes, root, number
    of queries, bits of each row's position."""


class DigestWire:
    """Stands for a BLAKE2b digest that is not known while tracing.

    Args:
        wire: where it will be.
    """

    __slots__ = ("wire",)

    def __init__(self, wire: int) -> None:
        self.wire = wire

    def __eq__(self, other: object) -> bool:
        self._refuse()

    def __hash__(self) -> int:  # noqa: PLE0309  it never returns
        self._refuse()

    def _refuse(self) -> NoReturn:
        refuse("compares a digest of the proof", "open rows by its Arithmetic", TraceReason.DATA_DEPENDENT)


Piece: TypeAlias = "bytes | DigestWire | tuple[int, Form]"
"""Something hashed: constant bytes, a digest, or an element of K with the bytes it takes."""


class OuterBuilder(Builder):
    """A program of the final verification while it is being traced."""

    def __init__(self) -> None:
        super().__init__()
        self.blobs: dict[bytes, int] = {}
        self.persons: dict[bytes, int] = {}
        self.digests: dict[bytes, int] = {}
        self.outputs_of: dict[int, int] = {}

    # Hashing

    def digest(self, tag: Tag, pieces: Sequence[Piece]) -> bytes | DigestWire:
        """The digest of the pieces, one after the other; a constant where all of them are."""
        parts = self._merged(pieces)
        if all(isinstance(part, bytes) for part in parts):
            return blake2b.digest(tag, *(part for part in parts if isinstance(part, bytes)))
        return DigestWire(self._record(OuterOpcode.DIGEST, (self._tag(tag), *self._operands(parts)), 1, wide=True))

    def stream(self, tag: Tag, pieces: Sequence[Piece], skip: int, count: int) -> list[Form]:
        """Elements `skip .. skip + count - 1` of the stream that is seeded by the pieces."""
        operands = (self._tag(tag), skip, count, *self._operands(self._merged(pieces)))
        first = self._record(OuterOpcode.STREAM, operands, count, is_base=True)
        return [self.on_wire(first + index) for index in range(count)]

    def _merged(self, pieces: Sequence[Piece]) -> list[bytes | tuple[int, list[int]]]:
        """Neighbours of one kind together: constant bytes, and operands of one width."""
        parts: list[bytes | tuple[int, list[int]]] = []
        position = 0
        while position < len(pieces):
            part, taken = self._part(pieces, position)
            position += taken
            last = parts[-1] if parts else None
            if isinstance(part, bytes) and isinstance(last, bytes):
                parts[-1] = last + part
            elif isinstance(part, tuple) and isinstance(last, tuple) and last[0] == part[0]:
                last[1].extend(part[1])
            else:
                parts.append(part)
        return parts

    def _part(self, pieces: Sequence[Piece], position: int) -> tuple[bytes | tuple[int, list[int]], int]:
        """The piece at a position, or a whole element of E if its six words stand there."""
        piece = pieces[position]
        if isinstance(piece, bytes):
            return piece, 1
        if isinstance(piece, DigestWire):
            return (blake2b.DIGEST_BYTES, [piece.wire]), 1
        width, form = piece
        neighbours = [item for item in pieces[position : position + DEGREE] if isinstance(item, tuple)]
        words = [word for item_width, word in neighbours if item_width == WORD]
        if len(words) == DEGREE and not all(word.is_constant for word in words):
            whole = self._port(words, 0)
            if whole is not None and not self.base_wires[whole]:
                return (ELEMENT, [whole]), DEGREE
        if form.is_constant:
            return form.constant.to_bytes(width, "little"), 1
        return (width, [self.wire(form)]), 1

    def _operands(self, parts: Sequence[bytes | tuple[int, list[int]]]) -> list[int]:
        operands = [len(parts)]
        for part in parts:
            if isinstance(part, bytes):
                operands += [BLOB, 1, self.blobs.setdefault(part, len(self.blobs))]
            else:
                operands += [part[0], len(part[1]), *part[1]]
        return operands

    def _tag(self, tag: Tag) -> int:
        return self.persons.setdefault(tag.person, len(self.persons))

    # Openings

    def open_rows(
        self,
        shape: TreeShape,
        root: bytes | DigestWire,
        positions: Sequence[Sequence[Form]],
        opening: int,
        requirements: tuple[Requirement, Requirement],
    ) -> list[list[Form]]:
        """One OPEN gate; the rows at the positions.

        Args:
            shape: of the tree.
            root: of the tree.
            positions: bits of each row's index, lowest first.
            opening: number of the opening in the proof.
            requirements: that its size fits the positions, and that it leads to the root.
        """
        per_row = -(-shape.row_width // DEGREE)
        bits = [self.wire(bit) for position in positions for bit in position]
        numbers = len(self.requirements), len(self.requirements) + 1
        self.requirements.extend(requirements)
        leaf_tag, node_tag = self._tag(tags.MERKLE_LEAF), self._tag(tags.MERKLE_NODE)
        operands = (opening, *numbers, leaf_tag, node_tag, self._digest_wire(root), len(positions), *bits)
        first = self._record(OuterOpcode.OPEN, operands, per_row * len(positions))
        rows: list[list[Form]] = []
        for start in range(first, first + per_row * len(positions), per_row):
            wires = range(start, start + per_row)
            words = [lane for wire in wires for lane in self.lanes(self.on_wire(wire))]
            rows.append(words[: shape.row_width])
        return rows

    def _digest_wire(self, digest: bytes | DigestWire) -> int:
        if isinstance(digest, DigestWire):
            return digest.wire
        if digest not in self.digests:
            self.digests[digest] = self._new_wire(wide=True)
        return self.digests[digest]

    # Recording

    def _record(
        self, opcode: OuterOpcode, operands: Sequence[int], count: int, *, is_base: bool = False, wide: bool = False
    ) -> int:
        """A gate with `count` outputs; equal ones once."""
        key = (opcode, *operands)
        first = self._known.get(key)
        if first is None:
            first = self._known[key] = self._new_wire(is_base=is_base, wide=wide)
            for _ in range(1, count):
                self._new_wire(is_base=is_base, wide=wide)
            self.outputs_of[len(self.gates)] = count
            self.gates.append((opcode, first, *operands))
            self.parts.append("")
        return first
