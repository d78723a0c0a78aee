"""The strict encoding of proof parts."""

import pytest

from hstar.errors import VerificationError
from hstar.field.extension import ONE, ZERO, ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.hash.suite import BLAKE2B, POSEIDON2
from hstar.transcript.arithmetic import Opening, TreeShape
from hstar.transcript.reason import ProofReason
from hstar.transcript.shapes import BASE, EXTENSION, DigestShape, Listing, OpeningShape, Reader, Repeat

DIGEST = tuple(range(9))
OPENING = OpeningShape(POSEIDON2, TreeShape(3, 2, 1), 3)
GOOD = [
    (BASE, MODULUS - 1),
    (EXTENSION, ExtensionElement((1, 2, 3, 4, 5, 6))),
    (DigestShape(POSEIDON2), DIGEST),
    (DigestShape(BLAKE2B), bytes(range(33))),
    (Repeat(BASE, 3), (1, 2, 3)),
    (Listing((BASE, Repeat(EXTENSION, 2))), (1, (ONE, ZERO))),
    (OPENING, Opening(((1, 2, 3, 4), (5, 6, 7, 8)), (DIGEST,))),
]


def decode(shape, data):
    reader = Reader(data)
    value = shape.decode(reader, "part")
    reader.finish()
    return value


@pytest.mark.parametrize(("shape", "value"), GOOD)
def test_round_trip(shape, value):
    shape.check(value, "part")
    data = shape.encode(value)
    assert decode(shape, data) == value
    for cut in range(len(data)):
        with pytest.raises(VerificationError) as caught:
            decode(shape, data[:cut])
        assert caught.value.reason in (ProofReason.MALFORMED, ProofReason.OPENING_SIZE)
    with pytest.raises(VerificationError) as caught:
        decode(shape, data + b"\0")
    assert caught.value.reason is ProofReason.TRAILING_BYTES


@pytest.mark.parametrize("shape", [BASE, EXTENSION, DigestShape(POSEIDON2), OPENING])
def test_words_that_are_not_below_the_modulus_are_refused(shape):
    value = next(value for kind, value in GOOD if kind is shape or kind == shape)
    data = bytearray(shape.encode(value))
    start = 8 if shape is OPENING else 0
    for offset in range(start, len(data), 4):
        changed = data[:]
        changed[offset : offset + 4] = MODULUS.to_bytes(4, "little")
        with pytest.raises(VerificationError) as caught:
            decode(shape, bytes(changed))
        assert caught.value.reason is ProofReason.NOT_CANONICAL


BAD = [
    (BASE, MODULUS),
    (BASE, -1),
    (BASE, True),
    (BASE, 1.0),
    (EXTENSION, 1),
    (EXTENSION, (1, 2, 3, 4, 5, 6)),
    (DigestShape(POSEIDON2), bytes(36)),
    (DigestShape(BLAKE2B), DIGEST),
    (Repeat(BASE, 3), [1, 2, 3]),
    (Repeat(BASE, 3), (1, 2)),
    (OPENING, Opening((), ())),
    (OPENING, Opening(((1, 2, 3, 4),) * 4, ())),
    (OPENING, Opening(((1, 2, 3, 4),), (DIGEST,) * 7)),
    (OPENING, Opening(((1, 2, 3),), (DIGEST,))),
    (OPENING, Opening(((1, 2, 3, MODULUS),), (DIGEST,))),
    (OPENING, Opening(((1, 2, 3, 4),), (b"",))),
    (OPENING, (((1, 2, 3, 4),), ())),
]


@pytest.mark.parametrize(("shape", "value"), BAD)
def test_values_of_another_shape_type_or_range_are_refused(shape, value):
    with pytest.raises(VerificationError):
        shape.check(value, "part")


def test_counts_are_bounded_before_anything_is_read():
    """A hostile header cannot make the decoder allocate: 2^32 - 1 leaves are refused at once."""
    with pytest.raises(VerificationError) as caught:
        decode(OPENING, b"\xff" * 8)
    assert caught.value.reason is ProofReason.OPENING_SIZE
