"""Dishonest runs: copies of honest ones with cells, rows or segments changed by name."""

from collections import Counter
from dataclasses import replace

import numpy as np

from hstar.air.check import check_run
from hstar.air.program import Direction
from hstar.air.tables import NO_POINT, Segment, message_columns
from hstar.air.vectorised import evaluate_rows


class Forgery:
    """A copy of a run whose tables may be changed; `recount` adapts the multiplicities of lookup tables, as a prover
    would, so that only what cannot be adapted stays wrong."""

    def __init__(self, run):
        self.run = replace(
            run, parts=[(c, Segment(s.number, {n: t.copy() for n, t in s.tables.items()})) for c, s in run.parts]
        )
        self.public = list(run.public)

    def column(self, part, chip, name):
        """A writable column of a chip."""
        circuit, segment = self.run.parts[part]
        names = [column.name for column in circuit.chip(chip).program.columns]
        return segment.tables[chip][names.index(name)]

    def words(self, part, chip, name):
        """A word column, `[4, rows]`: four writable limbs."""
        return [self.column(part, chip, f"{name}[{limb}]") for limb in range(4)]

    def keep_rows(self, part, chip, rows):
        """Only these rows of a table, in this order; a row may be repeated."""
        tables = self.run.parts[part][1].tables
        tables[chip] = np.ascontiguousarray(tables[chip][:, rows])

    def height(self, part, chip):
        return self.run.parts[part][1].height(chip)

    def broken(self):
        """Names of the constraints and buses that do not hold; a lookup that finds no row is named by its bus."""
        for circuit, segment in self.run.parts:
            _recount(circuit, segment)
        faults = check_run(self.run.parts, public=self.public, max_faults=10_000)
        return {fault.rule for fault in faults}


def _messages(traced, item, segment):
    """Multiplicities `[rows]` and messages `[rows, width]` of one interaction."""
    table = segment.tables[traced.program.name]
    roots = [item.multiplicity, *item.message]
    values = evaluate_rows(traced.program, list(table), segment.number, NO_POINT, roots)
    count, fields = message_columns(item, values, table.shape[1])
    return count, np.stack(fields, axis=1)


_ROWS = {}
"""Row of each message of a table, by circuit (kept, so that its identity stays its own) and interaction.

Tables are preprocessed, so a forgery does not change them.
"""


def _rows_of(circuit, provider, item, segment):
    key = (id(circuit), item.name)
    if key not in _ROWS:
        _, rows = _messages(provider, item, segment)
        _ROWS[key] = circuit, {message: row for row, message in enumerate(map(tuple, rows.tolist()))}
    return _ROWS[key][1]


def _asked(circuit, bus_index, segment):
    """How often each message is asked for."""
    total = Counter()
    for chip in circuit.chips:
        for item in chip.program.interactions:
            if item.direction is Direction.ASK and item.bus_index == bus_index and segment.height(chip.program.name):
                count, asks = _messages(chip, item, segment)
                for message, times in zip(map(tuple, asks.tolist()), count.tolist(), strict=True):
                    total[message] += times
    return total


def _recount(circuit, segment):
    """Every table row is provided as often as it is asked for; messages that no table has stay unmatched."""
    for provider in circuit.chips:
        instructions = provider.program.program.instructions
        for item in provider.program.interactions:
            column = instructions[item.multiplicity].left
            if item.direction is not Direction.PROVIDE or column not in provider.counted_columns:
                continue
            rows = _rows_of(circuit, provider, item, segment)
            counts = np.zeros(segment.height(provider.program.name), dtype=np.uint32)
            for message, times in _asked(circuit, item.bus_index, segment).items():
                if message in rows:
                    counts[rows[message]] = times
            segment.tables[provider.program.name][column] = counts
