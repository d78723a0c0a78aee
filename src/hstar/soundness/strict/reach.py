"""One circuit: the least queries, grinding, samples and rate that give its rounds so many bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, log2

from hstar.soundness.expression import Expression
from hstar.soundness.soundcalc.circuit import Circuit
from hstar.soundness.soundcalc.section import MissingKeyError
from hstar.soundness.soundcalc.sizes import KIBIBYTE_BITS, FileSize
from hstar.soundness.strict.codes import MAX_MULTIPLICITY, UNIQUE, Choice, Kind
from hstar.soundness.strict.evaluate import StrictCircuit
from hstar.soundness.strict.ingredients import Ingredient, UnmetError
from hstar.soundness.strict.numbers import Numbers, Place
from hstar.soundness.strict.sampling import grinding
from hstar.soundness.strict.search import exactly, least_multiplicity, roughly
from hstar.soundness.totals import error_budget

MAX_GRINDING_BITS = 20
"""The most proof of work that is proposed in one place; a file that has more keeps it."""
MAX_RATE_STEPS = 5
MAX_EXTRA_SAMPLES = 1
MAX_QUERIES = 4096
QUERY_KEYS = frozenset({"num_queries", "whir_num_queries"})

MAX_REPAIRS = 4
"""How often queries are raised by one when the exact total is still short of the target."""


@dataclass
class _Attempt:
    """New numbers for the terms of an oracle in one regime, and queries as their measure of cost."""

    choice: Choice
    changes: dict[Place, int]
    queries: int = 0


@dataclass(frozen=True)
class _Option:
    """A circuit with enough bits, and how it was made.

    Args:
        base: the circuit at its rate and samples.
        changes: its new numbers.
        may_drop: whether fewer queries than its own will do, because the rate was lowered.
    """

    base: Numbers
    changes: dict[Place, int]
    may_drop: bool

    @cached_property
    def circuit(self) -> Circuit:
        """With the new numbers."""
        return self.base.with_values(self.changes)

    def trimmed(self, bits: int) -> Circuit:
        """With every changed number lowered as far as the target allows, grinding first."""
        changes, near = self.changes, StrictCircuit(self.circuit).choices if self.changes else ()
        for place in sorted(changes, key=lambda one: (one.key in QUERY_KEYS, one.table, one.key, one.index)):
            least = 1 if self.may_drop and place.key in QUERY_KEYS else self.base.value(place)
            while changes[place] > least:
                lower = {**changes, place: changes[place] - 1}
                if not _has(self.base.with_values(lower), bits, near=near):
                    break
                changes = lower
        return self.base.with_values(changes)


def turn_circuit(circuit: Circuit, bits: int, kibibytes: int | None) -> Circuit | None:
    """The circuit with enough bits, and an expected proof of at most `kibibytes` if that is possible.

    Returns:
        The first circuit found that is short enough, else the shortest; None when none has the bits.
    """
    best: _Option | None = None
    least: Fraction | None = None
    for option in _options(circuit, bits):
        size = option.circuit.size
        if kibibytes is None or not isinstance(size, FileSize) or size.expected <= kibibytes * KIBIBYTE_BITS:
            return option.trimmed(bits)
        if least is None or size.expected < least:
            best, least = option, size.expected
    return None if best is None else best.trimmed(bits)


def least_size(circuit: Circuit, bits: int) -> FileSize | None:
    """A size that no proof with so many bits goes below, whatever the field, at any of the rates that are tried.

    A query passes with a chance above sqrt(rho) in every regime, so that it is worth less than half the logarithm of
    1/rho. Only queries are counted, with as much grinding as the file has or as is ever proposed.
    """
    sizes = []
    for steps in range(MAX_RATE_STEPS + 1):
        lowered = Numbers(circuit).with_lower_rate(steps)
        if lowered is None:
            break
        numbers, strict = Numbers(lowered), StrictCircuit(lowered)
        changes = {}
        for entry in strict.model.ingredients:
            if entry.queries is None:
                continue
            try:
                setting, ground, rate = entry.queries(), entry.grinding(), strict.model.code(UNIQUE, entry.part).rate
            except MissingKeyError:
                continue
            worth = max(ground.value, MAX_GRINDING_BITS) if ground is not None else 0
            if (place := numbers.place(setting)) is not None:
                changes[place] = max(ceil((bits - worth) / (-_log(rate) / 2)), 1)
        if isinstance(size := numbers.with_values(changes).size, FileSize):
            sizes.append(size)
    return min(sizes, key=lambda size: size.expected, default=None)


def _options(circuit: Circuit, bits: int) -> Iterator[_Option]:
    is_there = _has(circuit, bits)
    if is_there:
        yield _Option(Numbers(circuit), {}, may_drop=False)
    for steps in range(1 if is_there else 0, MAX_RATE_STEPS + 1):
        lowered = Numbers(circuit).with_lower_rate(steps)
        if lowered is None:
            return
        for extra in range(MAX_EXTRA_SAMPLES + 1):
            sampled = Numbers(lowered).with_more_samples(extra)
            if sampled is None:
                break
            tried = (_reach(sampled, bits, cap, may_drop=steps > 0) for cap in (0, MAX_GRINDING_BITS))
            found = [one for one in tried if one is not None]
            yield from found
            if found:
                break


def _has(circuit: Circuit, bits: int, choices: tuple[Choice, ...] = (), near: tuple[Choice, ...] = ()) -> bool:
    found = StrictCircuit(circuit, given=choices, near=near).security_bits
    return found is not None and found >= bits


def _reach(circuit: Circuit, bits: int, cap: int, *, may_drop: bool) -> _Option | None:
    """Grinding up to `cap` where the circuit has a place for it, and as few queries as then suffice."""
    strict = StrictCircuit(circuit)
    if circuit.hash_bits is None:
        return None
    budget = error_budget(bits, 1 << circuit.hash_bits)
    changes: dict[Place, int] = {}
    choices: list[Choice] = []
    for part in range(strict.model.num_parts):
        found = _part(strict, part, budget, cap, may_drop=may_drop)
        if found is None:
            return None
        choices.append(found.choice)
        for place, number in found.changes.items():
            changes[place] = max(number, changes.get(place, number))
    numbers = Numbers(circuit)
    for _ in range(MAX_REPAIRS):
        if _has(numbers.with_values(changes), bits, tuple(choices)):
            return _Option(numbers, changes, may_drop)
        for place in _query_places(strict, numbers):
            changes[place] = changes.get(place, numbers.value(place)) + 1
    return None


def _query_places(strict: StrictCircuit, numbers: Numbers) -> Iterator[Place]:
    for entry in strict.model.ingredients:
        if entry.queries is not None and (place := numbers.place(entry.queries())) is not None:
            yield place


def _part(strict: StrictCircuit, part: int, budget: Fraction, cap: int, *, may_drop: bool) -> _Attempt | None:
    """The regime of an oracle in which the fewest queries suffice."""
    entries = [entry for entry in strict.model.ingredients if entry.part == part]
    attempts = []
    if strict.model.allows_unique:
        attempts.append(_attempt(strict, entries, UNIQUE, budget, cap, may_drop=may_drop))
    if strict.model.allows_lists and (largest := _largest(strict, entries, part, budget, cap)) is not None:
        attempts.append(_attempt(strict, entries, largest, budget, cap, may_drop=may_drop))
    return min((one for one in attempts if one is not None), key=lambda one: one.queries, default=None)


def _largest(strict: StrictCircuit, entries: list[Ingredient], part: int, budget: Fraction, cap: int) -> Choice | None:
    """The list-decoding regime with the largest multiplicity in which the other errors still fit."""
    try:
        rate = strict.model.code(UNIQUE, part).rate
    except MissingKeyError:
        return None

    def fits(multiplicity: int, measure: Callable[[Expression], Fraction | float] = exactly) -> bool:
        choice = Choice(Kind.JOHNSON, multiplicity)
        return _grinding(strict, entries, choice, budget, cap, measure) is not None

    least = least_multiplicity(rate)
    guess = _last(least, lambda multiplicity: fits(multiplicity, roughly)) or least
    if not fits(guess):
        found = _last(least, fits)
    elif guess < MAX_MULTIPLICITY and fits(guess + 1):
        found = _last(guess + 1, fits)
    else:
        found = guess
    return None if found is None else Choice(Kind.JOHNSON, found)


def _last(least: int, fits: Callable[[int], bool]) -> int | None:
    """The largest multiplicity that fits, when every smaller one down to `least` does too; None when none does."""
    if not fits(least):
        return None
    below, above = least, MAX_MULTIPLICITY + 1
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if fits(middle) else (below, middle)
    return below


def _attempt(
    strict: StrictCircuit, entries: list[Ingredient], choice: Choice, budget: Fraction, cap: int, *, may_drop: bool
) -> _Attempt | None:
    changes = _grinding(strict, entries, choice, budget, cap)
    if changes is None:
        return None
    attempt = _Attempt(choice, changes)
    for entry in entries:
        if entry.queries is None:
            continue
        try:
            setting, formula, proof_of_work = (
                entry.queries(),
                strict.bare_formula(entry, choice),
                strict.setting(entry),
            )
        except (MissingKeyError, UnmetError):
            continue
        place = strict.numbers.place(setting)
        if formula is None or place is None:
            continue
        worth = log2(1 / grinding(proof_of_work.value, strict.circuit.field).value.upper) if proof_of_work else 0.0
        each = -_log(formula.value.upper) / setting.value
        least = 1 if may_drop else setting.value
        needed = max(ceil((-_log(budget) - worth) / each), least) if each > 0 else MAX_QUERIES + 1
        if needed > MAX_QUERIES:
            return None
        attempt.queries += needed
        if needed != setting.value:
            attempt.changes[place] = needed
    return attempt


def _grinding(
    strict: StrictCircuit,
    entries: list[Ingredient],
    choice: Choice,
    budget: Fraction,
    cap: int,
    measure: Callable[[Expression], Fraction | float] = exactly,
) -> dict[Place, int] | None:
    """Grinding with which every message but the queries fits; None when some message cannot."""
    messages: dict[str, list[Ingredient]] = {}
    for entry in entries:
        if entry.queries is None:
            messages.setdefault(entry.round, []).append(entry)
    changes: dict[Place, int] = {}
    for members in messages.values():
        found = _message(strict, members, choice, budget, cap, measure)
        if found is None:
            return None
        for place, bits in found.items():
            changes[place] = max(bits, changes.get(place, bits))
    return changes


def _message(
    strict: StrictCircuit,
    members: list[Ingredient],
    choice: Choice,
    budget: Fraction,
    cap: int,
    measure: Callable[[Expression], Fraction | float],
) -> dict[Place, int] | None:
    """Raises the grinding of the largest term of a message until their sum fits."""
    raw: list[Fraction | float] = []
    places: list[Place | None] = []
    bits: list[int] = []
    for entry in members:
        try:
            formula, setting = strict.bare_formula(entry, choice), strict.setting(entry)
        except MissingKeyError:
            continue
        except UnmetError:
            if strict.is_regimes_fault(entry):
                return None
            continue
        if formula is not None:
            raw.append(measure(formula))
            bits.append(setting.value if setting else 0)
            places.append(strict.numbers.place(setting) if setting else None)
    before = list(bits)

    def error(index: int) -> Fraction | float:
        return raw[index] * measure(grinding(bits[index], strict.circuit.field))

    while raw and sum(error(index) for index in range(len(raw))) > budget:
        index = max(range(len(raw)), key=error)
        if places[index] is None or bits[index] >= cap:
            return None
        bits[index] += 1
    return {
        place: bits[index] for index, place in enumerate(places) if place is not None and bits[index] != before[index]
    }


def _log(value: Fraction) -> float:
    return log2(value.numerator) - log2(value.denominator)
