"""How far squeezed field elements are from the uniform values that the bounds assume: positions and proof of work.

A squeezed base-field element is uniform in `[0, p)`. For `b` up to the two-adicity its low `b` bits are uniform except
that zero occurs once more than every other value, because `2^b` divides `p - 1`.
"""

from __future__ import annotations

from fractions import Fraction

from hstar.errors import InputError
from hstar.params.field import FieldParameters
from hstar.soundness.expression import Expression, Symbol, symbol
from hstar.soundness.reasons import SoundnessReason


def grinding_probability(bits: int, field: FieldParameters) -> Fraction:
    """The chance that the low `bits` bits of a squeezed element vanish: `((p - 1) / 2^bits + 1) / p`, 1 for none.

    Raises:
        InputError: HYPOTHESIS_FAILED beyond the two-adicity.
    """
    if not 0 <= bits <= field.two_adicity:
        raise InputError(
            f"{bits} bits of grinding; the low bits of a {field.name} element are near uniform up to "
            f"{field.two_adicity}",
            reason=SoundnessReason.HYPOTHESIS_FAILED,
        )
    if bits == 0:
        return Fraction(1)
    return Fraction(((field.modulus - 1) >> bits) + 1, field.modulus)


def grinding(bits: int, field: FieldParameters) -> Symbol:
    """The factor that proof of work takes off an error."""
    probability = grinding_probability(bits, field)
    return symbol("g", probability, f"chance that a nonce passes {bits} bits of grinding")


def biased_agreement(agreement: Expression, field: FieldParameters) -> Expression:
    """The chance that one squeezed position falls into a set of density `agreement`.

    A set of density a that contains position 0 has mass `a (p - 1) / p + 1 / p`; no set of that density has more.
    """
    p = symbol("p", field.modulus, "characteristic of the field")
    return agreement * (p - 1) / p + 1 / p
