"""Pairings, BLS12-381 and point evaluation of the guest library: public vectors, and points made by py_ecc."""

import importlib.util
import json
import random
import re
import sys
from functools import cache
from pathlib import Path

import pytest

from hstar.machine.program import load_program
from machine.pairing_points import (
    BLS_G1,
    BLS_G2,
    BN254_G1,
    BN254_G2,
    bls,
    compressed,
    outside_g1,
    outside_g2,
)
from machine.support import run_native

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests/vectors/accelerators"
FAIL, YES, NO = b"\xff", b"\0\1", b"\0\0"
CODES = {
    "zkvm_bn254_pairing": b"=", "zkvm_bls12_pairing": b"?", "zkvm_kzg_point_eval": b"Z",
    "zkvm_bls12_g1_add": b"1", "zkvm_bls12_g2_add": b"2", "zkvm_bls12_g1_msm": b"3", "zkvm_bls12_g2_msm": b"4",
    "zkvm_bls12_map_fp_to_g1": b"5", "zkvm_bls12_map_fp2_to_g2": b"6",
}  # fmt: skip


@cache
def guest():
    return load_program((ROOT / "tests/vectors/guests/accelerators.elf").read_bytes())


def call(function, arguments):
    machine = run_native(guest(), CODES[f"zkvm_{function}"] + arguments)
    assert machine.exit_code == 0
    return machine.result().output


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["vectors"]


def vector_groups():
    groups = {}
    for vector in vectors("eip2537"):
        groups.setdefault(vector["function"], []).append(vector)
    return groups


def test_every_function_of_the_interface_is_linked():
    header = (ROOT / "guests/lib/include/zkvm_accelerators.h").read_text(encoding="utf-8")
    declared = set(re.findall(r"^zkvm_status (zkvm_\w+)\(", header, re.M))
    linked = {symbol.name for symbol in guest().symbols}
    assert len(declared) == 19 and declared <= linked


@pytest.mark.parametrize("function", sorted(vector_groups()))
def test_the_vectors_of_eip_2537(function):
    for vector in vector_groups()[function]:
        expected = FAIL if vector["output"] is None else b"\0" + bytes.fromhex(vector["output"])
        assert call(function.removeprefix("zkvm_"), bytes.fromhex(vector["input"])) == expected, vector["name"]


# Pairing checks. By bilinearity the product is one exactly where the products of scalars sum to zero.


@pytest.mark.parametrize(("function", "g1", "g2"), [
    ("bn254_pairing", BN254_G1, BN254_G2), ("bls12_pairing", BLS_G1, BLS_G2),
])  # fmt: skip
def test_pairing_checks(function, g1, g2):
    order = g1.module.curve_order

    def check(*scalars):
        return call(function, b"".join(g1.encoded(a) + g2.encoded(b) for a, b in scalars))

    generator = random.Random(7)
    a, b, c = (generator.randrange(order) for _ in range(3))
    assert check() == YES
    assert check((1, 1)) == NO
    assert check((0, 0)) == check((0, 5)) == check((5, 0)) == YES
    assert check((a, b), (-a * b, 1)) == check((a, b), (1, -a * b)) == check((1, 1), (0, 3), (-1, 1)) == YES
    assert check((a, b), (-a * b + 1, 1)) == NO
    assert check((a, b), (b, c), (-b * (a + c), 1)) == YES
    assert check((a, 1), (a, 1), (-2 * a, 1)) == YES
    many = [(i + 1, 2 * i + 1) for i in range(17)]  # more than are taken at once
    total = sum(first * second for first, second in many)
    assert check(*many, (-total, 1)) == YES
    assert check(*many, (1 - total, 1)) == NO


