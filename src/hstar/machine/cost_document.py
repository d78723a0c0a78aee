"""The text of `cost_model.toml`, from the circuits."""

from __future__ import annotations

from hstar.air.program import ChipProgram, Circuit, Group
from hstar.air.tables import preprocessed_table
from hstar.machine.chips.catalogue import instruction_chips
from hstar.machine.circuits import example_circuits
from hstar.machine.cost import Weight
from hstar.machine.keccak import NUM_ROUNDS

_CALL = "keccak_call"
_HEAD = """\
# What a row of each chip costs the prover: [committed cells, fractions]. Written from the circuits by
# `python tools/generate_cost_model.py`; `version` changes with every change of a figure.
version = 1

# Nanoseconds of the cost figure for one cell and one fraction: the weights that the chips were designed by, not a
# measurement of this prover.
[nanoseconds]
cell = 58
fraction = 55
"""
_ROWS = """
# One row for each word touched in a segment; the row of a word's first and last value in the whole run; one word of
# the program table, in every segment; the fixed lookup tables of a segment; a precompile call, in the calling segment;
# a row that bridges a long gap between two accesses of a word; all rows of one keccak-f[1600].
[rows]
"""
_FIXED = ("bytes", "range")


def _weight(chip: ChipProgram) -> Weight:
    return Weight(chip.width, len(chip.interactions))


def _committed(chip: ChipProgram) -> Weight:
    """Without preprocessed columns: what a row that the run makes takes of a segment."""
    return Weight(chip.width - len(chip.group_range(Group.PREPROCESSED)), len(chip.interactions))


def _sum(parts: list[tuple[int, Weight]]) -> Weight:
    return Weight(
        sum(times * weight.cells for times, weight in parts), sum(times * weight.fractions for times, weight in parts)
    )


def _line(name: str, weight: Weight) -> str:
    return f"{name} = [{weight.cells}, {weight.fractions}]\n"


def _chip(circuit: Circuit, name: str) -> ChipProgram:
    return circuit.chips[circuit.chip_index(name)]


def cost_document() -> str:
    """The whole file."""
    cpu, keccak, memory, _ = example_circuits()
    tables = [
        (preprocessed_table(chip).shape[1], _weight(chip.program))
        for chip in cpu.chips
        if chip.program.name.startswith(_FIXED)
    ]
    permutation, a_round = (_weight(_chip(keccak.circuit, name)) for name in ("keccak_permutation", "keccak_round"))
    rows = {
        "boundary": _committed(_chip(cpu.circuit, "boundary")),
        "initial_final": _committed(_chip(memory.circuit, "input")),
        "program_word": _weight(_chip(cpu.circuit, "program")),
        "tables": _sum(tables),
        "call": _committed(_chip(cpu.circuit, _CALL)),
        "bridge": _committed(_chip(cpu.circuit, "bump")),
        "keccak_f1600": _sum([(1, permutation), (NUM_ROUNDS, a_round)]),
    }
    names = [chip.name for chip in instruction_chips()]
    chips = "".join(_line(name, _committed(_chip(cpu.circuit, name))) for name in names)
    return _HEAD + "\n[chips]\n" + chips + _ROWS + "".join(_line(name, weight) for name, weight in rows.items())
