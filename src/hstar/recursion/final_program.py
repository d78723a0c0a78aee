"""The traced final verification as bytes: what `hstar verify` and the auditors' verifier run.

Layout: magic, version, length of the head; the head, JSON in one canonical form; then words, little-endian: six for
each constant, then the gates. Elements and digests are numbered as they come to be: constants, the bytes of the output,
what is read from the proof, and what the gates give. So a gate is its opcode and its operands, and names no output.
`hstar.verifier.standalone` says what every gate means, and names the program by the digest of these bytes.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import floor
from typing import Any

import numpy as np

from hstar.field.extension import DEGREE
from hstar.hash.suite import BLAKE2B, POSEIDON2, Digest
from hstar.kernels.gate_types import NUM_OUTPUTS, WIRE_OPERANDS, GateOpcode
from hstar.recursion.accept import AcceptanceKey
from hstar.recursion.outer_builder import BLOB, OuterBuilder, OuterOpcode
from hstar.recursion.outer_tracer import Messages, OuterTracer, trace_acceptance
from hstar.transcript.shapes import BaseShape, DigestShape, ExtensionShape, OpeningShape

MAGIC, VERSION = b"hstar\0fp", 1
_KINDS = {BaseShape: "word", ExtensionShape: "element", DigestShape: "digest", OpeningShape: "opening"}
_OPEN_TREE, _OPEN_SIZE, _OPEN_ROOT, _OPEN_DIGEST, _OPEN_BITS = 0, 1, 2, 5, 7
_STREAM_PARTS, _DIGEST_PARTS = 3, 1


@dataclass(frozen=True)
class FinalProgram:
    """A traced final verification.

    Args:
        data: the encoding.
        num_gates: by opcode.
    """

    data: bytes
    num_gates: dict[int, int]

    def compressed(self) -> bytes:
        """The bytes of a `.final.xz` file."""
        return lzma.compress(self.data, format=lzma.FORMAT_XZ, preset=9 | lzma.PRESET_EXTREME)


def make_final_program(
    key: AcceptanceKey, messages: Messages, output_bytes: int, bits: Sequence[Fraction]
) -> FinalProgram:
    """Traces the final verification for outputs of one length.

    Args:
        key: what the validator is built with.
        messages: the validator's own fractions; they take symbols.
        output_bytes: length of the output.
        bits: provable bits of the whole proof of up to 1, 2, 4, .. segments.

    Raises:
        TraceError: the verifier does something that a program cannot do.
    """
    tracer = trace_acceptance(key, messages, output_bytes)
    writer = _Writer(tracer)
    head = writer.head() | {
        "machine_key": key.segment_keys.digest.hex(),
        "key_set": POSEIDON2.digest_to_bytes(key.key_set).hex(),
        "final_key": _hex(key.final.digest),
        "parameters": key.final.parameters.digest().hex(),
        "security_bits": [floor(100 * value) / 100 for value in bits],
        "output_bytes": output_bytes,
    }
    text = json.dumps(head, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    words = np.array([*writer.constants, *writer.words], dtype="<u4").tobytes()
    lengths = VERSION.to_bytes(4, "little") + len(text).to_bytes(4, "little")
    return FinalProgram(MAGIC + lengths + text + words, writer.num_gates)


def _hex(digest: Digest) -> str:
    return BLAKE2B.digest_to_bytes(digest).hex()


class _Writer:
    """Renumbers wires and drops gates that no requirement needs."""

    def __init__(self, tracer: OuterTracer) -> None:
        self._builder, self._tracer = tracer.builder, tracer
        self._place: dict[int, int] = {}
        self._counts = [0, 0]
        self._texts: dict[tuple[str, str], int] = {}
        self.constants: list[int] = []
        self.words: list[int] = []
        self.num_gates: dict[int, int] = {}
        live = _live_gates(self._builder)
        self._number_inputs(live)
        for number in np.flatnonzero(live).tolist():
            opcode, output, *operands = self._builder.gates[number]
            self.words += [opcode, *self._operands(opcode, output, operands)]
            self.num_gates[opcode] = self.num_gates.get(opcode, 0) + 1
            for wire in range(output, output + _num_outputs(self._builder, number)):
                self._new_place(wire)

    def head(self) -> dict[str, Any]:
        """What the encoding's head says about gates and inputs."""
        shapes = [item.shape for item in self._tracer.inputs]
        kinds = [_KINDS[type(shape)] for shape in shapes]
        return {
            "constants": len(self.constants) // DEGREE,
            "inputs": [[kind, len(list(group))] for kind, group in groupby(kinds)],
            "trees": [_tree(shape) for shape in shapes if isinstance(shape, OpeningShape)],
            "requirements": [list(text) for text in self._texts],
            "tags": [person.rstrip(b"\0").decode("ascii") for person in self._builder.persons],
            "blobs": [blob.hex() for blob in self._builder.blobs],
            "digests": [digest.hex() for digest in self._builder.digests],
        }

    def _number_inputs(self, live: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
        used = {wire for number in np.flatnonzero(live).tolist() for wire in _wires_read(self._builder.gates[number])}
        for wire, words in self._builder.words.items():
            if wire in used:
                self.constants += words
                self._new_place(wire)
        for wire in self._builder.digests.values():
            self._new_place(wire)
        for wire in (*self._tracer.output, *(item.wire for item in self._tracer.inputs if item.wire >= 0)):
            self._new_place(wire)

    def _new_place(self, wire: int) -> None:
        is_digest = int(self._builder.wide_wires[wire])
        self._place[wire] = self._counts[is_digest]
        self._counts[is_digest] += 1

    def _text(self, number: int) -> int:
        requirement = self._builder.requirements[number]
        return self._texts.setdefault((str(requirement.reason), requirement.sentence), len(self._texts))

    def _operands(self, opcode: int, output: int, operands: Sequence[int]) -> list[int]:
        place = self._place
        if opcode == OuterOpcode.OPEN:
            head = [operands[_OPEN_TREE], self._text(operands[_OPEN_SIZE]), self._text(operands[_OPEN_ROOT])]
            tags, (root, queries) = operands[_OPEN_ROOT + 1 : _OPEN_DIGEST], operands[_OPEN_DIGEST:_OPEN_BITS]
            return [*head, *tags, place[root], queries, *(place[wire] for wire in operands[_OPEN_BITS:])]
        if opcode in (OuterOpcode.DIGEST, OuterOpcode.STREAM):
            start = _STREAM_PARTS if opcode == OuterOpcode.STREAM else _DIGEST_PARTS
            return [*operands[:start], *_with_places(operands[start:], place)]
        count = WIRE_OPERANDS[GateOpcode(opcode)]
        moved = [*(place[wire] for wire in operands[:count]), *operands[count:]]
        return [self._text(output), *moved] if opcode == GateOpcode.REQUIRE_ZERO else moved


def _tree(shape: OpeningShape) -> list[int]:
    return [shape.tree.log_rows, shape.tree.row_width, shape.tree.log_rows_per_leaf, shape.max_leaves]


def _parts(operands: Sequence[int]) -> list[tuple[int, Sequence[int]]]:
    """The parts of a hash gate: width and operands of each."""
    parts, position = [], 1
    for _ in range(operands[0]):
        width, count = operands[position : position + 2]
        parts.append((width, operands[position + 2 : position + 2 + count]))
        position += 2 + count
    return parts


def _with_places(operands: Sequence[int], place: dict[int, int]) -> list[int]:
    words = [operands[0]]
    for width, wires in _parts(operands):
        words += [width, len(wires), *(wires if width == BLOB else (place[wire] for wire in wires))]
    return words


def _num_outputs(builder: OuterBuilder, number: int) -> int:
    opcode = builder.gates[number][0]
    return builder.outputs_of[number] if number in builder.outputs_of else NUM_OUTPUTS[GateOpcode(opcode)]


def _wires_read(gate: Sequence[int]) -> Sequence[int]:
    """The wires that a gate reads."""
    opcode, _, *operands = gate
    if opcode == OuterOpcode.OPEN:
        return [operands[_OPEN_DIGEST], *operands[_OPEN_BITS:]]
    if opcode in (OuterOpcode.DIGEST, OuterOpcode.STREAM):
        start = _STREAM_PARTS if opcode == OuterOpcode.STREAM else _DIGEST_PARTS
        return [wire for width, wires in _parts(operands[start:]) if width != BLOB for wire in wires]
    return operands[: WIRE_OPERANDS[GateOpcode(opcode)]]


def _live_gates(builder: OuterBuilder) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which gates a requirement depends on; openings are requirements."""
    needed = np.zeros(len(builder.wide_wires), dtype=np.bool_)
    live = np.zeros(len(builder.gates), dtype=np.bool_)
    for number in reversed(range(len(builder.gates))):
        gate = builder.gates[number]
        count = _num_outputs(builder, number)
        if gate[0] == OuterOpcode.OPEN or not count or needed[gate[1] : gate[1] + count].any():
            live[number] = True
            needed[list(_wires_read(gate))] = True
    return live
