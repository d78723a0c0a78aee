#!/usr/bin/env python3
"""Writes guests/lib/src/bn254_constants.h and bls12_381_constants.h: everything that the pairings of the guest library
need, in Montgomery form.

Moduli, orders, Frobenius and endomorphism constants are computed here from one integer per curve. The isogenies of
hashing to BLS12-381 (RFC 9380, appendices E.2 and E.3) come from py_ecc, the point [tau]_2 of the KZG ceremony from the
executable specification; both are in the environment of `make setup` on Python 3.11 and 3.12.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "guests/lib/src"
BN254_PARAMETER = 4965661367192848881
BLS12_381_PARAMETER = -0xD201000000010000
Pair = tuple[int, int]


@dataclass(frozen=True)
class Field:
    """F_p and F_p[u] / (u^2 + 1), pairs standing for a + b u."""

    p: int
    limbs: int

    def multiply(self, x: Pair, y: Pair) -> Pair:
        return (x[0] * y[0] - x[1] * y[1]) % self.p, (x[0] * y[1] + x[1] * y[0]) % self.p

    def power(self, x: Pair, exponent: int) -> Pair:
        result = (1, 0)
        for bit in bin(exponent)[2:]:
            result = self.multiply(result, result)
            result = self.multiply(result, x) if bit == "1" else result
        return result

    def invert(self, x: Pair) -> Pair:
        norm = pow(x[0] * x[0] + x[1] * x[1], -1, self.p)
        return x[0] * norm % self.p, -x[1] * norm % self.p

    def plain(self, x: int) -> str:
        return "{{" + ", ".join(f"0x{x >> 64 * i & 2**64 - 1:016x}" for i in range(self.limbs)) + "}}"

    def element(self, x: int) -> str:
        return self.plain((x << 64 * self.limbs) % self.p)

    def pair(self, x: Pair) -> str:
        return "{" + self.element(x[0]) + ", " + self.element(x[1]) + "}"


def non_adjacent_form(value: int) -> list[int]:
    """Signed digits, least significant first, no two neighbours other than zero."""
    digits = []
    while value:
        digit = (2 - value % 4) if value % 2 else 0
        digits.append(digit)
        value = (value - digit) // 2
    return digits


def array(kind: str, name: str, items: Iterable[str]) -> str:
    return f"static const {kind} {name}[] = {{\n    " + ",\n    ".join(items) + "};\n"


def field_constants(field: Field, order: int) -> str:
    """Modulus, Montgomery constants and group order."""
    radix = 1 << 64 * field.limbs
    lines = [
        f"static const fp PRIME = {field.plain(field.p)};",
        f"static const uint64_t PRIME_INVERSE = 0x{-pow(field.p, -1, 2**64) % 2**64:016x}; /* -1 / p mod 2^64 */",
        f"static const fp ONE = {field.element(1)};",
        f"static const fp RADIX_2 = {field.element(radix)}; /* to Montgomery form */",
        f"static const fp RADIX_3 = {field.element(radix * radix)}; /* after inversion */",
        f"static const uint64_t ORDER[] = {field.plain(order)[1:-1]};",
    ]
    return "\n".join(lines) + "\n"


def tower_constants(field: Field, xi: Pair, twist_is_divided: bool, curve_b: int) -> str:
    """Curve and twist coefficients, Frobenius on F_p^12 = F_p2[w] / (w^6 - xi), and psi on the twist."""
    rows = [", ".join(field.pair(field.power(xi, i * (field.p**k - 1) // 6)) for i in range(1, 6)) for k in (1, 2, 3)]
    inverse = field.invert(xi)
    twist_b = field.multiply((curve_b, 0), inverse if twist_is_divided else xi)
    base = xi if twist_is_divided else inverse
    psi = [field.power(base, (field.p - 1) // divisor) for divisor in (3, 2)]
    lines = [
        f"static const fp CURVE_B = {field.element(curve_b)};",
        f"static const fp2 TWIST_B = {field.pair(twist_b)};",
        "/* xi^(i (p^k - 1) / 6), k = 1 to 3, i = 1 to 5 */",
        "static const fp2 FROBENIUS[3][5] = {\n    {" + "},\n    {".join(rows) + "}};",
        f"static const fp2 PSI_X = {field.pair(psi[0])}, PSI_Y = {field.pair(psi[1])};",
    ]
    return "\n".join(lines) + "\n"


def check_final_exponent(p: int, order: int, exponent: int) -> None:
    """The last part of the final exponentiation is a multiple of its definition by a factor prime to the order."""
    factor, rest = divmod(exponent, (p**4 - p**2 + 1) // order)
    if rest != 0 or math.gcd(factor, order) != 1:
        raise ArithmeticError("the exponent does not separate one from the other roots of unity")


def check_subgroup_test(p: int, order: int, x: int) -> None:
    """x + 1 + x psi + x psi^2 - 2x psi^3 vanishes on the subgroup of the twist of bn254 and nowhere else.

    psi^2 = t psi - p makes it u + v psi, whose norm annihilates every point that it annihilates.
    """
    trace = p + 1 - order
    u, v = 0, 0
    for coefficient in (-2 * x, x, x, x + 1):
        u, v = coefficient - v * p, u + v * trace
    norm = u * u + u * v * trace + v * v * p
    if (u + v * p) % order != 0 or math.gcd(norm, order * (2 * p - order)) != order:
        raise ArithmeticError("the test does not tell the subgroup of the twist")


def bn254() -> str:
    """bn254 (EIP-197): D-type twist, xi = 9 + u."""
    x = BN254_PARAMETER
    p, order = 36 * x**4 + 36 * x**3 + 24 * x**2 + 6 * x + 1, 36 * x**4 + 36 * x**3 + 18 * x**2 + 6 * x + 1
    a, b = 12 * x**3 + 6 * x**2 + 6 * x, 12 * x**3 + 6 * x**2 + 4 * x
    check_final_exponent(p, order, a + 6 * x**2 + 1 + b * p + a * p**2 + (b - 1) * p**3)
    check_subgroup_test(p, order, x)
    field = Field(p, 4)
    digits = ", ".join(map(str, non_adjacent_form(6 * x + 2)))
    psi_2 = pow(9 * 9 + 1, (p - 1) // 3, p)  # xi^((p^2 - 1) / 3) is the norm of xi to the (p - 1) / 3
    return (
        field_constants(field, order)
        + tower_constants(field, (9, 1), True, 3)
        + f"static const fp PSI_2_X = {field.element(psi_2)}; /* xi^((p^2 - 1) / 3) */\n"
        + f"static const uint64_t PARAMETER = 0x{x:016x};\n"
        + f"/* 6 x + 2 in signed digits, least significant first */\nstatic const int8_t LOOP[] = {{{digits}}};\n"
    )


def cube_root_of_unity(p: int, order: int, x: int) -> int:
    """beta with (beta X, Y) = [-x^2] (X, Y) on the subgroup, told from its square by one point of it."""
    beta = next(root for g in range(2, 9) if (root := pow(g, (p - 1) // 3, p)) != 1)
    cofactor = (x - 1) ** 2 // 3
    point = next(found for start in range(1, 99) if (found := multiply_point(p, lift(p, start), cofactor)) is not None)
    target = multiply_point(p, point, -x * x % order)
    if target is None:
        raise ArithmeticError("a point of the subgroup has the wrong order")
    return next(root for root in (beta, beta * beta % p) if root * point[0] % p == target[0])


def lift(p: int, x: int) -> Pair | None:
    square = (x**3 + 4) % p
    y = pow(square, (p + 1) // 4, p)
    return (x, y) if y * y % p == square else None


def multiply_point(p: int, point: Pair | None, scalar: int) -> Pair | None:
    """Affine double-and-add on y^2 = x^3 + 4."""
    result: Pair | None = None
    for bit in bin(scalar)[2:]:
        result = add_points(p, result, result)
        result = add_points(p, result, point) if bit == "1" else result
    return result


def add_points(p: int, first: Pair | None, second: Pair | None) -> Pair | None:
    if first is None or second is None:
        return second if first is None else first
    (x1, y1), (x2, y2) = first, second
    if x1 == x2 and (y1 + y2) % p == 0:
        return None
    slope = (3 * x1 * x1 * pow(2 * y1, -1, p) if first == second else (y2 - y1) * pow(x2 - x1, -1, p)) % p
    x = (slope * slope - x1 - x2) % p
    return x, (slope * (x1 - x) - y1) % p


def bls12_381() -> str:
    """BLS12-381: M-type twist, xi = 1 + u."""
    x = BLS12_381_PARAMETER
    order = x**4 - x**2 + 1
    p = (x - 1) ** 2 * order // 3 + x
    check_final_exponent(p, order, (x - 1) ** 2 * (x + p) * (x**2 + p**2 - 1) + 3)
    field = Field(p, 6)
    beta = cube_root_of_unity(p, order, x)
    twist_cofactor = (x**8 - 4 * x**7 + 5 * x**6 - 4 * x**4 + 6 * x**3 - 4 * x**2 - 4 * x + 13) // 9
    if math.gcd((x - 1) ** 2 // 3, twist_cofactor) != 1:
        raise ArithmeticError("psi = [x] would not tell the subgroup of the twist")
    square = "".join(reversed(f"{x * x:0128b}"))
    words = ", ".join(f"0x{int(square[64 * i : 64 * i + 64][::-1], 2):016x}" for i in range(2))
    return (
        field_constants(field, order)
        + tower_constants(field, (1, 1), False, 4)
        + f"static const fp BETA = {field.element(beta)}; /* (BETA x, y) = [-x^2] (x, y) on the subgroup */\n"
        + f"static const uint64_t PARAMETER = 0x{-x:016x}; /* of the curve, negated */\n"
        + f"static const uint64_t PARAMETER_SQUARED[] = {{{words}}};\n"
        + f"static const fp HALF = {field.element(pow(2, -1, p))};\n"
        + exponents(field)
        + generators(field)
        + hash_to_curve(field)
    )


def exponents(field: Field) -> str:
    return f"static const uint64_t SQUARE_ROOT[] = {field.plain((field.p + 1) // 4)[1:-1]}; /* (p + 1) / 4 */\n"


def generators(field: Field) -> str:
    """G1, G2 and [tau]_2."""
    from eth_typing import BLSSignature
    from ethereum.crypto.kzg import KZG_SETUP_G2_MONOMIAL_1
    from py_ecc.bls.g2_primitives import signature_to_G2
    from py_ecc.optimized_bls12_381.optimized_curve import G1, G2, normalize

    tau = normalize(signature_to_G2(BLSSignature(bytes.fromhex(KZG_SETUP_G2_MONOMIAL_1[2:]))))
    g1, g2 = normalize(G1), normalize(G2)
    lines = [f"static const affine1 GENERATOR_1 = {{{field.element(int(g1[0]))}, {field.element(int(g1[1]))}}};"]
    for name, point in (("GENERATOR_2", g2), ("TAU_2", tau)):
        x, y = (field.pair((int(c.coeffs[0]), int(c.coeffs[1]))) for c in point)
        lines.append(f"static const affine2 {name} = {{{x}, {y}}};")
    return "\n".join(lines) + "\n"


def hash_to_curve(field: Field) -> str:
    """Simplified SWU (A, B, Z) and isogenies, coefficients from the constant up; leading zeros are dropped."""
    from py_ecc.optimized_bls12_381 import constants

    def write_1(value: object) -> str:
        return field.element(int(value))  # type: ignore[call-overload]

    def write_2(value: object) -> str:
        first, second = value.coeffs  # type: ignore[attr-defined]
        return field.pair((int(first), int(second)))

    text = ""
    for kind, degree, write in (("fp", 11, write_1), ("fp2", 3, write_2)):
        suffix = "1" if degree == 11 else "2"
        for name in "ABZ":
            text += f"static const {kind} SWU_{name}_{suffix} = {write(getattr(constants, f'ISO_{degree}_{name}'))};\n"
        parts: Sequence[Sequence[object]] = getattr(constants, f"ISO_{degree}_MAP_COEFFICIENTS")
        for part, name in zip(parts, ("X_NUMERATOR", "X_DENOMINATOR", "Y_NUMERATOR", "Y_DENOMINATOR"), strict=True):
            coefficients = [write(value) for value in part]
            while coefficients[-1] in (field.element(0), field.pair((0, 0))):
                coefficients.pop()
            text += array(kind, f"{name}_{suffix}", coefficients)
    return text


def constants_header(text: str) -> str:
    return f"/* Generated by tools/generate_curve_constants.py. Field elements are in Montgomery form. */\n{text}"


GENERATED = {"bn254_constants.h": bn254, "bls12_381_constants.h": bls12_381}


def main() -> None:
    for name, make in GENERATED.items():
        (FOLDER / name).write_text(constants_header(make()), encoding="utf-8")
        print(f"wrote guests/lib/src/{name}")


if __name__ == "__main__":
    main()
