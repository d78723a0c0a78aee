"""A chip between tracing and acceptance: every node that was recorded, also those that only rules look at."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hstar.air.evaluate import BASE_FIELD, PublicValues, evaluate
from hstar.air.leaves import merge_leaves
from hstar.air.program import (
    Bus,
    ChipProgram,
    Column,
    Constraint,
    FieldProgram,
    Interaction,
    MachineLimits,
    Opcode,
)
from hstar.air.statements import Statement
from hstar.field.koala_bear import MODULUS

_NUM_TRIAL_POINTS = 4
_MAX_LINEAR_TERMS = 128
_FEW_COLUMNS = 6

LinearForm = dict[int, int]
"""Column index -> coefficient modulo p, without zeros; the constant term stands under CONSTANT_TERM."""
CONSTANT_TERM = -1


@dataclass(frozen=True)
class Draft:
    """What the tracer recorded of one chip; node numbers are those of the recording.

    `sources` are the sends that start a chain, by index into the interactions.
    """

    name: str
    columns: tuple[Column, ...]
    program: FieldProgram
    statements: tuple[Statement, ...]
    interactions: tuple[Interaction, ...]
    sources: frozenset[int] = frozenset()

    @cached_property
    def _trials(self) -> list[list[int]]:
        """Values of all nodes at a few fixed pseudo-random points."""
        source = random.Random(self.name)
        trials = []
        for _ in range(_NUM_TRIAL_POINTS):
            point = [source.randrange(MODULUS) for _ in self.columns]
            public = PublicValues(source.randrange(MODULUS), source.randrange(MODULUS))
            trials.append(evaluate(self.program, point, public, BASE_FIELD))
        return trials

    def vanishes_identically(self, node: int) -> bool:
        """Whether a node is the zero polynomial (it vanishes at four fixed pseudo-random points)."""
        return all(values[node] == 0 for values in self._trials)

    @cached_property
    def constraints(self) -> tuple[Constraint, ...]:
        """Statements about integers that hold identically over the field cost no constraint."""
        return tuple(
            Constraint(statement.name, statement.root, self.program.degrees[statement.root])
            for statement in self.statements
            if not (statement.may_be_trivial and self.vanishes_identically(statement.root))
        )

    @cached_property
    def linear_forms(self) -> list[LinearForm | None]:
        """For every node its linear form in the columns, or None where it has none (or a very long one)."""
        forms: list[LinearForm | None] = []
        for opcode, left, right in self.program.instructions:
            match opcode:
                case Opcode.CONSTANT:
                    forms.append({CONSTANT_TERM: left} if left else {})
                case Opcode.COLUMN:
                    forms.append({left: 1})
                case Opcode.ADD:
                    forms.append(_combine(forms[left], forms[right], 1))
                case Opcode.SUBTRACT:
                    forms.append(_combine(forms[left], forms[right], -1))
                case Opcode.NEGATE:
                    forms.append(_combine({}, forms[left], -1))
                case Opcode.MULTIPLY:
                    forms.append(_product(forms[left], forms[right]))
                case _:
                    forms.append(None)
        return forms

    @cached_property
    def few_columns(self) -> list[frozenset[int] | None]:
        """For every node the columns that it depends on, or None where they are many or a public value is read."""
        found: list[frozenset[int] | None] = []
        for opcode, left, right in self.program.instructions:
            match opcode:
                case Opcode.CONSTANT:
                    columns: frozenset[int] | None = frozenset()
                case Opcode.COLUMN:
                    columns = frozenset((left,))
                case Opcode.NEGATE:
                    columns = found[left]
                case Opcode.ADD | Opcode.SUBTRACT | Opcode.MULTIPLY:
                    first, second = found[left], found[right]
                    columns = None if first is None or second is None else first | second
                case _:
                    columns = None
            found.append(None if columns is not None and len(columns) > _FEW_COLUMNS else columns)
        return found

    def truth_table_bounds(self, node: int, columns: Sequence[int]) -> tuple[int, int]:
        """Smallest and largest integer that a node takes when these columns, all that it reads, are Bits.

        The value is an integer: constants above p/2 stand for negative numbers, nothing is reduced.
        """
        instructions = self.program.instructions
        below = sorted(self.program.nodes_below([node]))
        values: dict[int, NDArray[np.object_]] = {}
        table = np.indices((2,) * len(columns)).reshape(len(columns), -1).astype(object)
        for item in below:
            opcode, left, right = instructions[item]
            match opcode:
                case Opcode.CONSTANT:
                    signed = left if left <= MODULUS // 2 else left - MODULUS
                    values[item] = np.full(table.shape[1], signed, dtype=object)
                case Opcode.COLUMN:
                    values[item] = table[columns.index(left)]
                case Opcode.NEGATE:
                    values[item] = -values[left]
                case Opcode.ADD:
                    values[item] = values[left] + values[right]
                case Opcode.SUBTRACT:
                    values[item] = values[left] - values[right]
                case _:
                    values[item] = values[left] * values[right]
        return int(values[node].min()), int(values[node].max())

    def bits_of_sum(self, node: int) -> frozenset[int] | None:
        """The columns of a node that is a plain sum of distinct columns, else None."""
        form = self.linear_forms[node]
        if not form or CONSTANT_TERM in form or any(coefficient != 1 for coefficient in form.values()):
            return None
        return frozenset(form)

    def roots(self) -> list[int]:
        """Every node that a prover needs."""
        roots = [constraint.root for constraint in self.constraints]
        for interaction in self.interactions:
            roots += [interaction.multiplicity, *interaction.message]
        return roots

    def finish(self, buses: Sequence[Bus], limits: MachineLimits) -> ChipProgram:
        """The chip's program with only the nodes that constraints and interactions need, renumbered in order."""
        program, new_number = self.program.restricted_to(self.roots())
        interactions = tuple(
            replace(
                item,
                multiplicity=new_number[item.multiplicity],
                message=tuple(new_number[node] for node in item.message),
            )
            for item in self.interactions
        )
        return ChipProgram(
            name=self.name,
            columns=self.columns,
            program=program,
            constraints=tuple(replace(item, root=new_number[item.root]) for item in self.constraints),
            interactions=interactions,
            leaves=merge_leaves(program, interactions, buses, limits),
        )


def _combine(left: LinearForm | None, right: LinearForm | None, sign: int) -> LinearForm | None:
    if left is None or right is None or len(left) + len(right) > _MAX_LINEAR_TERMS:
        return None
    result = dict(left)
    for column, coefficient in right.items():
        total = (result.get(column, 0) + sign * coefficient) % MODULUS
        if total:
            result[column] = total
        else:
            result.pop(column, None)
    return result


def _product(left: LinearForm | None, right: LinearForm | None) -> LinearForm | None:
    if left is None or right is None:
        return None
    if set(left) <= {CONSTANT_TERM}:
        left, right = right, left
    if not set(right) <= {CONSTANT_TERM}:
        return None
    factor = right.get(CONSTANT_TERM, 0)
    return {column: coefficient * factor % MODULUS for column, coefficient in left.items()} if factor else {}
