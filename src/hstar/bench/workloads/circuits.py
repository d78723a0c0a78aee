"""What the kernels do with a chip: fill its table, compute its leaves, sum rounds of the zerocheck, bind a variable.

Random cells stand in for a trace: no kernel looks at the values. One operation is a cell, or a fraction for leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from hstar.air.circuit import TracedCircuit
from hstar.air.compile import BracketWeights, CallValues, compile_bracket, compile_leaves
from hstar.air.evaluate import Fingerprint
from hstar.air.examples.hash_chain import hash_chain_circuit
from hstar.air.examples.words import word_circuit
from hstar.air.program import ChipProgram, Scope
from hstar.bench.workload import Trial, register
from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.kernels.integer_program import fill_columns
from hstar.kernels.row_program import bind_lowest, evaluate_rows, round_values
from hstar.kernels.vectors import ExtensionVector


@dataclass(frozen=True)
class _Subject:
    """A chip and how many rows of it are a few million cells."""

    label: str
    build: Callable[[], TracedCircuit]
    log_height: int


_SUBJECTS = (
    _Subject("word addition (13 columns, 12 fractions)", word_circuit, 18),
    _Subject("Poseidon2, degree 3 (235 columns)", partial(hash_chain_circuit, degree=3), 14),
    _Subject("Poseidon2, degree 9 (139 columns)", partial(hash_chain_circuit, degree=9), 14),
)


class _Prepared:
    """Random cells, records and challenges for the first chip of a circuit."""

    def __init__(self, subject: _Subject) -> None:
        self._source = np.random.default_rng(1)
        self.traced = subject.build().chips[0]
        self.chip: ChipProgram = self.traced.program
        self.height = 1 << subject.log_height
        self.cells = self.chip.width * self.height
        self.table = self.words(self.chip.width, self.height)
        widest = max((len(item.message) for item in self.chip.interactions), default=0)
        fingerprints = {scope: Fingerprint(self.element(), self.elements(widest + 1)) for scope in Scope}
        weights = BracketWeights(*(self.elements(len(items)) for items in self._weighed()))
        self.call = CallValues(1, self.element(), fingerprints, weights)

    def _weighed(self) -> tuple[tuple[object, ...], ...]:
        return self.chip.leaves, self.chip.leaves, self.chip.constraints

    def words(self, *shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint32]]:
        return self._source.integers(0, MODULUS, shape, dtype=np.uint32)

    def element(self) -> ExtensionElement:
        return ExtensionElement(self.words(6).tolist())

    def elements(self, count: int) -> list[ExtensionElement]:
        return [self.element() for _ in range(count)]


def _fill(subject: _Subject, _: int) -> Trial:
    prepared = _Prepared(subject)
    program = prepared.traced.trace_program.program
    records = prepared.words(program.num_fields, prepared.height).astype(np.uint64)
    return Trial(work=lambda: fill_columns(program, records, prepared.table), operations=prepared.cells)


def _leaves(subject: _Subject, _: int) -> Trial:
    prepared = _Prepared(subject)
    compiled = compile_leaves(prepared.chip)
    arguments = compiled.arguments(prepared.call)
    return Trial(
        work=lambda: evaluate_rows(compiled.program, *arguments, prepared.table),
        operations=len(prepared.chip.interactions) * prepared.height,
    )


def _round(subject: _Subject, _: int, *, over_extension: bool) -> Trial:
    prepared = _Prepared(subject)
    compiled = compile_bracket(prepared.chip)
    arguments = compiled.arguments(prepared.call)
    table = bind_lowest(prepared.table, prepared.element()) if over_extension else prepared.table
    height = prepared.height // 2 if over_extension else prepared.height
    weights = ExtensionVector.from_canonical(prepared.words(height // 2, 6))
    # One of degree + 1 values follows from the claim.
    points = range(1, prepared.chip.degree + 1)
    return Trial(
        work=lambda: round_values(compiled.program, *arguments, table, weights, points),
        operations=prepared.chip.width * height,
    )


def _bind(subject: _Subject, _: int) -> Trial:
    prepared = _Prepared(subject)
    coordinate = prepared.element()
    # The first variable alone is bound on the fly; the second time the table is written down.
    return Trial(
        work=lambda: bind_lowest(bind_lowest(prepared.table, coordinate), coordinate), operations=prepared.cells
    )


for _subject in _SUBJECTS:
    register("kernels", f"fill: {_subject.label}", unit="cell")(partial(_fill, _subject))
    register("kernels", f"leaves: {_subject.label}", unit="fraction")(partial(_leaves, _subject))
    for _name, _over_extension in (("first round", False), ("second round", True)):
        _prepare = partial(_round, _subject, over_extension=_over_extension)
        register("kernels", f"zerocheck, {_name}: {_subject.label}", unit="cell")(_prepare)
    register("kernels", f"bind: {_subject.label}", unit="cell")(partial(_bind, _subject))
