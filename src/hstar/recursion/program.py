"""A traced program: gates, what is on wires before they run, and what each requirement and gate stands for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from hstar.errors import VerificationError
from hstar.kernels.gate_types import GateOpcode, GateProgram
from hstar.kernels.vectors import Words
from hstar.transcript.arithmetic import TreeShape

WireArray = NDArray[np.int64]
"""Numbers of wires."""


@dataclass(frozen=True)
class Requirement:
    """A check of the traced verifier: what is said when it fails."""

    reason: StrEnum
    sentence: str
    where: tuple[tuple[str, object], ...] = ()

    def error(self) -> VerificationError:
        """The rejection."""
        return VerificationError(self.sentence, reason=self.reason, **dict(self.where))


@dataclass(frozen=True)
class OpeningHints:
    """Where the opened leaves and the full Merkle paths of one tree go.

    A proof holds pruned paths, whose shape depends on the positions; a circuit takes a whole path for each query, so
    the witness re-expands them once the positions are on their wires.

    Args:
        gate: the hints are needed before this gate, and the positions are known then.
        proof_index, opening_index: which opening of which proof, in the order of the proof's shape.
        shape: of the tree.
        positions: `[queries, depth]` wires of the bits of the leaf index, lowest first.
        leaves: `[queries, ceil(leaf width / 6)]` narrow wires.
        siblings: `[queries, depth]` wide wires, from the leaf up.
    """

    gate: int
    proof_index: int
    opening_index: int
    shape: TreeShape
    positions: WireArray
    leaves: WireArray
    siblings: WireArray

    def moved_to(self, gate: int) -> OpeningHints:
        """The same hints, needed before another gate."""
        return replace(self, gate=gate)


@dataclass(frozen=True)
class TracedProgram:
    """A verifier (or several, with relations between them) as a straight-line program.

    Args:
        gates: the program.
        constant_wires, constants: `[n]` wires and their `[n, 9]` words.
        public_wires, public_is_base: the public input, in order; whether each is an element of K.
        carried: public wires that a program may leave unread: what it says holds whatever they are.
        advice_wires: further hints, in order: elements of K or E, or nine words.
        proof_wires: for each proof the wires of its atoms, but openings, in the order of its shape; a digest has two.
        openings: in the order of their gates.
        requirements: by number.
        part_names, parts: for each gate which part of the verifier it belongs to.
        wide, base: for each wire whether it holds nine words, and whether it certainly holds an element of K.
    """

    gates: GateProgram
    constant_wires: WireArray
    constants: Words
    public_wires: tuple[int, ...]
    public_is_base: tuple[bool, ...]
    carried: frozenset[int]
    advice_wires: tuple[int, ...]
    proof_wires: tuple[tuple[int, ...], ...]
    openings: tuple[OpeningHints, ...]
    requirements: tuple[Requirement, ...]
    part_names: tuple[str, ...]
    parts: NDArray[np.uint8]
    wide: NDArray[np.bool_]
    base: NDArray[np.bool_]

    @property
    def num_permutations(self) -> int:
        """Permutations of the program."""
        opcodes = self.gates.gates[:, 0]
        return int(np.isin(opcodes, (GateOpcode.SPONGE, GateOpcode.COMPRESS)).sum())

    def counts(self) -> dict[str, Counter[GateOpcode]]:
        """How many gates of each kind every part of the verifier takes."""
        result: dict[str, Counter[GateOpcode]] = {name: Counter() for name in self.part_names}
        pairs, counts = np.unique(
            np.stack([self.parts.astype(np.uint32), self.gates.gates[:, 0]]), axis=1, return_counts=True
        )
        for (part, opcode), count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
            result[self.part_names[part]][GateOpcode(opcode)] = count
        return {name: counter for name, counter in result.items() if counter}
