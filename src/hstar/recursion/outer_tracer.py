"""The tracer of proofs of the outer suite: what a validator runs, as a straight-line program.

Nothing here verifies: `hstar.recursion.accept.run_acceptance` is the verifier, and this is what it runs on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self, cast

from hstar.air.check import PublicMessage
from hstar.field.extension import DEGREE, ExtensionElement
from hstar.hash import blake2b, tags
from hstar.hash.duplex import Duplex
from hstar.hash.sponge import DIGEST_ELEMENTS
from hstar.hash.suite import BLAKE2B, Blake2bSuite, Digest
from hstar.hash.tags import Tag
from hstar.recursion.accept import AcceptanceKey, FinalProof, run_acceptance
from hstar.recursion.errors import TraceReason, refuse
from hstar.recursion.outer_builder import WORD, DigestWire, OuterBuilder, Piece
from hstar.recursion.program import Requirement, TracedProgram
from hstar.recursion.symbols import Form, Symbol
from hstar.recursion.tracer import TracedOpening, Tracer, collector_paused
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import Proof, proof_shape
from hstar.transcript.arithmetic import Bits, Opening, TreeShape
from hstar.transcript.reason import ProofReason
from hstar.transcript.shapes import BaseShape, DigestShape, ExtensionShape, OpeningShape, Shape

Messages = Callable[[int, Sequence[int]], Sequence[PublicMessage]]
"""The validator's own global fractions, from N and the bytes of the output."""


@dataclass(frozen=True)
class InputItem:
    """Something that the program reads.

    Args:
        shape: how it is encoded.
        wire: where it goes; -1 for an opening.
    """

    shape: Shape
    wire: int


@dataclass(frozen=True, slots=True)
class TracedBlake2bDuplex(Duplex):
    """`hstar.hash.duplex.Blake2bDuplex` on symbols: a chain of digests, and a stream of elements after each.

    Args:
        suite: BLAKE2b.
        builder: the program.
        state: a digest.
        position: elements of the state's stream that were given out.
    """

    suite: Blake2bSuite
    builder: OuterBuilder
    state: bytes | DigestWire
    position: int = 0

    def absorb(self, elements: Sequence[int]) -> Self:
        """See `Duplex.absorb`."""
        return self._absorb([(WORD, form_of(element)) for element in elements], WORD * len(elements))

    def absorb_digest(self, digest: Digest) -> Self:
        """See `Duplex.absorb_digest`."""
        return self._absorb([cast("bytes | DigestWire", digest)], self.suite.digest_bytes)

    def _absorb(self, pieces: Sequence[Piece], num_bytes: int) -> Self:
        whole = [self.state, blake2b.encode_integer(num_bytes), *pieces]
        return replace(self, state=self.builder.digest(tags.ABSORB, whole), position=0)

    def squeeze(self, count: int) -> tuple[tuple[int, ...], Self]:
        """See `Duplex.squeeze`."""
        forms = self.builder.stream(tags.SQUEEZE, [self.state], self.position, count)
        words = cast("tuple[int, ...]", tuple(Symbol(self.builder, form) for form in forms))
        return words, replace(self, position=self.position + count)


def form_of(value: object) -> Form:
    """Of a symbol or a number."""
    return value.form if isinstance(value, Symbol) else Form(constant=cast("int", value))


