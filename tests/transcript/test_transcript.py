"""The transcript follows its pattern, and every challenge depends on everything before it."""

import pytest

from hstar.commit.grinding import grind
from hstar.commit.numbers import Numbers
from hstar.errors import HstarError, VerificationError
from hstar.field.extension import ONE
from hstar.hash.suite import BLAKE2B, POSEIDON2
from hstar.hash.tags import STATEMENT
from hstar.stark.placeholders import NOTHING, Placeholders
from hstar.transcript.pattern import Kind, Operation, Pattern, ValueType
from hstar.transcript.reason import ProofReason
from hstar.transcript.transcript import RecordingTranscript, Transcript, TranscriptReason

SUITES = [BLAKE2B, POSEIDON2]


def talk(transcript, *, element=ONE, number=7, digest=None, nonce=None, label="message"):
    """A small protocol; returns what was drawn."""
    transcript.absorb(label, [element, ONE])
    transcript.absorb_base("number", [number])
    transcript.absorb_digest("root", digest)
    drawn = [transcript.challenge("first")]
    transcript.check_nonce("work", 4, nonce or ())
    drawn += [transcript.query_positions("where", 3, 5), transcript.challenge("second")]
    transcript.hint("rows", 3, 2)
    transcript.finish()
    return drawn


def pattern_of(suite, **changes):
    recording = RecordingTranscript(Placeholders(suite))
    talk(recording, element=NOTHING, number=NOTHING, digest=NOTHING, nonce=(NOTHING,), **changes)
    return recording.pattern()


def digest_of(suite, value=1):
    return suite.hash_bytes(STATEMENT, bytes([value]))


def nonce_for(suite, **changes):
    transcript = Transcript(Numbers(suite), pattern_of(suite))
    transcript.absorb("message", [changes.get("element", ONE), ONE])
    transcript.absorb_base("number", [changes.get("number", 7)])
    transcript.absorb_digest("root", changes.get("digest", digest_of(suite)))
    transcript.challenge("first")
    return grind(transcript, "work", 4)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_every_challenge_depends_on_everything_before_it(suite):
    honest = talk(Transcript(Numbers(suite), pattern_of(suite)), digest=digest_of(suite), nonce=nonce_for(suite))
    assert all(0 <= sum(bit << i for i, bit in enumerate(bits)) < 32 for bits in honest[1])
    for changes in ({"element": ONE + 1}, {"number": 8}, {"digest": digest_of(suite, 2)}):
        nonce = nonce_for(suite, **changes)
        arguments = {"digest": digest_of(suite), "nonce": nonce} | changes
        other = talk(Transcript(Numbers(suite), pattern_of(suite)), **arguments)
        assert all(left != right for left, right in zip(honest, other, strict=True))


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.name)
def test_another_pattern_gives_other_challenges(suite):
    patterns = [pattern_of(suite), pattern_of(suite, label="massage")]
    drawn = []
    for pattern in patterns:
        transcript = Transcript(Numbers(suite), pattern)
        transcript.absorb(pattern.operations[0].label, [ONE, ONE])
        transcript.absorb_base("number", [7])
        transcript.absorb_digest("root", digest_of(suite))
        drawn.append(transcript.challenge("first"))
    assert drawn[0] != drawn[1]
    assert pattern_of(BLAKE2B).digest(BLAKE2B) != pattern_of(BLAKE2B).digest(POSEIDON2)


@pytest.mark.parametrize("wrong_nonces", [(0, 1, 2, 3, 4, 5)])
def test_a_nonce_without_work_is_refused(wrong_nonces):
    good = nonce_for(BLAKE2B)[0]
    for nonce in wrong_nonces:
        if nonce < good:  # the search returns the smallest, so every smaller one fails
            with pytest.raises(VerificationError) as caught:
                talk(Transcript(Numbers(BLAKE2B), pattern_of(BLAKE2B)), digest=digest_of(BLAKE2B), nonce=(nonce,))
            assert caught.value.reason is ProofReason.PROOF_OF_WORK


def operation(kind=Kind.ABSORB, label="a", value_type=ValueType.BASE, length=1, parameter=0):
    return Operation(kind, label, value_type, length, parameter)


@pytest.mark.parametrize(
    "act",
    [
        lambda t: t.absorb_base("b", [1]),
        lambda t: t.absorb_base("a", [1, 2]),
        lambda t: t.absorb("a", [ONE]),
        lambda t: t.challenge("a"),
        lambda t: t.finish(),
        lambda t: (t.absorb_base("a", [1]), t.absorb_base("a", [1])),
    ],
)
def test_the_first_deviation_from_the_pattern_stops_the_run(act):
    transcript = Transcript(Numbers(BLAKE2B), Pattern((operation(),)))
    with pytest.raises(HstarError) as caught:
        act(transcript)
    assert caught.value.reason is TranscriptReason.PATTERN_MISMATCH
    assert "operation" in caught.value.message


@pytest.mark.parametrize("changes", [{"label": "b"}, {"length": 2}, {"kind": Kind.HINT}, {"parameter": 1}])
def test_the_digest_covers_kind_label_type_length_and_parameter(changes):
    digests = {Pattern((operation(),)).digest(BLAKE2B), Pattern((operation(**changes),)).digest(BLAKE2B)}
    assert len(digests) == 2


def test_no_more_bits_are_taken_than_are_uniform():
    recording = RecordingTranscript(Placeholders(BLAKE2B))
    for ask in (lambda: recording.query_positions("far", 1, 25), lambda: recording.check_nonce("hard", 25, (0,))):
        with pytest.raises(HstarError) as caught:
            ask()
        assert caught.value.reason is TranscriptReason.TOO_MANY_BITS


def test_work_of_zero_bits_leaves_no_trace():
    recording = RecordingTranscript(Placeholders(BLAKE2B))
    recording.check_nonce("work", 0, ())
    assert recording.pattern().operations == ()


def test_the_inventory_writes_repeated_blocks_once():
    rounds = [operation(), operation(Kind.CHALLENGE)] * 5
    assert Pattern((operation(label="x"), *rounds)).inventory() == ["absorb x", "absorb a", "challenge a"]
