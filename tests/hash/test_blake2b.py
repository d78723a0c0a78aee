from __future__ import annotations

import hashlib
from itertools import islice

from hstar.field.koala_bear import MODULUS
from hstar.hash import blake2b, tags


def test_digest_is_the_standard_librarys_with_33_bytes_and_the_tag_as_person() -> None:
    expected = hashlib.blake2b(b"onetwo", digest_size=33, person=b"hstar leaf\0\0\0\0\0\0").digest()
    assert blake2b.digest(tags.MERKLE_LEAF, b"one", b"two") == expected


def test_encodings_are_little_endian() -> None:
    assert blake2b.encode_elements([1, MODULUS - 1]) == bytes.fromhex("010000000000007f")
    assert blake2b.encode_elements([]) == b""
    assert blake2b.encode_integer(2**40 + 3) == bytes.fromhex("0300000000010000")


def test_words_are_masked_and_too_large_ones_dropped() -> None:
    words = [2**31, MODULUS - 1, MODULUS, 2**31 - 1, 2**32 - 1, MODULUS + 2**31 - 1, 7, 2**31 + 9]
    block = b"".join(word.to_bytes(4, "little") for word in words) + b"\xff"
    assert blake2b.elements_of_digest(block) == (0, MODULUS - 1, MODULUS - 1, 7, 9)


def test_counter_mode_appends_the_counter() -> None:
    first = blake2b.elements_of_digest(blake2b.digest(tags.GLOBAL_CHALLENGE, b"fields", bytes(8)))
    second = blake2b.elements_of_digest(blake2b.digest(tags.GLOBAL_CHALLENGE, b"fields", b"\1" + bytes(7)))
    stream = blake2b.counter_mode(tags.GLOBAL_CHALLENGE, b"fie", b"lds")
    assert tuple(islice(stream, len(first) + len(second))) == first + second
