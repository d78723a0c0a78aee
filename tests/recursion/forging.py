"""Runs of nodes, honest or not, and the tables of a prover that ignores every requirement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np

from hstar.errors import VerificationError
from hstar.kernels.gate_program import run_gates
from hstar.kernels.gate_types import GateOpcode
from hstar.kernels.vectors import Words
from hstar.recursion import witness
from hstar.recursion.compile import StraightLineCircuit
from hstar.recursion.node import NodeKey
from hstar.recursion.program import OpeningHints, Requirement, TracedProgram
from hstar.recursion.witness import Advice, KeyedProof, PublicInput, assign_wires
from hstar.stark.prove import prove
from hstar.stark.statement import Statement
from hstar.stark.traced import tables_of
from hstar.stark.verify import verify
from hstar.transcript.arithmetic import Opening
from recursion.natively import NodeNumbers

expand_opening = witness._expand


@dataclass(frozen=True)
class NodeRun:
    """What a prover hands to the program of a node."""

    key: NodeKey
    relation: Callable[[Any], None]
    public: PublicInput
    proofs: Sequence[KeyedProof]
    advice: Advice = ()

    @property
    def straight(self) -> StraightLineCircuit:
        return self.key.circuit

    def natively(self) -> None:
        """The relation on numbers."""
        numbers = NodeNumbers(self.public, self.proofs, self.advice)
        self.relation(numbers)
        numbers.finish()

    def wires(self) -> Words:
        """The honest way: the first requirement that fails raises."""
        return assign_wires(self.straight.program, self.public, self.proofs, self.advice)

    def forced(self) -> tuple[Words, list[Requirement]]:
        """All wires whatever fails, and all that failed."""
        return forced_run(self.straight.program, self.public, self.proofs, self.advice)

    def proven_anyway(self) -> None:
        """Proves the tables of the forced run and verifies the proof, which must raise."""
        wires, _ = self.forced()
        tables = tables_of(self.straight.traced, self.straight.fill(wires))
        statement = Statement(self.straight.statement(wires))
        proof = prove(self.key.proving_key, statement, tables)
        verify(self.key.verifying_key, statement, proof, minimum_bits=0)


def forced_run(
    program: TracedProgram, public: PublicInput, proofs: Sequence[KeyedProof], advice: Advice = ()
) -> tuple[Words, list[Requirement]]:
    """Every gate is run; where a proof lacks the opened rows of other positions, they stay zero."""
    failed: list[Requirement] = []
    is_requirement = np.isin(program.gates.gates[:, 0], (GateOpcode.REQUIRE_ZERO, GateOpcode.REQUIRE_DIGEST))
    gate_of = {int(program.gates.gates[gate, 1]): int(gate) for gate in np.flatnonzero(is_requirement)}

    def run(program: TracedProgram, wires: Words, first: int, stop: int) -> None:
        number = run_gates(program.gates, wires, first, stop)
        while number is not None:
            failed.append(program.requirements[number])
            number = run_gates(program.gates, wires, gate_of[number] + 1, stop)

    def expand(wires: Words, hints: OpeningHints, opening: Opening) -> None:
        try:
            expand_opening(wires, hints, opening)
        except VerificationError as error:
            failed.append(Requirement(error.reason, "the opening is one of other positions"))

    with patch.object(witness, "_run", run), patch.object(witness, "_expand", expand):
        return assign_wires(program, public, proofs, advice), failed
