"""Heights and cell ranges on the verifier's side: everything as bits, everything range-checked.

Soundness: heights above 2^l would alias rows, and a bundle that reaches beyond its group would read cells of another
one, which may have been committed after the challenge that its own group is bound by.
"""

from __future__ import annotations

from collections.abc import Sequence

from hstar.air.program import Group
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import Proof
from hstar.transcript.arithmetic import Arithmetic, Bits
from hstar.transcript.reason import ProofReason


def heights_of(key: VerifyingKey, proof: Proof) -> list[int]:
    """The height of every chip: from the key where it fixes it, from the proof elsewhere."""
    heights = [height if height is not None else 0 for height in key.fixed_heights]
    for indices, values in ((key.early_chips, proof.early_heights), (key.late_chips, proof.late_heights)):
        for chip_index, value in zip(indices, values, strict=True):
            heights[chip_index] = value
    return heights


def height_bits(arithmetic: Arithmetic, key: VerifyingKey, heights: Sequence[int]) -> list[Bits]:
    """l + 1 bits of every height, of which the top one excludes the others.

    Raises:
        VerificationError: HEIGHT_OUT_OF_RANGE.
    """
    log_rows = key.parameters.log_max_height
    all_bits: list[Bits] = []
    for chip, height in zip(key.circuit.chips, heights, strict=True):
        sentence = f"chip {chip.name} has more than 2^{log_rows} rows"
        bits = arithmetic.bits(height, log_rows + 1, ProofReason.HEIGHT_OUT_OF_RANGE, sentence, chip=chip.name)
        for bit in bits[:-1]:
            arithmetic.require_equal(bits[-1] * bit, 0, ProofReason.HEIGHT_OUT_OF_RANGE, sentence, chip=chip.name)
        all_bits.append(bits)
    return all_bits


def range_bits(arithmetic: Arithmetic, key: VerifyingKey, heights: Sequence[int]) -> list[tuple[Bits, Bits]]:
    """First cell and end of every bundle, as m + 1 bits each.

    A start is the end of the bundle before it. Ends are computed in units of the bundle's width, where no sum reaches
    the modulus: both terms are range-checked, the end of the bundle before and the height.

    Raises:
        VerificationError: GROUP_OVERFLOW.
    """
    num_bits = key.parameters.log_cells + 1
    ends = [_constant_bits(start, num_bits) for start in key.group_starts]
    ranges: list[tuple[Bits, Bits]] = []
    for bundle in key.bundles:
        start, unit = ends[bundle.group], bundle.log_width
        end_in_units = _from_bits(start[unit:]) + heights[bundle.chip_index]
        _require_inside(arithmetic, key, bundle.group, end_in_units, unit)
        high_bits = arithmetic.bits(
            end_in_units, num_bits - unit, ProofReason.GROUP_OVERFLOW, _overflow(bundle.group), group=bundle.group.name
        )
        end = [*_constant_bits(0, unit), *high_bits]
        ranges.append((start, end))
        ends[bundle.group] = end
    return ranges


def _require_inside(arithmetic: Arithmetic, key: VerifyingKey, group: Group, end_in_units: int, unit: int) -> None:
    room = (key.group_ends[group] >> unit) - end_in_units
    num_bits = key.parameters.log_cells + 1 - unit
    arithmetic.bits(room, num_bits, ProofReason.GROUP_OVERFLOW, _overflow(group), group=group.name)


def _overflow(group: Group) -> str:
    return f"the tables do not fit the stack columns of the {group.name.lower()} group"


def _constant_bits(value: int, num_bits: int) -> Bits:
    return [value >> index & 1 for index in range(num_bits)]


def _from_bits(bits: Bits) -> int:
    return sum(bit * (1 << index) for index, bit in enumerate(bits))
