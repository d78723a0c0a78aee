"""Running a traced program on real proofs: the value of every wire, or the check that fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hstar.commit.kernel_suite import fastest
from hstar.errors import VerificationError
from hstar.field.extension import DEGREE, ExtensionElement
from hstar.hash import tags
from hstar.hash.merkle import opening_nodes
from hstar.hash.suite import POSEIDON2, Digest
from hstar.kernels.gate_program import run_gates
from hstar.kernels.gate_types import WIRE_WORDS
from hstar.kernels.vectors import Words
from hstar.recursion.program import OpeningHints, TracedProgram
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import Proof, proof_shape
from hstar.stark.statement import Statement
from hstar.transcript.arithmetic import Opening
from hstar.transcript.reason import ProofReason
from hstar.transcript.shapes import Listing, Record, Shape, Value

PublicInput = Sequence[int | ExtensionElement]
"""The public input of a program, in order."""
Advice = Sequence[int | ExtensionElement | tuple[int, ...]]
"""What a prover tells a program besides proofs, in order; nine words are a digest."""
KeyedProof = tuple[VerifyingKey, Proof]
"""A proof and its key."""


def statement_input(statement: Statement) -> list[int | ExtensionElement]:
    """The public input of a traced verifier."""
    number = [statement.segment_number] if statement.global_challenge else []
    return [*statement.values, *number, *statement.global_challenge]


def assign_wires(
    program: TracedProgram, public: PublicInput, proofs: Sequence[KeyedProof], advice: Advice = ()
) -> Words:
    """Runs the program.

    Args:
        program: traced for these keys.
        public: the public input.
        proofs: with their keys; their shapes have been checked.
        advice: what the program's relations ask for.

    Returns:
        All wires, `[num_wires, 9]`.

    Raises:
        VerificationError: the reason of the first requirement that fails; OPENING_SIZE where an opening is not one of
            the leaves that are asked for.
    """
    wires = np.zeros((program.gates.num_wires, WIRE_WORDS), dtype=np.uint32)
    wires[program.constant_wires] = program.constants
    given = zip((*program.public_wires, *program.advice_wires), (*public, *advice), strict=True)
    for wire, value in given:
        _put(wires, wire, _words(value))
    openings: list[list[Opening]] = []
    for atom_wires, (key, proof) in zip(program.proof_wires, proofs, strict=True):
        openings.append(_put_proof(wires, atom_wires, key, proof))
    gate = 0
    for hints in program.openings:
        _run(program, wires, gate, hints.gate)
        gate = hints.gate
        _expand(wires, hints, openings[hints.proof_index][hints.opening_index])
    _run(program, wires, gate, len(program.gates.gates))
    return wires


def _run(program: TracedProgram, wires: Words, first: int, stop: int) -> None:
    failed = run_gates(program.gates, wires, first, stop)
    if failed is not None:
        raise program.requirements[failed].error()


def _put(wires: Words, wire: int, words: Sequence[int]) -> None:
    wires[wire, : len(words)] = words


def _words(value: int | ExtensionElement | tuple[int, ...]) -> Sequence[int]:
    if isinstance(value, ExtensionElement):
        return value.coefficients
    return value if isinstance(value, tuple) else (value,)


def _put_proof(wires: Words, atom_wires: Sequence[int], key: VerifyingKey, proof: Proof) -> list[Opening]:
    """Writes the atoms of a proof and returns its openings."""
    openings: list[Opening] = []
    remaining = iter(atom_wires)
    for value in _atoms(proof_shape(key), proof):
        match value:
            case Opening():
                openings.append(value)
            case ExtensionElement():
                _put(wires, next(remaining), value.coefficients)
            case int():
                _put(wires, next(remaining), (value,))
            case _:
                _put(wires, next(remaining), value[:DEGREE])
                _put(wires, next(remaining), value[DEGREE:])
    return openings


def _atoms(shape: Shape, value: Value) -> Iterator[Value]:
    """The atoms of a value, openings whole, in the order in which `Shape.make` asks for them."""
    if isinstance(shape, Listing):
        for item_shape, item in zip(shape.items, value, strict=True):
            yield from _atoms(item_shape, item)
    elif isinstance(shape, Record):
        for name, field_shape in shape.fields.items():
            yield from _atoms(field_shape, getattr(value, name))
    else:
        yield value


def _expand(wires: Words, hints: OpeningHints, opening: Opening) -> None:
    """Writes a leaf and a whole path for each query."""
    bits = wires[hints.positions, 0].astype(np.int64)
    indices = (bits << np.arange(hints.shape.depth)).sum(axis=1, dtype=np.int64)
    distinct = sorted(set(indices.tolist()))
    levels = _climb(hints, distinct, opening)
    leaf_of = {index: place for place, index in enumerate(distinct)}
    width = hints.leaves.shape[1] * DEGREE
    leaves = np.zeros((len(distinct), width), dtype=np.uint32)
    leaves[:, : hints.shape.leaf_width] = opening.leaves
    places = [leaf_of[index] for index in indices.tolist()]
    wires[hints.leaves, :DEGREE] = leaves[places].reshape(len(places), -1, DEGREE)
    for wire_row, index in zip(hints.siblings, indices.tolist(), strict=True):
        for level, wire in enumerate(wire_row.tolist()):
            wires[wire] = levels[level][index >> level ^ 1]


def _climb(hints: OpeningHints, leaf_indices: Sequence[int], opening: Opening) -> list[dict[int, Digest]]:
    """The nodes of the opening by level and index: sent, or computed from what was sent.

    Raises:
        VerificationError: OPENING_SIZE.
    """
    depth, suite = hints.shape.depth, fastest(POSEIDON2)
    expected = list(opening_nodes(depth, leaf_indices))
    if len(opening.leaves) != len(leaf_indices) or len(opening.siblings) != len(expected):
        raise VerificationError(
            f"an opening holds {len(opening.leaves)} leaves and {len(opening.siblings)} nodes; the positions ask for "
            f"{len(leaf_indices)} and {len(expected)}",
            reason=ProofReason.OPENING_SIZE,
        )
    levels: list[dict[int, Digest]] = [{} for _ in range(depth + 1)]
    for (level, index), node in zip(expected, opening.siblings, strict=True):
        levels[level][index] = node
    current = dict(
        zip(leaf_indices, (suite.hash_elements(tags.MERKLE_LEAF, leaf) for leaf in opening.leaves), strict=True)
    )
    for level in range(depth):
        levels[level].update(current)
        nodes = levels[level]
        parents = dict.fromkeys(index >> 1 for index in current)
        current = {
            parent: suite.compress(tags.MERKLE_NODE, nodes[2 * parent], nodes[2 * parent + 1]) for parent in parents
        }
    levels[depth] = current
    return levels
