"""Proofs that are verified by traced programs, and their programs; each is made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from hstar.recursion.program import TracedProgram
from hstar.recursion.tracer import trace_verifier
from hstar.recursion.witness import assign_wires, statement_input
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import Proof
from hstar.stark.statement import Statement
from stark.proofs import relay, squares


@dataclass(frozen=True)
class Subject:
    key: VerifyingKey
    statement: Statement
    proof: Proof
    program: TracedProgram

    def run(self, proof: Proof | None = None, statement: Statement | None = None):
        public = statement_input(statement or self.statement)
        return assign_wires(self.program, public, [(self.key, proof or self.proof)])


@cache
def subject(name: str) -> Subject:
    """A stand-alone proof, or segment 2 of three with or without a pinned boundary."""
    if name == "squares":
        proven = squares("poseidon2", fold_grinding_bits=2)
        return Subject(proven.key, proven.statement, proven.proof, trace_verifier(proven.key))
    segments = relay(pinned=name == "pinned")
    return Subject(segments.key, segments.statement(2), segments.proofs[1], trace_verifier(segments.key))


NAMES = ("squares", "relay", "pinned")
