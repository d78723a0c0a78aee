"""The tracer: the arithmetic on which the verifier, instead of verifying, writes down what it would compute."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, cast

from hstar.field.extension import DEGREE, ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.hash.duplex import Duplex, start_duplex
from hstar.hash.sponge import DIGEST_ELEMENTS
from hstar.hash.suite import POSEIDON2, Digest, HashSuite, Poseidon2Suite, check_elements
from hstar.hash.tags import Tag
from hstar.iop.jagged.relation import range_step
from hstar.iop.multilinear import monomial_step
from hstar.recursion import merkle
from hstar.recursion.assembly import assemble
from hstar.recursion.builder import Builder
from hstar.recursion.errors import TraceReason, refuse
from hstar.recursion.program import Requirement, TracedProgram
from hstar.recursion.symbols import Form, Symbol
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import Proof, proof_shape
from hstar.stark.statement import Statement, global_challenge_length
from hstar.stark.verify import AcceptedProof, protocol_pattern, run_verifier
from hstar.transcript.arithmetic import Arithmetic, Bits, Opening, TreeShape, Values
from hstar.transcript.shapes import BaseShape, DigestShape, ExtensionShape, OpeningShape, Shape
from hstar.transcript.transcript import Transcript


@dataclass(frozen=True)
class TracedOpening:
    """Stands for an opening of a proof."""

    proof_index: int
    opening_index: int


class _TracedPoseidon2(Poseidon2Suite):
    """Poseidon2 on symbols; numbers are hashed at once."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder

    def permute(self, state: Sequence[int]) -> list[int]:
        """One SPONGE gate."""
        forms = [_form(lane) for lane in state]
        if all(form.is_constant for form in forms):
            return POSEIDON2.permute([form.constant for form in forms])
        return cast("list[int]", [Symbol(self._builder, form) for form in self._builder.permute(forms)])

    def check_elements(self, elements: Sequence[int]) -> None:
        """Symbols are canonical by construction."""
        values: Sequence[object] = elements
        check_elements([value for value in values if isinstance(value, int)])

    def is_digest(self, value: object) -> bool:
        """Nine numbers or symbols."""
        return POSEIDON2.is_digest(value) or (
            isinstance(value, tuple)
            and len(value) == DIGEST_ELEMENTS
            and all(isinstance(element, int | Symbol) for element in value)
        )


def _form(value: object) -> Form:
    if isinstance(value, Symbol):
        return value.form
    return Form(constant=cast("int", value))


