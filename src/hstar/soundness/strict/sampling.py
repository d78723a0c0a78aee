"""What positions and grinding are worth when they are drawn as low bits of base-field elements.

Files do not say how a system draws them. Low bits of field elements are the usual way that is farthest from uniform,
so a system that draws uniform bits has at least as many bits of security.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from hstar.soundness.expression import Expression, Least, Symbol, as_expression, symbol
from hstar.soundness.soundcalc.fields import MODULI, FileField


@lru_cache(maxsize=4096)
def grinding(bits: int, field: FileField) -> Symbol:
    """The chance that a nonce passes: of `floor(q / 2^b) + 1` among q values, q the modulus or a power beyond `2^b`."""
    modulus = _modulus(bits, field)
    chance = Fraction((modulus >> bits) + 1, modulus) if bits else Fraction(1)
    return symbol("g", chance, f"chance that a nonce passes {bits} bits of grinding")


def position_mass(agreement: Expression, log_positions: int, field: FileField) -> Expression:
    """The largest chance that a drawn position falls into a set of density `agreement`.

    With `r = q mod N`, r of the N positions have one of the q values more: `a (q - r) / q + min(a N, r) / q`.
    """
    modulus = _modulus(log_positions, field)
    rest = modulus % (1 << log_positions)
    order = symbol("p", modulus, "values that a position is reduced from")
    inside = Least(agreement * (1 << log_positions), as_expression(rest))
    favoured = symbol("f", inside, "positions of the set that have one value more")
    return (agreement * (order - symbol("r", rest, "p modulo the number of positions")) + favoured) / order


def _modulus(bits: int, field: FileField) -> int:
    """The modulus, or its least power that is no smaller than `2^bits`."""
    power: int = MODULI[field.base]
    while power < 1 << bits:
        power *= MODULI[field.base]
    return power
