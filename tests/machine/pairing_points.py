"""Points of the pairing curves in the byte layouts of the accelerator interface, by py_ecc: independent of the C."""

import pytest

bn128 = pytest.importorskip("py_ecc.optimized_bn128")
bls = pytest.importorskip("py_ecc.optimized_bls12_381")


class Group:
    """One group of points with its encoding: `order_of_parts` says how F_p2 coordinates are written."""

    def __init__(self, module, generator, size, parts):
        self.module, self.generator, self.size, self.parts = module, generator, size, parts

    @property
    def prime(self):
        return self.module.field_modulus

    def point(self, scalar):
        return self.module.multiply(self.generator, scalar % self.module.curve_order)

    def encode(self, point):
        """Affine coordinates, big-endian; infinity is zero."""
        if self.module.is_inf(point):
            return bytes(2 * self.size * len(self.parts))
        return b"".join(
            int(number).to_bytes(self.size, "big")
            for coordinate in self.module.normalize(point)
            for number in self.numbers(coordinate)
        )

    def numbers(self, coordinate):
        return [coordinate.coeffs[i] for i in self.parts] if len(self.parts) == 2 else [coordinate]

    def encoded(self, scalar):
        return self.encode(self.point(scalar))

    def sum_of_multiples(self, terms):
        """Of (scalar, point) pairs."""
        module = self.module
        total = module.multiply(self.generator, 0)
        for scalar, point in terms:
            total = module.add(total, module.multiply(point, scalar % module.curve_order))
        return total


BN254_G1 = Group(bn128, bn128.G1, 32, (0,))
BN254_G2 = Group(bn128, bn128.G2, 32, (1, 0))
BLS_G1 = Group(bls, bls.G1, 48, (0,))
BLS_G2 = Group(bls, bls.G2, 48, (0, 1))


def square_root(x, p):
    root = pow(x, (p + 1) // 4, p)
    return root if root * root % p == x % p else None


def square_root_in_fp2(a, b, p):
    """Of a + b u with u^2 = -1, or None."""
    norm = square_root(a * a + b * b, p)
    if norm is None:
        return None
    half = pow(2, -1, p)
    for candidate in ((a + norm) * half % p, (a - norm) * half % p):
        first = square_root(candidate, p)
        if first:
            return first, b * pow(2 * first, -1, p) % p
    return None


def outside_g1():
    """A point of BLS12-381's curve that is not of the group's order, encoded."""
    p = BLS_G1.prime
    for x in range(1, 50):
        y = square_root(x**3 + 4, p)
        if y is not None and not bls.is_inf(bls.multiply((bls.FQ(x), bls.FQ(y), bls.FQ(1)), bls.curve_order)):
            return x.to_bytes(48, "big") + y.to_bytes(48, "big")
    raise AssertionError("no such point")


def outside_g2(group):
    """A point of the twist that is not of the group's order, encoded."""
    p, module = group.prime, group.module
    for x in range(1, 50):
        coordinate = module.FQ2([x, 1])
        square = coordinate**3 + module.b2
        y = square_root_in_fp2(*(int(part) for part in square.coeffs), p)
        if y is None:
            continue
        point = (coordinate, module.FQ2(list(y)), module.FQ2.one())
        assert module.is_on_curve(point, module.b2)
        if not module.is_inf(module.multiply(point, module.curve_order)):
            return group.encode(point)
    raise AssertionError("no such point")


def compressed(scalar):
    from py_ecc.bls.point_compression import compress_G1

    return compress_G1(BLS_G1.point(scalar)).to_bytes(48, "big")
