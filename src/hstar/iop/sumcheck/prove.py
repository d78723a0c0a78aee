"""Sumcheck prover: the driver of the rounds; what is summed supplies its own round polynomials.

Transcript, identical in verify.py, for each variable:
    1. absorb    LABEL.round         the coefficients c_1 .. c_d
    2. grind     LABEL.round         only where the parameters ask for it
    3. challenge LABEL.coordinate    one element of E
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hstar.commit.grinding import grind
from hstar.field.extension import ExtensionElement
from hstar.iop.sumcheck.relation import RoundPolynomial
from hstar.transcript.transcript import Transcript


class Summand(Protocol):
    """A sum over a cube that is bound variable by variable."""

    def round_polynomial(self) -> list[ExtensionElement]:
        """Coefficients c_1 .. c_d of the next variable's round polynomial."""

    def bind(self, coordinate: ExtensionElement) -> None:
        """Sets the next variable."""


@dataclass(frozen=True, slots=True)
class ProvenRounds:
    """What the rounds leave behind: messages, nonces, and the point in the order of binding."""

    rounds: tuple[RoundPolynomial, ...]
    nonces: tuple[tuple[int], ...]
    point: list[ExtensionElement]


def prove_rounds(
    transcript: Transcript, label: str, summand: Summand, num_rounds: int, *, grinding_bits: int = 0
) -> ProvenRounds:
    """Runs the rounds.

    Args:
        transcript: state after everything that fixes the claim.
        label: prefix of the messages.
        summand: bound `num_rounds` times.
        num_rounds: variables to bind.
        grinding_bits: work before each coordinate.
    """
    rounds: list[Sequence[ExtensionElement]] = []
    nonces: list[tuple[int]] = []
    point: list[ExtensionElement] = []
    for _ in range(num_rounds):
        coefficients = tuple(summand.round_polynomial())
        transcript.absorb(f"{label}.round", coefficients)  # 1
        if grinding_bits:
            nonces.append(grind(transcript, f"{label}.round", grinding_bits))  # 2
        coordinate = transcript.challenge(f"{label}.coordinate")  # 3
        summand.bind(coordinate)
        rounds.append(coefficients)
        point.append(coordinate)
    return ProvenRounds(tuple(rounds), tuple(nonces), point)