@pytest.mark.parametrize(("function", "g1", "g2"), [
    ("bn254_pairing", BN254_G1, BN254_G2), ("bls12_pairing", BLS_G1, BLS_G2),
])  # fmt: skip
def test_pairings_refuse_what_is_no_point(function, g1, g2):
    first, second, p = g1.encoded(3), g2.encoded(4), g1.prime
    size = g1.size
    infinite = bytes(2 * size), bytes(4 * size)
    assert call(function, first + second) == NO

    def raised(point, part):
        """The same point, one coordinate not reduced."""
        number = int.from_bytes(point[part * size : (part + 1) * size], "big") + p
        return point[: part * size] + number.to_bytes(size, "big") + point[(part + 1) * size :]

    bad_first = [first[:-1] + bytes([first[-1] ^ 1]), *(raised(first, part) for part in range(2)),
                 bytes(size) + first[size:], p.to_bytes(size, "big") + bytes(size)]  # fmt: skip
    bad_second = [second[:-1] + bytes([second[-1] ^ 1]), *(raised(second, part) for part in range(4)),
                  outside_g2(g2), second[size : 2 * size] + second[:size] + second[2 * size :]]  # fmt: skip
    if g1 is BLS_G1:
        bad_first.append(outside_g1())
    for point in bad_first:
        assert call(function, point + second) == call(function, point + infinite[1]) == FAIL
    for point in bad_second:
        assert call(function, first + point) == call(function, infinite[0] + point) == FAIL
    assert call(function, first + second + bad_first[0] + second) == FAIL


# Sums of multiples


@pytest.mark.parametrize(("function", "group", "count"), [
    ("bls12_g1_msm", BLS_G1, 1), ("bls12_g1_msm", BLS_G1, 18),
    ("bls12_g2_msm", BLS_G2, 3), ("bls12_g2_msm", BLS_G2, 17),
])  # fmt: skip
def test_sums_of_multiples(function, group, count):
    generator = random.Random(count)
    terms = [(generator.getrandbits(256), group.point(generator.randrange(bls.curve_order))) for _ in range(count)]
    data = b"".join(group.encode(point) + scalar.to_bytes(32, "big") for scalar, point in terms)
    assert call(function, data) == b"\0" + group.encode(group.sum_of_multiples(terms))


@pytest.mark.parametrize(("name", "group"), [("bls12_g1", BLS_G1), ("bls12_g2", BLS_G2)])
def test_edges_of_sums(name, group):
    order, infinity = bls.curve_order, group.encoded(0)

    def msm(*terms):
        return call(f"{name}_msm", b"".join(point + (k % 2**256).to_bytes(32, "big") for k, point in terms))

    def add(first, second):
        return call(f"{name}_add", first + second)

    point = group.encoded(9)
    assert msm() == msm((0, point)) == msm((order, point)) == msm((5, infinity)) == b"\0" + infinity
    assert msm((3, point), (order - 3, point)) == msm((2, point), (1, group.encoded(-18))) == b"\0" + infinity
    assert msm((1, point), (1, point), (2**256 - 1, point)) == b"\0" + group.encoded(9 * (2**256 + 1))
    assert add(point, infinity) == add(infinity, point) == b"\0" + point
    assert add(infinity, infinity) == add(point, group.encoded(-9)) == b"\0" + infinity
    assert add(point, point) == b"\0" + group.encoded(18)
    assert add(point, group.encoded(2)) == b"\0" + group.encoded(11)
    outside = outside_g1() if group is BLS_G1 else outside_g2(group)
    assert msm((1, outside)) == msm((1, point), (0, outside)) == FAIL
    assert add(outside, infinity) == b"\0" + outside  # additions do not ask for the subgroup (EIP-2537)
    off_curve = point[:-1] + bytes([point[-1] ^ 1])
    assert add(point, off_curve) == add(off_curve, infinity) == msm((0, off_curve)) == FAIL


