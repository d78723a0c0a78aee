"""The example guests, as built from guests/ and kept in tests/vectors/guests, against answers computed here."""

import hashlib
import json
import lzma
import random
import struct
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.machine.cost import default_cost_model
from hstar.machine.execute import execute, profile
from hstar.machine.keccak import keccak_f1600
from hstar.machine.program import load_program
from hstar.machine.segments import segment_rule
from machine.elliptic import BN254, SECP256K1, SECP256R1, point_bytes
from machine.support import assert_same_fields, run_both, run_native

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests/vectors/guests"
OK, FAIL = b"\0", b"\xff"


@cache
def guest(name):
    return load_program((FOLDER / f"{name}.elf").read_bytes())


def output(name, data):
    machine = run_native(guest(name), data)
    assert machine.exit_code == 0
    return machine.result().output


def accelerator(function, arguments):
    return output("accelerators", function + arguments)


def keccak256(data):
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % 136))
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), 136):
        for i in range(17):
            lanes[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        lanes = keccak_f1600(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def test_the_kept_files_are_the_recorded_builds():
    recorded = json.loads((ROOT / "guests/digests.json").read_text(encoding="utf-8"))
    files = {path.name: path.read_bytes() for path in FOLDER.glob("*.elf")}
    files |= {path.stem: lzma.decompress(path.read_bytes()) for path in FOLDER.glob("*.elf.xz")}
    kept = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert kept | {"sources": recorded["sources"]} == recorded and len(kept) >= 6


@pytest.mark.parametrize("count", [0, 1, 2, 100, 3000])
def test_sort(count):
    generator = random.Random(count)
    numbers = [generator.choice([generator.getrandbits(64), generator.randrange(4)]) for _ in range(count)]
    expected = keccak256(struct.pack(f"<{count}Q", *sorted(numbers)))
    assert output("sort", struct.pack(f"<{count}Q", *numbers)) == expected


@pytest.mark.parametrize("n", [0, 1, 20, 21, 100, 1000])
def test_big_integers(n):
    factorial = 1
    for factor in range(2, n + 1):
        factorial *= factor
    limbs = factorial.to_bytes(8 * max(1, -(-factorial.bit_length() // 64)), "little")
    mix, words = [0] * 4, struct.unpack(f"<{len(limbs) // 8}Q", limbs)
    for i, word in enumerate(words):
        mix[i % 4] = ((mix[i % 4] << 1 | mix[i % 4] >> 63) & (2**64 - 1)) ^ word
    assert output("bigint", struct.pack("<Q", n)) == struct.pack("<5Q", *mix, len(words))


@pytest.mark.parametrize(("m", "n", "value"), [(0, 7, 8), (1, 9, 11), (2, 20, 43), (3, 5, 253)])
def test_recursion(m, n, value):
    result, depth = struct.unpack("<2Q", output("recursion", bytes([m, n])))
    assert result == value and depth >= (m + n if m else 1)


@pytest.mark.parametrize("x", [2.0, 1e-300, 1e300, 0.1, 12345.678])
def test_floats_in_software_are_the_processors(x):
    logistic, root, total = 0.1, 1.0, 0.0
    for _ in range(1000):
        logistic = 3.9 * logistic * (1.0 - logistic)
    for _ in range(40):
        root = 0.5 * (root + x / root)
    for i in range(1, 1001):
        total += (-1.0 if i % 3 == 0 else 1.0) / i + float(i) * 1e-9
    assert output("floats", struct.pack("<d", x)) == struct.pack("<3d", logistic, root, total)


@pytest.mark.parametrize(("seed", "steps"), [(1, 0), (2, 1), (3, 1500)])
def test_collections_in_rust(seed, steps):
    state, kept, removed = seed, {}, []
    for step in range(steps):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        key = (state >> 33) % 512
        if state >> 62 == 0:
            removed += [kept.pop(key)] if key in kept else []
        else:
            kept[key] = f"{key:x}:{step}"
    text = "".join(f"{key}={kept[key]};" for key in sorted(kept)) + "".join(sorted(removed))
    expected = hashlib.sha256(text.encode()).digest() + keccak256(text.encode())
    assert output("collections", struct.pack("<II", seed, steps)) == expected


def test_a_failed_assertion_in_rust_is_a_failed_run():
    assert run_native(guest("collections"), b"short").exit_code == 101


def test_a_guest_that_refuses_its_input_fails():
    assert run_native(guest("accelerators")).exit_code == 1


# Accelerators


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 65, 119, 135, 136, 137, 271, 272, 1000])
def test_hashes(length):
    data = random.Random(length).randbytes(length)
    assert accelerator(b"K", data) == OK + keccak256(data)
    assert accelerator(b"S", data) == OK + hashlib.sha256(data).digest()


RIPEMD = {  # from the authors' page of test values
    b"": "9c1185a5c5e9fc54612808977ee8f548b2258d31",
    b"abc": "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc",
    b"message digest": "5d0689ef49d2fae572b881b123a85ffa21595f36",
    b"abcdefghijklmnopqrstuvwxyz": "f71c27109c692c1b56bbdceb5b9d2865b3708dbc",
    b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": "12a053384a9c0c88e405a06c27dcf49ada62eb2b",
    b"1234567890" * 8: "9b752e45573d4b39f4dbd3323cab82bf63326bfb",
    b"a" * 1000000: "52783243c1697bdbe16d37f97f68f08325dc1528",
}


@pytest.mark.parametrize("message", RIPEMD, ids=len)
def test_ripemd160(message):
    assert accelerator(b"R", message) == OK + bytes(12) + bytes.fromhex(RIPEMD[message])


BLAKE2_IV = [
    0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
]  # fmt: skip


@pytest.mark.parametrize("message", [b"", b"abc", bytes(range(128)), bytes(range(200)) + b"tail"])
def test_blake2f_is_the_compression_of_blake2b(message):
    state = [BLAKE2_IV[0] ^ 0x01010040, *BLAKE2_IV[1:]]
    blocks = [message[i : i + 128] for i in range(0, len(message), 128)] or [b""]
    h = struct.pack("<8Q", *state)
    for index, block in enumerate(blocks):
        last = index == len(blocks) - 1
        count = index * 128 + len(block)
        result = accelerator(
            b"B", struct.pack("<I", 12) + h + block.ljust(128, b"\0") + struct.pack("<QQB", count, 0, last)
        )
        assert result[:1] == OK
        h = result[1:]
    assert h == hashlib.blake2b(message).digest()


def test_blake2f_refuses_a_flag_that_is_no_bit():
    assert accelerator(b"B", struct.pack("<I", 1) + bytes(64 + 128 + 16) + b"\2") == FAIL


def modexp(base, exponent, modulus):
    return accelerator(b"M", struct.pack("<3H", len(base), len(exponent), len(modulus)) + base + exponent + modulus)


def check_modexp(base, exponent, modulus):
    numbers = [int.from_bytes(part, "big") for part in (base, exponent, modulus)]
    expected = pow(*numbers).to_bytes(len(modulus), "big") if numbers[2] else bytes(len(modulus))
    assert modexp(base, exponent, modulus) == OK + expected


@given(st.binary(max_size=80), st.binary(max_size=4), st.binary(max_size=80))
@settings(max_examples=60)
def test_modexp(base, exponent, modulus):
    check_modexp(base, exponent, modulus)


EXTREMES = [b"\xff" * 16, b"\xff" * 15 + b"\xfe", b"\x80" + bytes(15), b"\x80" + bytes(14) + b"\x01",
            b"\x7f" + b"\xff" * 15, b"\xff" * 4 + bytes(12), b"\x01" + bytes(16), b"\x01", bytes(5)]  # fmt: skip


@pytest.mark.parametrize("modulus", [*EXTREMES, b"\xff" * 255])
@pytest.mark.parametrize("base", [*EXTREMES, b"\xff" * 300])
def test_modexp_where_division_is_hardest(base, modulus):
    check_modexp(base, b"\x03", modulus)


def test_modexp_of_real_size():
    generator = random.Random(9)
    check_modexp(generator.randbytes(128), generator.randbytes(32), generator.randbytes(128))
    check_modexp(b"\x02", b"", b"")


def message(curve, r, s, key, text=b"\x11" * 32):
    return text + r.to_bytes(32, "big") + s.to_bytes(32, "big") + point_bytes(key)


@pytest.mark.parametrize(("function", "curve"), [(b"k", SECP256K1), (b"p", SECP256R1)], ids=["secp256k1", "secp256r1"])
@pytest.mark.parametrize("seed", range(3))
def test_signatures_verify_and_forgeries_do_not(function, curve, seed):
    generator = random.Random(seed)
    key, nonce = generator.randrange(1, curve.n), generator.randrange(1, curve.n)
    public = curve.multiply(key, curve.g)
    text = generator.randbytes(32) if seed else b"\xff" * 32
    r, s, _ = curve.sign(key, nonce, int.from_bytes(text, "big"))
    yes, no = OK + b"\1", OK + b"\0"
    assert accelerator(function, message(curve, r, s, public, text)) == yes
    assert accelerator(function, message(curve, r, curve.n - s, public, text)) == yes
    for forged in (
        message(curve, r, s, public, b"\x12" * 32),
        message(curve, r ^ 1, s, public, text),
        message(curve, r, s ^ 1, public, text),
        message(curve, 0, s, public, text),
        message(curve, r, 0, public, text),
        message(curve, r, curve.n, public, text),
        message(curve, r, s, (public[0], curve.p - public[1]), text),
        message(curve, r, s, (public[0], public[1] ^ 1), text),
        message(curve, r, s, None, text),
        message(curve, r, s, (curve.p, public[1]), text),
    ):
        assert accelerator(function, forged) == no


def test_keys_are_recovered():
    curve = SECP256K1
    for seed in range(3):
        generator = random.Random(seed)
        key, nonce = generator.randrange(1, curve.n), generator.randrange(1, curve.n)
        text = generator.randbytes(32)
        r, s, recovery = curve.sign(key, nonce, int.from_bytes(text, "big"))
        head = message(curve, r, s, None, text)[:96]
        public = point_bytes(curve.multiply(key, curve.g))
        assert accelerator(b"e", head + bytes([recovery]) + bytes(63)) == OK + public
        assert accelerator(b"e", head + bytes([recovery ^ 1]) + bytes(63)) != OK + public
        assert accelerator(b"e", head + bytes([recovery | 2]) + bytes(63)) == FAIL  # r + n is not below p
        assert accelerator(b"e", head + bytes([4]) + bytes(63)) == FAIL
    unliftable = next(x for x in range(1, 50) if pow(x**3 + 7, (curve.p - 1) // 2, curve.p) != 1)
    assert accelerator(b"e", message(curve, unliftable, 5, None)[:96] + bytes(64)) == FAIL


def test_recovery_to_infinity_fails():
    # s R = z G makes the key infinite: R = k G, s = z / k.
    curve = SECP256K1
    k, z = 7, 12345
    x, y = curve.multiply(k, curve.g)
    data = z.to_bytes(32, "big") + x.to_bytes(32, "big") + (z * pow(k, -1, curve.n) % curve.n).to_bytes(32, "big")
    assert accelerator(b"e", data + bytes([y & 1]) + bytes(63)) == FAIL


def test_bn254_addition_and_multiplication():
    curve, zero = BN254, bytes(32)
    points = [None, curve.g, (1, curve.p - 2), *(curve.multiply(k, curve.g) for k in (2, 3, 2**200 + 1, curve.n - 1))]
    for first in points:
        for second in points:
            expected = OK + point_bytes(curve.add(first, second))
            assert accelerator(b"+", zero + point_bytes(first) + point_bytes(second)) == expected
    for scalar in (0, 1, 2, curve.n - 1, curve.n, curve.n + 1, 2**256 - 1, 2**128 + 3):
        for point in points[:4]:
            expected = OK + point_bytes(curve.multiply(scalar, point) if scalar else None)
            assert accelerator(b"*", scalar.to_bytes(32, "big") + point_bytes(point) + bytes(64)) == expected
    for bad in ((1, 3), (curve.p, 2), (1, curve.p + 2), (0, 1)):
        assert accelerator(b"+", zero + point_bytes(bad) + bytes(64)) == FAIL
        assert accelerator(b"*", zero + point_bytes(bad) + bytes(64)) == FAIL


# The whole library under both machines, with segments


@pytest.mark.parametrize(("name", "data"), [
    ("sort", struct.pack("<40Q", *(i * 7919 % 101 for i in range(40)))),
    ("recursion", b"\2\4"),
    ("collections", struct.pack("<II", 5, 12)),
    ("accelerators", b"Rsome text"),
])  # fmt: skip
def test_compiled_guests_give_the_same_segments_in_both_machines(name, data):
    program = guest(name)
    rule = segment_rule(program, default_cost_model(), 20)
    run = run_both(program, data, rule=rule)
    assert run.error is None and len(run.segments) >= 1
    assert_same_fields(run_both(program, data).execution, run.execution)


def test_a_profile_names_functions_of_the_guest():
    program = guest("accelerators")
    report = execute(program, b"k" + bytes(160))
    lines = profile(program, report.execution)
    assert sum(line.cycles for line in lines) == report.execution.cycles
    assert lines == sorted(lines, key=lambda line: -line.cycles)
    assert {"_start", "main", "exit"} <= {line.name for line in lines}


def test_rust_guests_use_the_librarys_memory_functions():
    names = {symbol.name for symbol in guest("collections").symbols}
    assert {"memcpy", "memcmp", "memmove"} <= names
    assert not any(name.startswith("compiler_builtins::mem") for name in names)
