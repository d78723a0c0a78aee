"""Which integers the values of a chip can be: interval arithmetic over ranges that something really checks.

A range counts only where it is enforced: by a constraint (`boolean`, `one_of`, or any constraint in one column whose
roots are all small), by asking a table whose field has that type, by receiving from a chain whose senders prove it, by
being preprocessed, or by equality with an expression of columns with known ranges. What an interaction enforces holds
on the rows where its multiplicity is 1, and is used only there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from hstar.air.draft import CONSTANT_TERM, Draft, LinearForm
from hstar.air.evaluate import BASE_FIELD, PublicValues, evaluate
from hstar.air.program import Bus, Direction, Group, Opcode
from hstar.air.statements import LessThanClaim, RangeFact
from hstar.field.koala_bear import MODULUS

MAX_SEGMENT_NUMBER = 2**16 - 1
_MAX_ROOTS = 9
_MAX_TRUTH_TABLE_BITS = 6
_MAX_CASES = 64
_LARGEST_BOUND = 2**96  # beyond it an interval says nothing useful

Interval = tuple[int, int]
Assignment = frozenset[tuple[int, int]]
"""Values (column, 0 or 1) of some Bits: one case of a proof by cases."""
BusField = tuple[int, int]
"""Index of a bus, position of a field in its messages."""
Condition = frozenset[int] | None
"""Columns, all Bits, of which exactly one is 1 on the rows in question; None: every row."""


@dataclass(frozen=True)
class Fact:
    """The field element of a node is in 0..maximum on the rows of `condition`."""

    node: int
    maximum: int
    condition: Condition

    def applies(self, condition: Condition) -> bool:
        """Whether it holds on all rows of another condition."""
        if self.condition is None:
            return True
        return bool(condition) and condition is not None and condition <= self.condition


class RangeAnalysis:
    """What is known about the integers of one chip, if the promises of `trusted` buses are kept.

    Args:
        draft: the chip.
        buses: of the circuit.
        trusted: the fields (bus, position) whose types askers and receivers may rely on.
    """

    def __init__(self, draft: Draft, buses: Sequence[Bus], trusted: frozenset[BusField]) -> None:
        self._draft = draft
        self._facts: dict[int | frozenset[tuple[int, int]], list[Fact]] = {}
        self._column_nodes = {
            instruction.left: node
            for node, instruction in enumerate(draft.program.instructions)
            if instruction.opcode is Opcode.COLUMN
        }
        self._intervals: dict[tuple[Condition, Assignment], dict[int, Interval | None]] = {}
        self._by_cases: dict[tuple[Condition, int], Interval | None] = {}
        self.bit_sums: list[frozenset[int]] = []
        self._add_constraint_facts()
        self._add_interaction_facts(buses, trusted)
        self._add_defined_columns()
        self.bit_sums = self._find_bit_sums()
        self._by_cases.clear()

    def interval(self, node: int, condition: Condition, wanted: Interval | None = None) -> Interval | None:
        """Bounds of a node as an integer on the rows of `condition`; None where nothing useful is known.

        A node that is not linear is bounded by cases: where s + t is a Bit, s a + t b is bounded by each of a and b.
        Bounds within those that are `wanted` are not narrowed further.
        """
        if (condition, node) not in self._by_cases:
            bounds = self._interval_in(node, condition, frozenset())
            if bounds is not None and wanted is not None and wanted[0] <= bounds[0] and bounds[1] <= wanted[1]:
                return bounds
            if self._draft.linear_forms[node] is None:
                bounds = _narrower(
                    bounds, _hull([self._interval_in(node, condition, case) for case in self._cases(node)])
                )
            self._by_cases[condition, node] = bounds
        return self._by_cases[condition, node]

    def _interval_in(self, node: int, condition: Condition, case: Assignment) -> Interval | None:
        known = self._intervals.setdefault((condition, case), {})
        if node not in known:
            values = dict(case)
            for below in sorted(self._draft.program.nodes_below([node])):
                if below not in known:
                    known[below] = self._interval_of(below, condition, known, values)
        return known[node]

    def _cases(self, node: int) -> Iterator[Assignment]:
        """What the Bits below a node can be: of a set whose sum is a Bit at most one is 1, the others are free.

        Where that is more than _MAX_CASES, free Bits are left out: fewer and wider cases.
        """
        bits = {column for column in self._draft.program.columns_below([node]) if self._is_known_bit(column)}
        groups: list[frozenset[int]] = []
        for total in sorted(self.bit_sums, key=lambda columns: (-len(columns), sorted(columns))):
            if len(total & bits) > 1:
                groups.append(frozenset(total & bits))
                bits -= total
        groups += [frozenset((column,)) for column in sorted(bits)]
        while prod(len(group) + 1 for group in groups) > _MAX_CASES:
            groups.pop()
        choices = [
            [frozenset((column, int(column == one)) for column in group) for one in (None, *sorted(group))]
            for group in groups
        ]
        for parts in product(*choices):
            yield frozenset().union(*parts)

    def _is_known_bit(self, column: int) -> bool:
        facts = self._facts_about(self._column_nodes[column])
        return any(fact.maximum <= 1 and fact.condition is None for fact in facts)

    def is_bit(self, column: int) -> bool:
        """Whether a column is declared a Bit and proven to be one on every row."""
        node = self._column_nodes.get(column)
        if self._draft.columns[column].maximum != 1 or node is None:
            return False
        interval = self.interval(node, None)
        return interval is not None and interval[0] >= 0 and interval[1] <= 1

    def same_element(self, left: int, right: int) -> bool:
        """Whether two nodes are the same field element by their linear forms (or are one node)."""
        return self._key(left) == self._key(right)

    def condition_of(self, node: int | None) -> Condition:
        """The rows where a selector is 1, as far as it is a sum of Bits; no selector means every row."""
        return None if node is None else self._draft.bits_of_sum(node)

    def is_bit_valued(self, node: int) -> bool:
        """Whether a multiplicity is the constant 1, a Bit, or a sum of Bits that is constrained to be a Bit."""
        opcode, left, _ = self._draft.program.instructions[node]
        if opcode is Opcode.CONSTANT:
            return left == 1
        columns = self._draft.bits_of_sum(node)
        if columns is None or not all(self.is_bit(column) for column in columns):
            return False
        return len(columns) == 1 or any(columns <= total for total in self.bit_sums)

    def compares_integers(self, claim: LessThanClaim) -> bool:
        """Whether operands in [0, K) and difference in [0, D) are known to be so, with K + D <= p."""
        condition = self.condition_of(claim.when)
        intervals = [self.interval(node, condition) for node in (claim.smaller, claim.larger, claim.difference)]
        known = [interval for interval in intervals if interval is not None and interval[0] >= 0]
        if len(known) < len(intervals):
            return False
        smaller, larger, gap = (interval[1] + 1 for interval in known)
        return max(smaller, larger) + gap <= MODULUS

    def declared_range_is_checked(self, column: int) -> bool:
        """Whether anything enforces the declared type of a column, be it only on some rows."""
        maximum = self._draft.columns[column].maximum
        node = self._column_nodes.get(column)
        if maximum is None or node is None:
            return maximum is None
        return any(fact.maximum <= maximum for fact in self._facts_about(node))

    def _interval_of(
        self, node: int, condition: Condition, known: dict[int, Interval | None], values: Mapping[int, int]
    ) -> Interval | None:
        opcode, left, right = self._draft.program.instructions[node]
        computed: Interval | None
        match opcode:
            case Opcode.CONSTANT:
                signed = left if left <= MODULUS // 2 else left - MODULUS
                computed = (signed, signed)
            case Opcode.COLUMN if left in values:
                return values[left], values[left]
            case Opcode.COLUMN:
                computed = (0, MODULUS - 1)
            case Opcode.SEGMENT_NUMBER:
                computed = (0, MAX_SEGMENT_NUMBER)
            case Opcode.POST_COMMIT_POINT:
                computed = None
            case Opcode.NEGATE:
                computed = _negate(known[left])
            case Opcode.ADD:
                computed = _add(known[left], known[right])
            case Opcode.SUBTRACT:
                computed = _add(known[left], _negate(known[right]))
            case Opcode.MULTIPLY:
                computed = _multiply(known[left], known[right])
        if not values and opcode in (Opcode.ADD, Opcode.SUBTRACT) and not _is_bit_interval(computed):
            computed = self._truth_table_bounds(node, condition) or computed
        for fact in self._facts_about(node):
            if fact.applies(condition):
                computed = _restrict(computed, fact.maximum)
        return computed

    def _truth_table_bounds(self, node: int, condition: Condition) -> Interval | None:
        """Exact bounds of a polynomial in a few Bits, from its truth table: a + b - 2ab is a Bit, not -2..2."""
        columns = self._draft.few_columns[node]
        if columns is None or len(columns) > _MAX_TRUTH_TABLE_BITS:
            return None
        if not all(_is_bit_interval(self.interval(self._column_nodes[column], condition)) for column in columns):
            return None
        return self._draft.truth_table_bounds(node, sorted(columns))

    def _add_fact(self, fact: Fact) -> None:
        self._facts.setdefault(self._key(fact.node), []).append(fact)
        self._intervals.clear()
        self._by_cases.clear()

    def _facts_about(self, node: int) -> Sequence[Fact]:
        return self._facts.get(self._key(node), ())

    def _key(self, node: int) -> int | frozenset[tuple[int, int]]:
        """Nodes with the same linear form are the same field element, however they were written."""
        form = self._draft.linear_forms[node]
        return node if form is None else frozenset(form.items())

    def _add_constraint_facts(self) -> None:
        draft = self._draft
        for column, node in self._column_nodes.items():
            declared = draft.columns[column]
            if declared.group is Group.PREPROCESSED and declared.maximum is not None:
                self._add_fact(Fact(node, declared.maximum, None))  # checked when the key is made
        for statement in draft.statements:
            if isinstance(statement.meaning, RangeFact):
                self._add_fact(Fact(statement.meaning.node, statement.meaning.maximum, None))
        for constraint in draft.constraints:
            columns = draft.program.columns_below([constraint.root])
            if len(columns) == 1 and constraint.degree <= _MAX_ROOTS:
                (column,) = columns
                maximum = _largest_root(draft, constraint.root, column, constraint.degree)
                if maximum is not None:
                    self._add_fact(Fact(self._column_nodes[column], maximum, None))

    def _add_interaction_facts(self, buses: Sequence[Bus], trusted: frozenset[BusField]) -> None:
        for interaction in self._draft.interactions:
            if interaction.direction not in (Direction.ASK, Direction.RECEIVE):
                continue
            opcode, left, _ = self._draft.program.instructions[interaction.multiplicity]
            always = opcode is Opcode.CONSTANT and left == 1
            condition = None if always else self._draft.bits_of_sum(interaction.multiplicity)
            if not always and condition is None:
                continue
            maxima = buses[interaction.bus_index].field_maxima
            for position, (node, maximum) in enumerate(zip(interaction.message, maxima, strict=True)):
                if maximum is not None and (interaction.bus_index, position) in trusted:
                    self._add_fact(Fact(node, maximum, condition))

    def _add_defined_columns(self) -> None:
        """x = expression of columns with known ranges: x has the range of the expression, if it is below p."""
        forms = [
            form
            for constraint in self._draft.constraints
            if (form := self._draft.linear_forms[constraint.root]) is not None
        ]
        pending = [
            (column, node)
            for column, node in self._column_nodes.items()
            if self._draft.columns[column].maximum is not None and not self._facts_about(node)
        ]
        progress = True
        while progress:
            progress = False
            for column, node in list(pending):
                for form in forms:
                    interval = self._defined_by(form, column)
                    if interval is not None and interval[0] >= 0 and interval[1] < MODULUS:
                        self._add_fact(Fact(node, interval[1], None))
                        pending.remove((column, node))
                        progress = True
                        break

    def _defined_by(self, form: LinearForm, column: int) -> Interval | None:
        coefficient = form.get(column)
        if coefficient not in (1, MODULUS - 1):
            return None
        sign = -1 if coefficient == 1 else 1
        total: Interval | None = (0, 0)
        for other, value in form.items():
            if other == column:
                continue
            signed = sign * (value if value <= MODULUS // 2 else value - MODULUS)
            bounds = (1, 1) if other == CONSTANT_TERM else self.interval(self._column_nodes[other], None)
            total = _add(total, _multiply((signed, signed), bounds))
        return total

    def _find_bit_sums(self) -> list[frozenset[int]]:
        """Sets of Bits whose sum is known to be a Bit: said by `boolean`, or by equality with a Bit."""
        sums: list[frozenset[int]] = []
        for facts in self._facts.values():
            if any(fact.maximum <= 1 and fact.condition is None for fact in facts):
                columns = self._draft.bits_of_sum(facts[0].node)
                if columns:
                    sums.append(columns)
        for constraint in self._draft.constraints:
            form = self._draft.linear_forms[constraint.root] or {}
            plus = frozenset(column for column, value in form.items() if value == 1 and column != CONSTANT_TERM)
            minus = frozenset(column for column in form if form[column] == MODULUS - 1 and column != CONSTANT_TERM)
            if len(plus) + len(minus) == len(form):
                sums += [total for total, one in ((plus, minus), (minus, plus)) if len(one) == 1 and self.is_bit(*one)]
        return sums


def _add(left: Interval | None, right: Interval | None) -> Interval | None:
    return None if left is None or right is None else (left[0] + right[0], left[1] + right[1])


def _hull(intervals: Sequence[Interval | None]) -> Interval | None:
    known = [interval for interval in intervals if interval is not None]
    if len(known) < len(intervals):
        return None
    return min(low for low, _ in known), max(high for _, high in known)


def _narrower(one: Interval | None, other: Interval | None) -> Interval | None:
    """One of two bounds; not both at once, because they may be about different integers equal modulo p."""
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda bounds: bounds[1] - bounds[0])


def _is_bit_interval(value: Interval | None) -> bool:
    return value is not None and value[0] >= 0 and value[1] <= 1


def _negate(value: Interval | None) -> Interval | None:
    return None if value is None else (-value[1], -value[0])


def _multiply(left: Interval | None, right: Interval | None) -> Interval | None:
    if left is None or right is None:
        return None
    products = [a * b for a in left for b in right]
    if max(abs(product) for product in products) > _LARGEST_BOUND:
        return None
    return min(products), max(products)


def _restrict(computed: Interval | None, maximum: int) -> Interval:
    """A node whose field element is in 0..maximum.

    Where the computed integer is known to be a canonical element both bounds hold; elsewhere the node is from here on
    the canonical integer, which is the same field element.
    """
    if computed is not None and computed[0] >= 0 and computed[1] < MODULUS:
        return computed[0], min(computed[1], maximum)
    return 0, maximum


def _largest_root(draft: Draft, root: int, column: int, degree: int) -> int | None:
    """The largest root of a constraint in one column, if it has `degree` roots among the integers 0..degree^2.

    A nonzero polynomial of degree d has at most d roots, so finding d of them finds all.
    """
    program, _ = draft.program.restricted_to([root])
    opcodes = {instruction.opcode for instruction in program.instructions}
    if opcodes & {Opcode.SEGMENT_NUMBER, Opcode.POST_COMMIT_POINT} or draft.vanishes_identically(root):
        return None
    num_found = 0
    for candidate in range(degree * degree + 1):
        point = [candidate] * (column + 1)  # only this column is read
        num_found += evaluate(program, point, PublicValues(0, 0), BASE_FIELD)[-1] == 0
        if num_found == degree:
            return candidate
    return None
