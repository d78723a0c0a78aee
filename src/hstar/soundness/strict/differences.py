"""Strict minus soundcalc, for every system and round, with the reasons of each difference.

A round of soundcalc's reports is compared with the weakest of the strict terms that take its place, in the regime
that gives the circuit most bits on either side. Systems with many circuits get one line for each round, with the
smallest and the largest difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from hstar.soundness.render.numbers import bits_number, shown_bits
from hstar.soundness.soundcalc.cells import Cell, Row
from hstar.soundness.soundcalc.regimes import JohnsonBound
from hstar.soundness.soundcalc.report import SystemReport
from hstar.soundness.strict.codes import Choice, Kind
from hstar.soundness.strict.evaluate import StrictCell, StrictCircuit
from hstar.soundness.strict.lookups import MESSAGE
from hstar.soundness.strict.reasons import Difference
from hstar.soundness.strict.system import StrictSystem

OF_LISTS = frozenset({Difference.LOOKUP_LIST, Difference.LIST_COSTS_BITS})
"""Reasons that hold where there is a list."""


@dataclass(frozen=True)
class RoundDifference:
    """One round of one circuit.

    Args:
        circuit: its name.
        label: the column of soundcalc's report.
        soundcalc: bits there; None: not stated or unavailable.
        strict: bits of the weakest strict term in its place; None: unavailable.
        reasons: why they differ.
    """

    circuit: str
    label: str
    soundcalc: Fraction | None
    strict: Fraction | None
    reasons: tuple[Difference, ...]

    @property
    def gain(self) -> float | None:
        """Strict minus soundcalc, in hundredths of a bit; None where one of the two is missing."""
        if self.soundcalc is None or self.strict is None:
            return None
        return round(bits_number(self.strict) - bits_number(self.soundcalc), 2)


def system_differences(report: SystemReport) -> tuple[RoundDifference, ...]:
    """Every round of every circuit, also those that agree."""
    system = StrictSystem(report)
    return tuple(one for strict in system.circuits for one in circuit_differences(strict))


def circuit_differences(strict: StrictCircuit) -> Iterator[RoundDifference]:
    """Every round of a circuit in soundcalc's best regime and in the strict one."""
    rows = [row for row in strict.circuit.rows if row.weakest is not None]
    row = max(rows or strict.circuit.rows, key=lambda entry: entry.weakest.rank if entry.weakest else Fraction(-1))
    groups: dict[str, list[StrictCell]] = {}
    for cell in strict.cells:
        groups.setdefault(cell.ingredient.stands_for or cell.label, []).append(cell)
    old = {cell.label: cell for cell in row.cells}
    for label in dict.fromkeys((*old, *groups)):
        yield _round(strict, row, label, old.get(label), groups.get(label, []))
    shared = next((entry for entry in strict.rounds if entry.name == MESSAGE), None)
    if shared is not None and len(shared.terms) > 1:
        yield RoundDifference(
            strict.circuit.name, f"{MESSAGE} together", None, shared.bits, (Difference.LOOKUPS_ADD_UP,)
        )


def _round(strict: StrictCircuit, row: Row, label: str, old: Cell | None, cells: list[StrictCell]) -> RoundDifference:
    missing = any(cell.term is None for cell in cells)
    bits = None if missing or not cells else min(cell.term.bits for cell in cells if cell.term is not None)
    before = None if old is None or old.term is None else old.term.bits
    reasons = dict.fromkeys(reason for cell in cells for reason in _reasons(strict, row, old, cell))
    if not cells:
        reasons = {Difference.PAIRS: None}  # the only term that can be left out: lists of one have no pairs
    if old is None:
        reasons = {Difference.MISSING: None}
    return RoundDifference(strict.circuit.name, label, before, bits, tuple(reasons))


def _reasons(strict: StrictCircuit, row: Row, old: Cell | None, cell: StrictCell) -> Iterator[Difference]:
    """Why a term's number is not soundcalc's: what its family says, and what the two regimes say."""
    choice = strict.choices[cell.ingredient.part]
    if cell.term is None:
        if old is not None and old.term is not None:
            yield Difference.LOOKUP_COUNT
        return
    for reason in cell.ingredient.differences:
        if reason not in OF_LISTS or choice.kind is not Kind.UNIQUE:
            yield reason
    names = {entry.name for term in (cell.term, old.term if old else None) if term for entry in term.symbols}
    if not _same_regime(strict, row, choice) and names & {"L", "E", "delta", "E_l"}:
        yield Difference.REGIME
    if _from_gap(strict, row) and "L" in names:
        yield Difference.LIST_FROM_GAP
    setting = cell.ingredient.grinding()
    if setting is not None and setting.value:
        yield Difference.EFFECTIVE_GRINDING


