"""Running a traced program on real proofs: the value of every wire, or the check that fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hstar.errors import VerificationError
from hstar.field.extension import DEGREE, ExtensionElement
from hstar.hash import tags
from hstar.hash.merkle import opening_nodes
from hstar.hash.suite import POSEIDON2
from hstar.kernels.gate_program import run_gates
from hstar.kernels.gate_types import WIRE_WORDS
from hstar.kernels.hashing import hash_rows
from hstar.kernels.merkle import compress_rows
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
        proofs: with their keys.
        advice: what the program's relations ask for.

    Returns:
        All wires, `[num_wires, 9]`.

    Raises:
        VerificationError: the reason of the first requirement that fails; OPENING_SIZE where an opening is not one of
            the leaves that are asked for; WRONG_SHAPE or NOT_CANONICAL for what is no proof under its key, or under
            another kind of key than the program is traced for.
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
    """Writes the atoms of a proof and returns its openings.

    Raises:
        VerificationError: WRONG_SHAPE, NOT_CANONICAL.
    """
    shape = proof_shape(key)
    shape.check(proof, "")
    openings: list[Opening] = []
    contents: list[Sequence[int]] = []
    for value in _atoms(shape, proof):
        match value:
            case Opening():
                openings.append(value)
            case ExtensionElement():
                contents.append(value.coefficients)
            case int():
                contents.append((value,))
            case _:
                contents += [value[:DEGREE], value[DEGREE:]]
    if len(contents) != len(atom_wires):
        raise VerificationError(
            "the proof is one of another kind of key than the program verifies", reason=ProofReason.WRONG_SHAPE
        )
    for wire, words in zip(atom_wires, contents, strict=True):
        _put(wires, wire, words)
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
    """Writes a leaf and a whole path for each query.

    Raises:
        VerificationError: OPENING_SIZE.
    """
    bits = wires[hints.positions, 0].astype(np.int64)
    indices = (bits << np.arange(hints.shape.depth)).sum(axis=1, dtype=np.int64)
    distinct = np.unique(indices)
    _check_size(hints, distinct.tolist(), opening)
    rows = np.array(opening.leaves, dtype=np.uint32)
    leaves = np.zeros((len(distinct), hints.leaves.shape[1] * DEGREE), dtype=np.uint32)
    leaves[:, : hints.shape.leaf_width] = rows
    places = np.searchsorted(distinct, indices)
    wires[hints.leaves, :DEGREE] = leaves[places].reshape(len(places), -1, DEGREE)
    sent = np.array(opening.siblings, dtype=np.uint32).reshape(-1, WIRE_WORDS)
    nodes = hash_rows(POSEIDON2, tags.MERKLE_LEAF, rows)
    for level, siblings in enumerate(hints.siblings.T):
        missing = distinct[~np.isin(distinct ^ 1, distinct)] ^ 1
        level_nodes = np.concatenate([nodes, sent[: len(missing)]])
        sent = sent[len(missing) :]
        known = np.concatenate([distinct, missing])
        order = np.argsort(known)
        known, level_nodes = known[order], level_nodes[order]
        wires[siblings] = level_nodes[np.searchsorted(known, indices >> level ^ 1)]
        distinct = known[::2] >> 1
        nodes = compress_rows(POSEIDON2, tags.MERKLE_NODE, level_nodes[::2], level_nodes[1::2])


def _check_size(hints: OpeningHints, leaf_indices: Sequence[int], opening: Opening) -> None:
    num_siblings = len(list(opening_nodes(hints.shape.depth, leaf_indices)))
    if len(opening.leaves) != len(leaf_indices) or len(opening.siblings) != num_siblings:
        raise VerificationError(
            f"an opening holds {len(opening.leaves)} leaves and {len(opening.siblings)} nodes; the positions ask for "
            f"{len(leaf_indices)} and {num_siblings}",
            reason=ProofReason.OPENING_SIZE,
        )
