"""Sumcheck verifier: a claimed sum becomes a claim at one point.

Transcript, identical in prove.py, for each variable:
    1. absorb    LABEL.round         the coefficients c_1 .. c_d
    2. grind     LABEL.round         only where the parameters ask for it
    3. challenge LABEL.coordinate    one element of E
"""

from __future__ import annotations

from collections.abc import Sequence

from hstar.field.extension import ExtensionElement
from hstar.iop.sumcheck.relation import RoundPolynomial, next_claim, next_claim_eq
from hstar.transcript.transcript import Transcript


def verify_rounds(
    transcript: Transcript,
    label: str,
    claim: ExtensionElement,
    round_polynomials: Sequence[RoundPolynomial],
    *,
    grinding_bits: int = 0,
    nonces: Sequence[Sequence[int]] = (),
) -> tuple[ExtensionElement, list[ExtensionElement]]:
    """Plain rounds.

    Args:
        transcript: state after everything that fixes the claim.
        label: prefix of the messages.
        claim: the claimed sum over all values of the variables.
        round_polynomials: `[num_variables, degree]`, first bound variable first.
        grinding_bits: work before each coordinate.
        nonces: one for each variable where there is work.

    Returns:
        The claimed value of the summand at the point, and the point's coordinates in the order of binding.

    Raises:
        VerificationError: PROOF_OF_WORK.

    Soundness:
        Error at most degree / |E| a round. The caller must check the returned claim.
    """
    coordinates: list[ExtensionElement] = []
    for index, round_polynomial in enumerate(round_polynomials):
        transcript.absorb(f"{label}.round", round_polynomial)  # 1
        transcript.check_nonce(f"{label}.round", grinding_bits, nonces[index] if grinding_bits else ())  # 2
        coordinate = transcript.challenge(f"{label}.coordinate")  # 3
        claim = next_claim(claim, round_polynomial, coordinate)
        coordinates.append(coordinate)
    return claim, coordinates


def verify_eq_rounds(
    transcript: Transcript,
    label: str,
    claim: ExtensionElement,
    round_polynomials: Sequence[RoundPolynomial],
    eq_point: Sequence[ExtensionElement],
) -> tuple[ExtensionElement, list[ExtensionElement]]:
    """Rounds of a summand `eq(eq_point, x) g(x)` with the eq factor taken out; `claim` is the sum.

    Returns:
        The claimed value of g (without the eq factor) at the point, and the point.

    Soundness:
        Error at most degree of g / |E| a round, for an eq_point drawn after g was fixed. The caller must check the
        returned claim.
    """
    coordinates: list[ExtensionElement] = []
    for round_polynomial, eq_coordinate in zip(round_polynomials, eq_point, strict=True):
        transcript.absorb(f"{label}.round", round_polynomial)  # 1
        coordinate = transcript.challenge(f"{label}.coordinate")  # 3
        claim = next_claim_eq(claim, round_polynomial, eq_coordinate, coordinate)
        coordinates.append(coordinate)
    return claim, coordinates
