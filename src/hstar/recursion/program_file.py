"""Traced programs as bytes: NumPy arrays and a description in JSON; nothing in them is ever executed or unpickled.

Only a machine that traced a program reads it back, to save the seconds that tracing takes; whoever uses it compares the
key that follows from it with one that is trusted.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hstar.errors import InputError, Reason
from hstar.hash.merkle import MerkleReason
from hstar.kernels.gate_types import GateProgram
from hstar.recursion.program import OpeningHints, Requirement, TracedProgram
from hstar.recursion.relations import NodeReason
from hstar.transcript.arithmetic import TreeShape
from hstar.transcript.reason import ProofReason

_REASONS: dict[str, type[StrEnum]] = {kind.__name__: kind for kind in (ProofReason, NodeReason, MerkleReason)}
_ARRAYS = ("constant_wires", "constants", "parts", "wide", "base")
_OPENING_ARRAYS = ("positions", "leaves", "siblings")
_DESCRIPTION = "description"


def encode_program(program: TracedProgram) -> bytes:
    """A program as bytes.

    Raises:
        InputError: UNKNOWN_NAME for a requirement with a reason of an unknown kind.
    """
    arrays: dict[str, NDArray[Any]] = {name: getattr(program, name) for name in _ARRAYS}
    arrays["gates"] = program.gates.gates
    for index, opening in enumerate(program.openings):
        for name in _OPENING_ARRAYS:
            arrays[f"opening-{index}-{name}"] = getattr(opening, name)
    description = {
        "num_wires": program.gates.num_wires,
        "public_wires": program.public_wires,
        "public_is_base": program.public_is_base,
        "carried": sorted(program.carried),
        "advice_wires": program.advice_wires,
        "proof_wires": program.proof_wires,
        "part_names": program.part_names,
        "requirements": [_encode_requirement(item) for item in program.requirements],
        "openings": [
            [opening.gate, opening.proof_index, opening.opening_index, asdict(opening.shape)]
            for opening in program.openings
        ],
    }
    arrays[_DESCRIPTION] = np.frombuffer(json.dumps(description).encode(), dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def decode_program(data: bytes) -> TracedProgram:
    """The program that `encode_program` made these bytes of.

    Raises:
        InputError: MALFORMED.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return _decode(arrays, json.loads(arrays[_DESCRIPTION].tobytes()))
    except (ValueError, LookupError, TypeError, OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"these bytes are no traced program ({error})", reason=Reason.MALFORMED) from error


def _decode(arrays: dict[str, NDArray[Any]], description: dict[str, Any]) -> TracedProgram:
    openings = tuple(
        OpeningHints(
            gate,
            proof_index,
            opening_index,
            TreeShape(**shape),
            *(arrays[f"opening-{index}-{name}"] for name in _OPENING_ARRAYS),
        )
        for index, (gate, proof_index, opening_index, shape) in enumerate(description["openings"])
    )
    return TracedProgram(
        gates=GateProgram(arrays["gates"], description["num_wires"]),
        public_wires=tuple(description["public_wires"]),
        public_is_base=tuple(description["public_is_base"]),
        carried=frozenset(description["carried"]),
        advice_wires=tuple(description["advice_wires"]),
        proof_wires=tuple(map(tuple, description["proof_wires"])),
        openings=openings,
        requirements=tuple(map(_decode_requirement, description["requirements"])),
        part_names=tuple(description["part_names"]),
        **{name: arrays[name] for name in _ARRAYS},
    )


def _encode_requirement(item: Requirement) -> list[object]:
    kind = type(item.reason).__name__
    if kind not in _REASONS:
        raise InputError(f"a requirement with a reason of the kind {kind}", reason=Reason.UNKNOWN_NAME)
    return [kind, item.reason.value, item.sentence, item.where]


def _decode_requirement(fields: Sequence[Any]) -> Requirement:
    kind, value, sentence, where = fields
    return Requirement(_REASONS[kind](value), sentence, tuple((name, of) for name, of in where))