def test_maps_to_curves():
    from py_ecc.bls.hash_to_curve import clear_cofactor_G1, clear_cofactor_G2, map_to_curve_G1, map_to_curve_G2

    p, generator = BLS_G1.prime, random.Random(3)
    for u in (0, 1, p - 1, generator.randrange(p)):
        expected = BLS_G1.encode(clear_cofactor_G1(map_to_curve_G1(bls.FQ(u))))
        assert call("bls12_map_fp_to_g1", u.to_bytes(48, "big")) == b"\0" + expected
    for u in ((0, 0), (1, 0), (0, 1), (p - 1, p - 1), (generator.randrange(p), generator.randrange(p))):
        expected = BLS_G2.encode(clear_cofactor_G2(map_to_curve_G2(bls.FQ2(list(u)))))
        assert call("bls12_map_fp2_to_g2", b"".join(part.to_bytes(48, "big") for part in u)) == b"\0" + expected
    for bad in (p, 2**384 - 1):
        assert call("bls12_map_fp_to_g1", bad.to_bytes(48, "big")) == FAIL
        for data in (bad.to_bytes(48, "big") + bytes(48), bytes(48) + bad.to_bytes(48, "big")):
            assert call("bls12_map_fp2_to_g2", data) == FAIL


# Point evaluation

INFINITY = b"\xc0" + bytes(47)


def evaluate(commitment, z, y, proof):
    return call("kzg_point_eval", commitment + z.to_bytes(32, "big") + y.to_bytes(32, "big") + proof)


@pytest.mark.parametrize("vector", vectors("kzg"), ids=lambda vector: vector["name"].split("case_")[1])
def test_point_evaluation_vectors(vector):
    commitment, proof = bytes.fromhex(vector["commitment"]), bytes.fromhex(vector["proof"])
    z, y = int(vector["z"], 16), int(vector["y"], 16)
    assert evaluate(commitment, z, y, proof) == (YES if vector["valid"] else NO)
    if vector["valid"]:
        assert evaluate(commitment, z, (y + 1) % bls.curve_order, proof) == NO


def test_constant_polynomials_open_with_the_point_at_infinity():
    for value in (0, 1, 77, bls.curve_order - 1):
        commitment = compressed(value)
        assert evaluate(commitment, 5, value, INFINITY) == YES
        assert evaluate(commitment, 5, (value + 1) % bls.curve_order, INFINITY) == NO


def test_point_evaluation_refuses_what_is_not_canonical():
    order, p, commitment = bls.curve_order, BLS_G1.prime, compressed(77)
    assert evaluate(commitment, order, 77, INFINITY) == evaluate(commitment, 5, 77 + order, INFINITY) == FAIL
    x, _ = (int(part) for part in bls.normalize(BLS_G1.point(77)))
    off_curve = next(k for k in range(1, 50) if pow(k**3 + 4, (p - 1) // 2, p) != 1)
    outside = int.from_bytes(outside_g1()[:48], "big")
    bad = [
        bytes([commitment[0] & 0x7F]) + commitment[1:],  # not marked as compressed
        bytes([commitment[0] | 0x40]) + commitment[1:],  # marked as infinity
        b"\xe0" + bytes(47),
        b"\x40" + bytes(47),
        b"\xc0" + bytes(46) + b"\1",
        (x + p | 1 << 383).to_bytes(48, "big"),
        (off_curve | 1 << 383).to_bytes(48, "big"),
        (outside | 1 << 383).to_bytes(48, "big"),
    ]
    for point in bad:
        assert evaluate(point, 5, 77, INFINITY) == evaluate(commitment, 5, 77, point) == FAIL
    other = bytes([commitment[0] ^ 0x20]) + commitment[1:]  # the other y: the opposite point
    assert evaluate(other, 5, 77, INFINITY) == NO
    assert evaluate(other, 5, order - 77, INFINITY) == YES


def test_the_constants_are_those_that_the_script_computes():
    path = ROOT / "tools/generate_curve_constants.py"
    specification = importlib.util.spec_from_file_location("generate_curve_constants", path)
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module  # dataclasses look their module up
    specification.loader.exec_module(module)
    pytest.importorskip("ethereum.crypto.kzg")
    for name, make in module.GENERATED.items():
        assert (module.FOLDER / name).read_text(encoding="utf-8") == module.constants_header(make())
