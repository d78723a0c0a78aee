"""The Rust crate's accelerators: the same answers as from C for every function, taken and refused arguments."""

import random
import re
import struct

import pytest

from block_cases.precompiles import BN_G1, BN_G2, BN_MINUS_G1, P256_INPUT
from hstar.ethereum.hashing import keccak256, sign
from machine.elliptic import SECP256K1, point_bytes
from machine.support import run_native
from machine.test_guests import FAIL, OK, ROOT, guest
from machine.test_pairings import CODES, vectors

MESSAGE, SECRET = keccak256(b"message"), keccak256(b"signer")
R, S, PARITY = sign(MESSAGE, SECRET)
SIGNATURE = R.to_bytes(32, "big") + S.to_bytes(32, "big")
KEY = point_bytes(SECP256K1.multiply(int.from_bytes(SECRET, "big"), SECP256K1.g))
KZG = next(vector for vector in vectors("kzg") if vector["valid"])
BLAKE = struct.pack("<I", 3) + bytes(range(208))
UNUSED = bytes(32)


def modexp(base, exponent, modulus):
    return struct.pack("<3H", len(base), len(exponent), len(modulus)) + base + exponent + modulus


def two_of_eip2537(function):
    """Arguments of a vector that is taken, and of one that is refused."""
    found = [vector for vector in vectors("eip2537") if vector["function"] == function]
    taken = next(vector for vector in found if vector["output"] is not None)
    refused = next(vector for vector in found if vector["output"] is None)
    return bytes.fromhex(taken["input"]), bytes.fromhex(refused["input"])


# By function's letter: arguments that are taken, and arguments that are refused where there are any.
CALLS = {
    b"K": ([b"", b"text" * 90], []),
    b"S": ([b"", b"text" * 90], []),
    b"R": ([b"", b"text" * 90], []),
    b"B": ([BLAKE + b"\0", BLAKE + b"\1"], [BLAKE + b"\2"]),
    b"M": ([modexp(b"\3" * 40, b"\1\0\1", b"\7" * 33), modexp(b"\3", b"\5", b"\0\0"), modexp(b"", b"", b"")], []),
    b"k": ([MESSAGE + SIGNATURE + KEY, MESSAGE + SIGNATURE + KEY[::-1]], []),
    b"p": ([P256_INPUT, P256_INPUT[:-1] + b"\0"], []),
    b"e": ([MESSAGE + SIGNATURE + bytes([PARITY])], [MESSAGE + SIGNATURE + b"\4", MESSAGE + bytes(65)]),
    b"+": ([UNUSED + BN_G1 + BN_G1, UNUSED + BN_G1 + BN_MINUS_G1], [UNUSED + BN_G1 + bytes(63) + b"\1"]),
    b"*": ([b"\xff" * 32 + BN_G1], [b"\xff" * 32 + bytes(63) + b"\1"]),
    b"=": ([BN_G1 + BN_G2 + BN_MINUS_G1 + BN_G2, BN_G1 + BN_G2, b""], [BN_G1 + BN_G2[::-1]]),
}


@pytest.mark.parametrize("function", sorted(CALLS))
def test_functions_answer_as_from_c(function):
    taken, refused = CALLS[function]
    for arguments in taken:
        assert answer("bindings", function + arguments)[:1] == OK
    for arguments in refused:
        assert answer("bindings", function + arguments) == FAIL
    for arguments in [*taken, *refused]:
        assert_same(function, arguments)


@pytest.mark.parametrize("name", sorted({vector["function"] for vector in vectors("eip2537")}))
def test_functions_of_eip_2537_answer_as_from_c(name):
    taken, refused = two_of_eip2537(name)
    assert answer("bindings", CODES[name] + refused) == FAIL
    assert_same(CODES[name], taken)


def test_point_evaluation_answers_as_from_c():
    for change in (0, 1):
        arguments = bytearray.fromhex("".join(KZG[part] for part in ("commitment", "z", "y", "proof")))
        arguments[79] ^= change
        assert_same(CODES["zkvm_kzg_point_eval"], bytes(arguments))


def test_every_function_of_the_interface_is_called():
    names = {symbol.name for symbol in guest("bindings").symbols}
    header = (ROOT / "guests/lib/include/zkvm_accelerators.h").read_text(encoding="utf-8")
    declared = set(re.findall(r"^zkvm_status (zkvm_\w+)\(", header, re.M))
    assert declared <= names
    letters = {*CALLS, *CODES.values()}
    assert len(letters) == len(declared) == 19


def answer(name, data):
    machine = run_native(guest(name), data)
    assert machine.exit_code == 0
    return machine.result().output


def assert_same(function, arguments):
    expected = answer("accelerators", function + arguments)
    assert answer("bindings", function + arguments) == (expected[:1] if expected[:1] == FAIL else expected)


def test_random_modular_powers_answer_as_from_c():
    generator = random.Random(3)
    for size in (1, 7, 8, 31, 32, 33, 64):
        base, exponent, modulus = (generator.randbytes(size) for _ in range(3))
        expected = pow(int.from_bytes(base, "big"), int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big"))
        data = b"M" + modexp(base, exponent, modulus)
        assert answer("bindings", data) == answer("accelerators", data) == OK + expected.to_bytes(size, "big")