class Tracer(Arithmetic):
    """Every value is a symbol or a public constant; requirements become requirements of the program.

    Args:
        suite: of the proofs that are verified: Poseidon2, or the gates would be thousands for each hash.
    """

    def __init__(self, suite: HashSuite = POSEIDON2) -> None:
        if not isinstance(suite, Poseidon2Suite):
            refuse(f"hashes with {suite.name}", "trace proofs of the poseidon2 suite", TraceReason.UNKNOWN_LAYOUT)
        self.builder = Builder()
        self.suite = _TracedPoseidon2(self.builder)

    # What the traced code is given

    def public_base(self) -> int:
        """The next public input, an element of K."""
        return cast("int", self._symbol(self.builder.public(is_base=True)))

    def public_element(self) -> ExtensionElement:
        """The next public input, an element of E."""
        return self._element(self.builder.public(is_base=False))

    def carry(self, values: Sequence[int | ExtensionElement]) -> None:
        """Says that these public inputs may stay unread: the program holds whatever they are."""
        for value in values:
            self.builder.carried.add(self.builder.wire(_form(value)))

    def advice_base(self) -> int:
        """The next piece of advice, an element of K."""
        wire = self._advise()
        return cast("int", self._symbol(self.builder.lane(self.builder.on_wire(wire), 0)))

    def advice_element(self) -> ExtensionElement:
        """The next piece of advice, an element of E."""
        return self._element(self.builder.on_wire(self._advise()))

    def advice_digest(self) -> tuple[int, ...]:
        """The next two pieces of advice: the first six elements of a digest, and the last three."""
        first, second = (self.builder.on_wire(self._advise()) for _ in range(2))
        lanes = [
            self.builder.lane((first, second)[index // DEGREE], index % DEGREE) for index in range(DIGEST_ELEMENTS)
        ]
        return tuple(cast("int", self._symbol(lane)) for lane in lanes)

    def require_path(self, node: Digest, index: Bits, root: Digest, tag: Tag, reason: StrEnum, sentence: str) -> None:
        """Climbs from a node to the root of a tree; the siblings are the next pieces of advice.

        Args:
            node: a digest.
            index: bits of the node's index, lowest first.
            root: where the path must lead.
            tag: of the compression.
            reason, sentence: of the rejection.
        """
        wire = self.builder.wide([_form(element) for element in node])
        for bit in index:
            wire = self.builder.compress(wire, _form(bit), self._advise(wide=True), tag.element)
        root_wire = self.builder.wide([_form(element) for element in root])
        self.builder.require_digest(wire, root_wire, Requirement(reason, sentence))

    def _advise(self, *, wide: bool = False) -> int:
        self.builder.advice_wires.append(self.builder.hint(wide=wide))
        return self.builder.advice_wires[-1]

    def proof(self, key: VerifyingKey) -> Proof:
        """The next proof, as hints."""
        wires: list[int] = []
        self.builder.proof_wires.append(wires)
        openings: list[TracedOpening] = []

        def leaf(shape: Shape) -> object:
            if isinstance(shape, OpeningShape):
                openings.append(TracedOpening(len(self.builder.proof_wires) - 1, len(openings)))
                return openings[-1]
            count = 2 if isinstance(shape, DigestShape) else 1
            wires.extend(self.builder.hint() for _ in range(count))
            return self._hinted(shape, wires[-count:])

        return cast("Proof", proof_shape(key).make(leaf))

    def _hinted(self, shape: Shape, wires: Sequence[int]) -> object:
        forms = [self.builder.on_wire(wire) for wire in wires]
        if isinstance(shape, ExtensionShape):
            return self._element(forms[0])
        count = {BaseShape: 1, DigestShape: DIGEST_ELEMENTS}[type(shape)]
        lanes = [self.builder.lane(forms[index // DEGREE], index % DEGREE) for index in range(count)]
        symbols = tuple(self._symbol(lane) for lane in lanes)
        return symbols if isinstance(shape, DigestShape) else symbols[0]

    def statement(self, key: VerifyingKey) -> Statement:
        """A statement of public inputs: its values, or segment number and global challenge."""
        values = tuple(self.public_base() for _ in range(key.statement_length))
        number = self.public_base() if key.circuit.has_global_bus else 0
        challenge = tuple(self.public_element() for _ in range(global_challenge_length(key.circuit)))
        return Statement(values, number, challenge)

    def verify(
        self,
        key: VerifyingKey,
        statement: Statement,
        proof: Proof,
        identity: tuple[Digest, Digest] | None = None,
    ) -> AcceptedProof:
        """Traces one run of the verifier.

        Args:
            key: of the proof.
            statement: of symbols.
            proof: of hints.
            identity: digest and preprocessed root of the key, where they are symbols and everything else in the key is
                the same for all keys that may occur.
        """
        transcript = Transcript(self, protocol_pattern(key))
        if identity is not None:
            digest, root = identity
            key = replace(key, preprocessed_root=root)
            key.__dict__["digest"] = digest  # what the cached property would compute from the root
        return run_verifier(self, transcript, key, statement, proof)

    def finish(self) -> TracedProgram:
        """The program."""
        return assemble(self.builder)

    def _symbol(self, form: Form) -> Symbol:
        return Symbol(self.builder, form)

    def _element(self, form: Form) -> ExtensionElement:
        return cast("ExtensionElement", self._symbol(form))

    # The arithmetic

    def duplex(self, pattern_digest: Digest) -> Duplex:
        """See `Arithmetic.duplex`."""
        return start_duplex(self.suite, pattern_digest)

    def constant(self, value: int) -> ExtensionElement:
        """See `Arithmetic.constant`."""
        return self._element(Form(constant=value % MODULUS))

    def pack(self, coefficients: Sequence[int]) -> ExtensionElement:
        """See `Arithmetic.pack`."""
        return self._element(self.builder.pack([_form(value) for value in coefficients]))

    def unpack(self, element: ExtensionElement) -> Sequence[int]:
        """See `Arithmetic.unpack`."""
        return cast("Sequence[int]", [self._symbol(lane) for lane in self.builder.lanes(_form(element))])

    def bits(self, value: int, num_bits: int, reason: StrEnum, sentence: str, **where: object) -> Bits:
        """See `Arithmetic.bits`; the upper digits are bits, so their sum is zero only if all of them are."""
        digits = self.builder.bits(_form(value))
        requirement = Requirement(reason, sentence, tuple(where.items()))
        upper = Form()
        for digit in digits[num_bits:]:
            upper = self.builder.add(upper, digit)
        self.builder.require_zero(upper, requirement)
        return self._bits(digits[:num_bits])

    def low_bits(self, value: int, num_bits: int) -> Bits:
        """See `Arithmetic.low_bits`."""
        return self._bits(self.builder.bits(_form(value))[:num_bits])

    def _bits(self, digits: Sequence[Form]) -> Bits:
        return cast("Bits", [digit.constant if digit.is_constant else self._symbol(digit) for digit in digits])

    def composite(self, formula: Callable[..., Values], *values: object) -> Values:
        """See `Arithmetic.composite`: some formulas have a gate."""
        if formula is range_step:
            total, less, row, cell, *bits = values
            elements = [_form(value) for value in (*cast("Any", total), *cast("Any", less), row, cell)]
            state = [self._element(form) for form in self.builder.range_step(elements, [_form(bit) for bit in bits])]
            return cast("Values", (tuple(state[:2]), tuple(state[2:])))
        if formula is monomial_step and self.builder.is_base(_form(values[1])):
            product, power = self.builder.monomial_step(*(_form(value) for value in values))
            return cast("Values", (self._element(product), self._element(power)))
        return formula(*values)

    def dot(self, weights: Sequence[ExtensionElement], values: Sequence[int]) -> ExtensionElement:
        """See `Arithmetic.dot`."""
        if len(weights) != len(values):
            refuse(
                "weighs another number of values than it has weights", "give one for each", TraceReason.UNKNOWN_LAYOUT
            )
        return self._element(self.builder.dot([_form(w) for w in weights], [_form(value) for value in values]))

    def require_equal(
        self,
        left: ExtensionElement | int,
        right: ExtensionElement | int,
        reason: StrEnum,
        sentence: str,
        **where: object,
    ) -> None:
        """See `Arithmetic.require_equal`."""
        difference = self.builder.add(_form(left), _form(right).scaled(-1))
        self.builder.require_zero(difference, Requirement(reason, sentence, tuple(where.items())))

    def require_nonzero(self, value: ExtensionElement, reason: StrEnum, sentence: str, **where: object) -> None:
        """See `Arithmetic.require_nonzero`: there is an inverse."""
        self.builder.inverse(_form(value), Requirement(reason, sentence, tuple(where.items())))

    def open_rows(
        self, shape: TreeShape, root: Digest, opening: Opening, positions: Sequence[Bits], **where: object
    ) -> Sequence[Sequence[int]]:
        """See `Arithmetic.open_rows`."""
        traced = cast("Any", opening)
        rows = merkle.open_rows(
            self.builder,
            shape,
            [_form(element) for element in root],
            [[_form(bit) for bit in bits] for bits in positions],
            (traced.proof_index, traced.opening_index),
            tuple(where.items()),
        )
        return cast("Sequence[Sequence[int]]", [[self._symbol(word) for word in row] for row in rows])


@contextmanager
def collector_paused() -> Iterator[None]:
    """Traces with Python's search for reference cycles off.

    A trace makes a million small objects that all stay until it ends; looking through them again and again took half
    of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@collector_paused()
def trace_verifier(key: VerifyingKey) -> TracedProgram:
    """The verifier of proofs under a key; the statement is the public input.

    Raises:
        TraceError: the verifier does something that a circuit cannot do.
        VerificationError: a check fails whatever the proof is.
    """
    tracer = Tracer(key.suite)
    tracer.verify(key, tracer.statement(key), tracer.proof(key))
    return tracer.finish()