def _same_regime(strict: StrictCircuit, row: Row, choice: Choice) -> bool:
    if choice.kind is Kind.UNIQUE or row.regime == "UDR":
        return choice.kind is Kind.UNIQUE and row.regime == "UDR"
    (regime,) = [one for one in strict.circuit.regimes() if one.label == row.regime]
    return regime.multiplicity == choice.multiplicity


def _from_gap(strict: StrictCircuit, row: Row) -> bool:
    (regime,) = [one for one in strict.circuit.regimes() if one.label == row.regime]
    if regime.missing or regime.is_unique:
        return False
    code = regime.code(Fraction(1, 4), 4)
    return isinstance(code, JohnsonBound) and code.gap_square is not None


def differences_markdown(reports: Iterable[SystemReport]) -> str:
    """The page: every system, then what the reasons mean."""
    lines = [
        "# Strict minus soundcalc",
        "",
        "<!-- Written by `make differences`; a test says when it is out of date. -->",
        "",
        "For every system and round: the bits of the strict total ([strict.md](strict.md)) minus those of soundcalc's",
        "formula, both before rounding to whole bits. Several circuits give a range. Rounds that agree to the",
        "hundredth are not listed. The reasons are explained at the end.",
        "",
    ]
    used: set[Difference] = set()
    for report in reports:
        section, reasons = _system_section(report)
        lines += section
        used |= reasons
    lines += ["## Reasons", "", "| reason | what | source |", "| --- | --- | --- |"]
    lines += [f"| `{one}` | {one.sentence} | {one.source} |" for one in Difference if one in used]
    lines += ["", *_EXAMPLE]
    return "\n".join(lines) + "\n"


_EXAMPLE = (
    "## Worked example",
    "",
    "What a digest of 256 bits costs a proof whose weakest round has 128.85 bits:",
    "",
    "```pycon",
    ">>> from math import floor, log2",
    ">>> floor(-log2(2**-128.85 + 3 * 2**128 / 2**256) * 100) / 100",
    "126.17",
    "```",
)


def _system_section(report: SystemReport) -> tuple[list[str], set[Difference]]:
    system, standing = StrictSystem(report), report.standing
    lines = [f"## {report.file.name}", ""]
    lines += ["| total | soundcalc | strict, interactive | strict | reasons |", "| --- | --- | --- | --- | --- |"]
    weakest = min(
        (one for one in system.circuits if one.interactive_bits is not None),
        key=lambda one: one.interactive_bits or Fraction(0),
        default=None,
    )
    mark = "" if system.is_complete else " (incomplete)"
    before = f"{standing.weakest.shown} ({standing.regime}, {standing.circuit})" if standing else "—"
    interactive = weakest.interactive_bits if weakest else None
    used = {Difference.BEST_PER_CIRCUIT} if len(system.circuits) > 1 else set()
    used |= {Difference.HASH}
    lines.append(
        f"| bits | {before} | {_shown(interactive)}{f', {weakest.circuit.name}' if weakest else ''} | "
        f"{_shown(system.security_bits)}{mark} | {_names(used)} |"
    )
    lines += ["", "| round | circuits | soundcalc | strict | difference | reasons |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    rounds: dict[str, list[RoundDifference]] = {}
    for one in system_differences(report):
        rounds.setdefault(one.label, []).append(one)
    agreeing = 0
    for label, entries in rounds.items():
        listed = [one for one in entries if one.gain != 0]
        agreeing += len(entries) - len(listed)
        if listed and not all(one.soundcalc is None and one.strict is None for one in listed):
            lines.append(_line(label, listed))
            used |= {reason for one in listed for reason in one.reasons}
    lines += ["", f"{agreeing} rounds agree.", ""]
    return lines, used


def _line(label: str, entries: list[RoundDifference]) -> str:
    gains = sorted(one.gain for one in entries if one.gain is not None)
    shown = (
        "—" if not gains else f"{gains[0]:+.2f}" if gains[0] == gains[-1] else f"{gains[0]:+.2f} to {gains[-1]:+.2f}"
    )
    before = _range([one.soundcalc for one in entries], "not stated")
    after = _range([one.strict for one in entries], "none")
    reasons = dict.fromkeys(reason for one in entries for reason in one.reasons)
    return f"| {label} | {len(entries)} | {before} | {after} | {shown} | {_names(reasons)} |"


def _range(bits: list[Fraction | None], absent: str) -> str:
    known = sorted(one for one in bits if one is not None)
    if not known:
        return absent
    ends = _shown(known[0]) if known[0] == known[-1] else f"{_shown(known[0])} to {_shown(known[-1])}"
    return ends if len(known) == len(bits) else f"{ends}, or {absent}"


def _shown(bits: Fraction | None) -> str:
    return "—" if bits is None else shown_bits(bits)


def _names(reasons: Iterable[Difference]) -> str:
    return ", ".join(f"`{one}`" for one in Difference if one in set(reasons))
