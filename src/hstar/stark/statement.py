"""What a proof is checked against besides the key: the public statement, or a segment's number and global challenge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hstar.air.evaluate import Fingerprint
from hstar.air.program import Circuit, Scope
from hstar.errors import InputError, Reason
from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.iop.multilinear import eq_table
from hstar.stark.keys import StatementEntry, VerifyingKey

MAX_SEGMENT_NUMBER = 2**16 - 1
"""Segments are numbered 1 .. N with N < 2^16."""


@dataclass(frozen=True, slots=True)
class Statement:
    """The public input of one proof.

    Args:
        values: the public statement of a stand-alone proof.
        segment_number: k of a segment; 0 in a stand-alone proof.
        global_challenge: A of a segment: alpha, then the coordinates of beta; empty in a stand-alone proof.
    """

    values: tuple[int, ...] = ()
    segment_number: int = 0
    global_challenge: tuple[ExtensionElement, ...] = ()


def check_statement(key: VerifyingKey, statement: Statement) -> None:
    """Refuses a statement that does not have the key's form.

    Raises:
        InputError: WRONG_SHAPE, NOT_CANONICAL, OUT_OF_RANGE.
    """
    if len(statement.values) != key.statement_length:
        raise InputError(
            f"the statement has {len(statement.values)} elements; the key asks for {key.statement_length}",
            reason=Reason.WRONG_SHAPE,
        )
    if any(type(value) is not int or not 0 <= value < MODULUS for value in statement.values):
        raise InputError("an element of the statement is not a canonical field element", reason=Reason.NOT_CANONICAL)
    is_segment = key.circuit.has_global_bus
    first, last = (1, MAX_SEGMENT_NUMBER) if is_segment else (0, 0)
    if not first <= statement.segment_number <= last:
        raise InputError(
            f"segment number {statement.segment_number} is out of range; it must be {first} to {last}",
            reason=Reason.OUT_OF_RANGE,
        )
    if len(statement.global_challenge) != global_challenge_length(key.circuit):
        raise InputError(
            f"the global challenge has {len(statement.global_challenge)} elements, not "
            f"{global_challenge_length(key.circuit)}",
            reason=Reason.WRONG_SHAPE,
        )


def global_challenge_length(circuit: Circuit) -> int:
    """Elements of A: alpha and the coordinates of beta; none without a global bus."""
    return 1 + circuit.log_fingerprint(Scope.GLOBAL) if circuit.has_global_bus else 0


def fingerprint(
    one: ExtensionElement, alpha: ExtensionElement, beta: Sequence[ExtensionElement]
) -> Fingerprint[ExtensionElement]:
    """The challenges of one scope: a message v has the denominator alpha - sum_i eq(beta, i) v_i."""
    return Fingerprint(alpha, eq_table(one, beta))


def denominator(
    challenges: Fingerprint[ExtensionElement], bus_identifier: int, message: Sequence[int]
) -> ExtensionElement:
    """`alpha - sum_i eq(beta, i) v_i` of a message that the verifier knows."""
    total = challenges.alpha - challenges.weights[0] * bus_identifier
    for weight, value in zip(challenges.weights[1:], message, strict=False):
        total = total - weight * value
    return total


def statement_fractions(
    key: VerifyingKey, statement: Sequence[int], challenges: Fingerprint[ExtensionElement]
) -> list[tuple[int, ExtensionElement]]:
    """The verifier's own local fractions: multiplicity and denominator of each message."""
    fractions: list[tuple[int, ExtensionElement]] = []
    for message in key.statement_messages:
        values = [statement[entry.index] if isinstance(entry, StatementEntry) else entry for entry in message.message]
        fractions.append((message.multiplicity, denominator(challenges, key.bus_identifier(message.bus), values)))
    return fractions
