"""Every message is absorbed before the next challenge: a changed message changes every challenge after it, none before.

The verifier runs to its end on changed proofs with an arithmetic that refuses nothing, and its challenges are compared.
"""

import pytest

from hstar.commit.numbers import Numbers
from hstar.field.extension import ExtensionElement
from hstar.stark.proof import proof_shape
from hstar.stark.verify import protocol_pattern, run_verifier
from hstar.transcript.pattern import Kind
from hstar.transcript.shapes import BaseShape, ExtensionShape
from hstar.transcript.transcript import Transcript
from stark.leaves import leaves, pattern, with_value
from stark.proofs import Proven, relay, squares


class Lenient(Numbers):
    """Numbers that refuse nothing."""

    def require_equal(self, left, right, reason, sentence, **where):
        pass

    def require_nonzero(self, value, reason, sentence, **where):
        pass

    def bits(self, value, num_bits, reason, sentence, **where):
        return self.low_bits(value % (1 << num_bits), num_bits)

    def open_rows(self, shape, root, opening, positions, **where):
        return [opening.leaves[0][: shape.row_width] for _ in positions]


class Taped(Transcript):
    """Writes down what is drawn, with the number of the operation."""

    def __init__(self, arithmetic, pattern):
        super().__init__(arithmetic, pattern)
        self.tape = {}

    def _squeeze(self, count):
        words = super()._squeeze(count)
        self.tape[self._next - 1] = tuple(words)
        return words


def tape(proven, proof):
    arithmetic = Lenient(proven.key.suite)
    transcript = Taped(arithmetic, protocol_pattern(proven.key))
    run_verifier(arithmetic, transcript, proven.key, proven.statement, proof)
    return transcript.tape


def changed(shape, value):
    if isinstance(shape, ExtensionShape):
        return ExtensionElement((*value.coefficients[:5], value.coefficients[5] ^ 1))
    if isinstance(shape, BaseShape):
        return value ^ 1
    return bytes([value[0] ^ 1, *value[1:]]) if isinstance(value, bytes) else (value[0] ^ 1, *value[1:])


def segment():
    segments = relay(pinned=True)
    return Proven(segments.proving_key, segments.statement(1), [], segments.proofs[0])


LABELS = {
    "early_heights[]": "heights.early",
    "boundary_root[]": "root.boundary",
    "boundary_pin[]": "pin.value",
    "late_heights[]": "heights.late",
    "main_root[]": "root.main",
    "gkr.roots[]": "gkr.roots",
    "gkr.layers[].rounds[][]": "gkr.layer.round",
    "gkr.layers[].children[]": "gkr.children",
    "zerocheck.rounds[][]": "zerocheck.round",
    "zerocheck.column_values[]": "zerocheck.columns",
    "whir.iterations[].rounds[][]": "whir.round",
    "whir.iterations[].fold_nonces[][]": "whir.round",
    "whir.iterations[].next_root[]": "whir.root",
    "whir.iterations[].samples[]": "whir.sample",
    "whir.iterations[].final_vector[]": "whir.final",
    "whir.iterations[].query_nonce[]": "whir.queries",
    "whir.final_rounds[][]": "whir.last.round",
}


@pytest.mark.parametrize("make", [lambda: squares(fold_grinding_bits=2), segment], ids=["squares", "segment"])
def test_every_message_is_absorbed_before_the_next_challenge(make):
    proven = make()
    honest, operations = tape(proven, proven.proof), protocol_pattern(proven.key).operations
    seen = {}
    for path, shape, value in leaves(proven.key, proven.proof):
        field = pattern(path)
        seen[field] = seen.get(field, 0) + 1
        if seen[field] > 3:
            continue
        other = tape(proven, with_value(proven.proof, path, changed(shape, value)))
        different = [index for index in honest if honest[index] != other[index]]
        if ".openings" in field:
            assert not different, "hints are bound by roots, not absorbed"
            continue
        first = different[0]
        assert all(honest[index] != other[index] for index in honest if index >= first), path
        previous = max((index for index in honest if index < first), default=-1)
        between = [operations[index] for index in range(previous + 1, first + 1)]
        assert any(op.kind in (Kind.ABSORB, Kind.GRIND) and op.label == LABELS[field] for op in between), path


def test_another_statement_changes_every_challenge():
    proven = segment()
    honest = tape(proven, proven.proof)
    challenge = proven.statement.global_challenge
    later = Proven(
        proven.proving_key,
        type(proven.statement)((), 1, (challenge[0] + 1, *challenge[1:])),
        [],
        proven.proof,
    )
    renumbered = Proven(proven.proving_key, type(proven.statement)((), 2, challenge), [], proven.proof)
    assert all(honest[index] != words for index, words in tape(renumbered, proven.proof).items())
    different = [index for index, words in tape(later, proven.proof).items() if honest[index] != words]
    labels = [operation.label for operation in protocol_pattern(proven.key).operations]
    assert different == [index for index in honest if index > labels.index("global")]
    assert proof_shape(proven.key)
