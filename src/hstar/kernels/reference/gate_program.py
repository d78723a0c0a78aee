"""Definition of `kernels.gate_program`: one gate after the other, in the field's own classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hstar.field.extension import DEGREE, ZERO, ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.hash import poseidon2, sponge
from hstar.kernels.gate_types import NUM_BITS, WIRE_WORDS, GateOpcode
from hstar.kernels.vectors import Words

_Wires = list[tuple[int, ...]]


def run_gates(gates: Words, wires: Words) -> int | None:
    """Runs all gates; the number of the first requirement that fails, or None."""
    values: _Wires = [tuple(row) for row in wires.tolist()]
    failed = None
    for opcode, output, *operands in gates.tolist():
        result = _GATES[GateOpcode(opcode)](values, operands)
        if result is None:
            failed = output
            break
        for offset, words in enumerate(result):
            values[output + offset] = (*words, *([0] * (WIRE_WORDS - len(words))))
    wires[...] = values
    return failed


def _element(wires: _Wires, index: int) -> ExtensionElement:
    return ExtensionElement(wires[index][:DEGREE])


def _expression(wires: _Wires, operands: Sequence[int]) -> ExtensionElement:
    a, b, c = (_element(wires, index) for index in operands[:3])
    s, t, v, w, u = operands[3:8]
    return a * b * s + a * t + b * v + c * w + u


def _arithmetic(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]]:
    return [_expression(wires, operands).coefficients]


def _require_zero(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]] | None:
    return None if _expression(wires, operands) != ZERO else []


def _inverse(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]]:
    value = _element(wires, operands[0])
    return [(value if value == ZERO else value.inverse()).coefficients]


def _lane(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]]:
    return [[wires[operands[0]][operands[1]]]]


def _pack(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]]:
    return [[wires[index][0] for index in operands[:DEGREE]]]


def _bits(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]]:
    return [[wires[operands[0]][0] >> index & 1] for index in range(NUM_BITS)]


def _sponge(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]]:
    first, second, third, capacity = (wires[index] for index in operands[:4])
    words = [*first[:DEGREE], *second[:DEGREE], *third[:DEGREE]]
    rate = words[3:] if operands[4] else words[: sponge.RATE]
    lanes = poseidon2.permute([*rate, *capacity])
    return [lanes[0:6], lanes[6:12], lanes[12:15], lanes[15:24], lanes[0:9]]


def _compress(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]]:
    left, right = wires[operands[0]], wires[operands[2]]
    if wires[operands[1]][0]:
        left, right = right, left
    return [sponge.compress(operands[3], left, right)]


def _widen(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]]:
    return [[*wires[operands[0]][:6], *wires[operands[1]][:3]]]


def _require_digest(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]] | None:
    return None if wires[operands[0]] != wires[operands[1]] else []


def _range_step(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]]:
    """The branching program of `hstar.iop.jagged.relation.range_step`."""
    t0, t1, l0, l1, row, cell = (_element(wires, index) for index in operands[:6])
    start, end = (wires[index][0] for index in operands[6:8])
    both = row * cell
    row_only, cell_only = row - both, cell - both
    neither = 1 - row - cell_only
    equal = neither + both
    total = (t0 * (1 - start), t0 * start + t1 * (1 - start), t1 * start)
    less = (l0 * (1 - start), l0 * start + l1 * (1 - start), l1 * start)
    low = [t * end + v * (1 - end) for t, v in zip(total, less, strict=True)]
    high = [v * end for v in less]
    results = (
        equal * total[0] + cell_only * total[1],
        row_only * total[1] + equal * total[2],
        neither * low[0] + both * high[0] + cell_only * high[1],
        row_only * low[1] + neither * low[2] + both * high[2],
    )
    return [result.coefficients for result in results]


def _monomial_step(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]]:
    product, coordinate = _element(wires, operands[0]), _element(wires, operands[2])
    power = wires[operands[1]][0]
    return [(product * (1 - coordinate + coordinate * power)).coefficients, [power * power % MODULUS]]


def _weigh(wires: _Wires, operands: Sequence[int]) -> list[Sequence[int]]:
    total = _element(wires, operands[0])
    for word, index in zip(wires[operands[1]], operands[2:8], strict=False):
        total = total + _element(wires, index) * word
    return [total.coefficients]


_GATES: dict[GateOpcode, Callable[[_Wires, Sequence[int]], list[Sequence[int]] | None]] = {
    GateOpcode.ARITHMETIC: _arithmetic,
    GateOpcode.REQUIRE_ZERO: _require_zero,
    GateOpcode.INVERSE: _inverse,
    GateOpcode.LANE: _lane,
    GateOpcode.PACK: _pack,
    GateOpcode.BITS: _bits,
    GateOpcode.SPONGE: _sponge,
    GateOpcode.COMPRESS: _compress,
    GateOpcode.WIDEN: _widen,
    GateOpcode.REQUIRE_DIGEST: _require_digest,
    GateOpcode.RANGE_STEP: _range_step,
    GateOpcode.MONOMIAL_STEP: _monomial_step,
    GateOpcode.WEIGH: _weigh,
}