class OuterTracer(Tracer):
    """Records what happens to one final proof; everything that is read is one of `inputs`, in order."""

    def __init__(self) -> None:
        self.builder: OuterBuilder = OuterBuilder()
        self.suite = BLAKE2B
        self.inputs: list[InputItem] = []
        self.output: list[int] = []

    def finish(self) -> TracedProgram:
        """A program that hashes with BLAKE2b is run by validators and is no circuit: there are no chips for its gates.

        Raises:
            TraceError: UNKNOWN_LAYOUT.
        """
        refuse(
            "makes a circuit of a program that hashes with BLAKE2b",
            "trace proofs of the poseidon2 suite",
            TraceReason.UNKNOWN_LAYOUT,
        )

    def output_byte(self) -> int:
        """The next byte of the claimed output."""
        form = self.builder.public(is_base=True)
        self.output.append(self.builder.wire(form))
        return cast("int", self._symbol(form))

    def read(self, shape: Shape) -> Any:  # noqa: ANN401  a symbol of the type that the shape says
        """The next value of the file."""
        if isinstance(shape, OpeningShape):
            self.inputs.append(InputItem(shape, -1))
            return TracedOpening(0, sum(item.wire < 0 for item in self.inputs) - 1)
        if isinstance(shape, BaseShape):
            form = self.builder.public(is_base=True)
        else:
            form = self.builder.on_wire(self.builder.hint(wide=isinstance(shape, DigestShape)))
        wire = self.builder.wire(form)
        self.inputs.append(InputItem(shape, wire))
        return DigestWire(wire) if isinstance(shape, DigestShape) else self._symbol(form)

    def proof(self, key: VerifyingKey) -> Proof:
        """The proof, which comes next."""
        return cast("Proof", proof_shape(key).make(self.read))

    def stream(self, tag: Tag, parts: Sequence[blake2b.Part], count: int) -> list[int]:
        """Uniform elements of K by `blake2b.counter_mode`."""
        pieces: list[Piece] = []
        for part in parts:
            if isinstance(part.values, bytes):
                pieces.append(part.values)
            else:
                pieces += [(part.width, form_of(value)) for value in part.values]
        return cast("list[int]", [self._symbol(form) for form in self.builder.stream(tag, pieces, 0, count)])

    def duplex(self, pattern_digest: Digest) -> Duplex:
        """See `Arithmetic.duplex`."""
        return TracedBlake2bDuplex(BLAKE2B, self.builder, cast("bytes", pattern_digest))

    def open_rows(
        self, shape: TreeShape, root: Digest, opening: Opening, positions: Sequence[Bits], **where: object
    ) -> Sequence[Sequence[int]]:
        """See `Arithmetic.open_rows`."""
        rows = self.builder.open_rows(
            shape,
            cast("bytes | DigestWire", root),
            [[form_of(bit) for bit in bits] for bits in positions],
            cast("TracedOpening", opening).opening_index,
            (
                Requirement(ProofReason.OPENING_SIZE, "an opening is not one of the leaves that are asked for"),
                Requirement(ProofReason.MERKLE_ROOT_MISMATCH, "a Merkle opening does not lead to the committed root"),
            ),
        )
        return cast("Sequence[Sequence[int]]", [[self._symbol(word) for word in row] for row in rows])


@collector_paused()
def trace_acceptance(key: AcceptanceKey, messages: Messages, output_bytes: int) -> OuterTracer:
    """Traces `run_acceptance` for outputs of one length.

    Args:
        key: what the validator is built with.
        messages: the validator's own fractions; it must take symbols.
        output_bytes: length of the output.

    Raises:
        TraceError: the verifier does something that a program cannot do.
        VerificationError: a check fails whatever the proof is.
    """
    tracer = OuterTracer()
    output = [tracer.output_byte() for _ in range(output_bytes)]
    count = tracer.read(BaseShape())
    digest = tuple(tracer.read(BaseShape()) for _ in range(DIGEST_ELEMENTS))
    partial_sum = tracer.read(ExtensionShape())
    final = FinalProof(count, digest, partial_sum, tracer.proof(key.final))

    def derive(num_segments: int, tree_digest: Sequence[int]) -> tuple[ExtensionElement, ...]:
        parts = key.segment_keys.challenge_parts(num_segments, tree_digest, output)
        words = tracer.stream(tags.GLOBAL_CHALLENGE, parts, DEGREE * key.segment_keys.challenge_length)
        return tuple(tracer.pack(words[start : start + DEGREE]) for start in range(0, len(words), DEGREE))

    run_acceptance(tracer, key, final, derive, messages(count, output))
    return tracer
