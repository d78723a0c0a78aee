"""Circuits of traced programs, honest runs and proofs of them; each is made once."""

from __future__ import annotations

from functools import cache

import numpy as np

from hstar.air.check import Fault, PublicMessage, check_segments
from hstar.air.tables import Segment
from hstar.recursion.compile import StraightLineCircuit
from hstar.recursion.node import NodeKey, NodeProof, node_key, prove_node
from hstar.recursion.witness import statement_input
from hstar.stark.keys import StatementEntry
from recursion.subjects import subject


@cache
def circuit(name: str) -> StraightLineCircuit:
    return StraightLineCircuit(subject(name).program)


def public_messages(straight: StraightLineCircuit, wires: np.ndarray) -> list[PublicMessage]:
    statement = straight.statement(wires)
    return [
        PublicMessage(
            message.bus,
            tuple(statement[item.index] if isinstance(item, StatementEntry) else item for item in message.message),
            message.multiplicity,
        )
        for message in straight.statement_messages
    ]


def faults(straight: StraightLineCircuit, wires: np.ndarray, segment: Segment | None = None) -> list[Fault]:
    """What the debugging checker says about the tables of a run, or about changed tables of it."""
    public = public_messages(straight, wires)
    return check_segments(straight.traced, [segment or straight.fill(wires)], public=public, max_faults=3)


@cache
def key(name: str) -> NodeKey:
    return node_key(subject(name).program)


@cache
def proven(name: str) -> NodeProof:
    case = subject(name)
    return prove_node(key(name), statement_input(case.statement), [(case.key, case.proof)])
