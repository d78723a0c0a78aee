"""The transcript of a proof: labelled messages in, challenges out, in the order of the pattern.

Prover and verifier hold the same `Transcript`. Every operation is compared with the pattern before it happens, so a
message that is missing, moved, of another type or of another length stops the run at that very place.

Soundness: a message that a later challenge depends on must be absorbed before that challenge; hints (opened leaves and
their paths) are bound by a root that was. A nonce is absorbed after everything that the next challenge depends on.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from hstar.errors import HstarError
from hstar.field.extension import DEGREE, ExtensionElement
from hstar.hash.suite import Digest
from hstar.transcript.arithmetic import Arithmetic, Bits
from hstar.transcript.pattern import Kind, Operation, Pattern, ValueType
from hstar.transcript.reason import ProofReason

MAX_SQUEEZED_BITS = 24
"""`p - 1 = 127 * 2^24`: up to 24 low bits of a uniform element of K are uniform but for one value in p."""


class TranscriptReason(StrEnum):
    """Reasons of errors that are bugs in a protocol, not faults of a proof."""

    PATTERN_MISMATCH = "pattern_mismatch"
    TOO_MANY_BITS = "too_many_bits"


class Transcript:
    """A duplex that follows a pattern.

    Args:
        arithmetic: where values live.
        pattern: what will happen; its digest is the first state.
    """

    def __init__(self, arithmetic: Arithmetic, pattern: Pattern) -> None:
        self._arithmetic = arithmetic
        self._pattern = pattern
        self._next = 0
        self.duplex = arithmetic.duplex(pattern.digest(arithmetic.suite))

    def absorb_base(self, label: str, values: Sequence[int]) -> None:
        """Absorbs elements of K."""
        self._step(Operation(Kind.ABSORB, label, ValueType.BASE, len(values)))
        self.duplex = self.duplex.absorb(values)

    def absorb(self, label: str, values: Sequence[ExtensionElement]) -> None:
        """Absorbs elements of E, six elements of K each."""
        self._step(Operation(Kind.ABSORB, label, ValueType.EXTENSION, len(values)))
        self.duplex = self.duplex.absorb([word for value in values for word in self._arithmetic.unpack(value)])

    def absorb_digest(self, label: str, digest: Digest) -> None:
        """Absorbs a digest of the transcript's own suite."""
        self._step(Operation(Kind.ABSORB, label, ValueType.DIGEST, 1))
        self.duplex = self.duplex.absorb_digest(digest)

    def challenges(self, label: str, count: int) -> list[ExtensionElement]:
        """Draws `count` uniform elements of E."""
        self._step(Operation(Kind.CHALLENGE, label, ValueType.EXTENSION, count))
        words = self._squeeze(DEGREE * count)
        return [self._arithmetic.pack(words[start : start + DEGREE]) for start in range(0, DEGREE * count, DEGREE)]

    def challenge(self, label: str) -> ExtensionElement:
        """Draws one uniform element of E."""
        return self.challenges(label, 1)[0]

    def digest_elements(self, label: str, count: int) -> Sequence[int]:
        """Draws elements of K that stand for everything absorbed so far."""
        self._step(Operation(Kind.CHALLENGE, label, ValueType.BASE, count))
        return self._squeeze(count)

    def query_positions(self, label: str, count: int, log_domain: int) -> list[Bits]:
        """Draws `count` positions in `[0, 2^log_domain)`, independent, so possibly equal.

        A challenge that follows at once, with nothing absorbed between, belongs to the same squeeze.
        """
        _check_bit_count(label, log_domain)
        self._step(Operation(Kind.POSITIONS, label, ValueType.BITS, count, log_domain))
        return [self._arithmetic.low_bits(word, log_domain) for word in self._squeeze(count)]

    def check_nonce(self, label: str, num_bits: int, nonce: Sequence[int]) -> None:
        """Absorbs the nonce of a proof of work and checks it; zero bits have no nonce and leave no trace.

        Raises:
            VerificationError: PROOF_OF_WORK.
        """
        if not num_bits:
            return
        _check_bit_count(label, num_bits)
        self._step(Operation(Kind.GRIND, label, ValueType.BASE, 1, num_bits))
        self.duplex = self.duplex.absorb(nonce)
        (word,) = self._squeeze(1)
        for bit in self._arithmetic.low_bits(word, num_bits):
            self._arithmetic.require_equal(
                bit, 0, ProofReason.PROOF_OF_WORK, f"the nonce of {label} does not show {num_bits} bits of work"
            )

    def hint(self, label: str, num_rows: int, row_width: int) -> None:
        """Notes that opened leaves follow; they are bound by a root, so they are not absorbed."""
        self._step(Operation(Kind.HINT, label, ValueType.ROWS, num_rows, row_width))

    def finish(self) -> None:
        """Stops if the pattern has operations left."""
        if self._next != len(self._pattern.operations):
            raise _mismatch(self._next, self._pattern.operations[self._next].line(), "the end")

    def _step(self, operation: Operation) -> None:
        expected = self._pattern.operations[self._next].line() if self._next < len(self._pattern.operations) else "end"
        if expected != operation.line():
            raise _mismatch(self._next, expected, operation.line())
        self._next += 1

    def _squeeze(self, count: int) -> Sequence[int]:
        words, self.duplex = self.duplex.squeeze(count)
        return words


class RecordingTranscript(Transcript):
    """Writes the pattern instead of following it; used with `Placeholders`."""

    def __init__(self, arithmetic: Arithmetic) -> None:
        self._operations: list[Operation] = []
        super().__init__(arithmetic, Pattern(()))

    def pattern(self) -> Pattern:
        """What has happened so far."""
        return Pattern(tuple(self._operations))

    def finish(self) -> None:
        """Nothing to compare with."""

    def _step(self, operation: Operation) -> None:
        self._operations.append(operation)


def _mismatch(index: int, expected: str, actual: str) -> HstarError:
    return HstarError(
        f"operation {index} of the transcript is {actual!r} where the pattern has {expected!r}; this is a bug in hstar",
        reason=TranscriptReason.PATTERN_MISMATCH,
        index=index,
    )


def _check_bit_count(label: str, num_bits: int) -> None:
    if num_bits > MAX_SQUEEZED_BITS:
        raise HstarError(
            f"{label} asks for {num_bits} bits of one element, but only {MAX_SQUEEZED_BITS} are uniform",
            reason=TranscriptReason.TOO_MANY_BITS,
        )
