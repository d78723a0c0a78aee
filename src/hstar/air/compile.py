"""From a traced chip to row programs for the kernels: the leaves of the GKR, and the bracket of the zerocheck.

Both are the chip's field program followed by its fingerprints. Values are weighed by challenges as soon as they are
known, up to six at a time, so that few of them are alive at once; then registers are given out by a linear scan.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hstar.air.evaluate import Fingerprint
from hstar.air.program import ChipProgram, Interaction, Leaf, Opcode, Scope
from hstar.field.extension import DEGREE, ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.kernels.row_types import MAX_TERMS, OPERANDS, RowOpcode, RowProgram
from hstar.kernels.vectors import Words

Challenges = dict[Scope, Fingerprint[ExtensionElement]]


@dataclass(frozen=True)
class BracketWeights:
    """Coefficients of a chip's leaves and constraints in the bracket of the zerocheck.

    Args:
        numerators, denominators: for each leaf of the chip.
        constraints: for each constraint.
    """

    numerators: Sequence[ExtensionElement]
    denominators: Sequence[ExtensionElement]
    constraints: Sequence[ExtensionElement]


@dataclass(frozen=True)
class CallValues:
    """What the challenges of a compiled chip are computed from."""

    segment_number: int
    post_commit_point: ExtensionElement
    fingerprints: Challenges
    weights: BracketWeights | None = None


Slot = Callable[[CallValues], ExtensionElement]
"""How the value of a challenge index is computed for a call."""


@dataclass(frozen=True)
class CompiledChip:
    """A row program and how its constants and challenges are made.

    Args:
        program: for the kernels.
        fixed_constants: canonical; constant 0 is the segment number and set by each call.
        slots: one for each challenge.
    """

    program: RowProgram
    fixed_constants: Words
    slots: tuple[Slot, ...]

    def arguments(self, values: CallValues) -> tuple[Words, Words]:
        """The constants `[num_constants]` and challenges `[num_challenges, 6]` of a call."""
        constants = self.fixed_constants.copy()
        constants[0] = values.segment_number
        rows = [slot(values).coefficients for slot in self.slots]
        return constants, np.array(rows, dtype=np.uint32).reshape(len(rows), DEGREE)


def compile_leaves(chip: ChipProgram) -> CompiledChip:
    """Outputs: numerator and denominator of each leaf, in the chip's order."""
    compiler = _Compiler(chip)
    outputs: list[int] = []
    for leaf in chip.leaves:
        numerator, denominator = compiler.leaf(leaf)
        outputs += [compiler.as_extension(numerator), denominator]
    return compiler.finish(outputs)


def compile_bracket(chip: ChipProgram) -> CompiledChip:
    """One output: the leaves' numerators and denominators and the constraints, weighed."""
    compiler = _Compiler(chip)
    for index in range(len(chip.constraints)):
        compiler.add_constraint(index)
    for index, leaf in enumerate(chip.leaves):
        compiler.add_leaf(index, leaf)
    return compiler.finish([compiler.total()])


@dataclass(frozen=True)
class _Value:
    """A virtual register: a column register (kind c) or an extension register (kind e)."""

    kind: str
    number: int


class _Compiler:
    """Emits instructions over virtual registers; a node is computed when it is first needed."""

    def __init__(self, chip: ChipProgram) -> None:
        self._chip = chip
        self._code: list[tuple[RowOpcode, int, int, int]] = []
        self._terms: list[tuple[int, int]] = []
        self._constants: dict[int, int] = {-1: 0}  # constant 0 is the segment number
        self._slots: list[Slot] = []
        self._slot_numbers: dict[object, int] = {}
        self._nodes: dict[int, _Value] = {}
        self._counts = {"c": chip.width, "e": 0}
        self._negated: dict[int, _Value] = {}
        self._pending: list[tuple[int, int]] = []
        self._total: int | None = None

    # Nodes of the chip's program

    def node(self, root: int) -> _Value:
        """The register of a node, computing what is missing below it."""
        for node in sorted(self._chip.program.nodes_below([root]) - self._nodes.keys()):
            self._nodes[node] = self._compute(node)
        return self._nodes[root]

    def _compute(self, node: int) -> _Value:
        opcode, left, right = self._chip.program.instructions[node]
        match opcode:
            case Opcode.CONSTANT:
                return self._emit(RowOpcode.CONSTANT, self._constant(left))
            case Opcode.SEGMENT_NUMBER:
                return self._emit(RowOpcode.CONSTANT, 0)
            case Opcode.COLUMN:
                return _Value("c", left)
            case Opcode.POST_COMMIT_POINT:
                return self._emit(RowOpcode.CHALLENGE, self._slot("point", lambda call: call.post_commit_point))
            case Opcode.NEGATE:
                return self._negate(self._nodes[left])
            case Opcode.MULTIPLY:
                return self._multiply(left, right)
            case Opcode.ADD:
                return self._add(left, right)
            case Opcode.SUBTRACT:
                return self._subtract(left, right)

    def _constant_of(self, node: int) -> int | None:
        opcode, value, _ = self._chip.program.instructions[node]
        return value if opcode is Opcode.CONSTANT else None

    def _multiply(self, left: int, right: int) -> _Value:
        for factor, other in ((left, right), (right, left)):
            constant = self._constant_of(factor)
            if constant is not None and self._nodes[other].kind == "c":
                if constant == MODULUS - 1:
                    return self._negate(self._nodes[other])
                return self._emit(RowOpcode.MULTIPLY_CONSTANT, self._nodes[other], self._constant(constant))
        a, b = self._nodes[left], self._nodes[right]
        if a.kind == b.kind:
            return self._emit(RowOpcode.MULTIPLY if a.kind == "c" else RowOpcode.EXTENSION_MULTIPLY, a, b)
        return self._emit(RowOpcode.MIXED_MULTIPLY, *((a, b) if a.kind == "e" else (b, a)))

    def _add(self, left: int, right: int) -> _Value:
        for summand, other in ((left, right), (right, left)):
            constant = self._constant_of(summand)
            if constant is not None and self._nodes[other].kind == "c":
                return self._emit(RowOpcode.ADD_CONSTANT, self._nodes[other], self._constant(constant))
        return self._sum(self._nodes[left], self._nodes[right])

    def _sum(self, a: _Value, b: _Value) -> _Value:
        if a.kind == b.kind:
            return self._emit(RowOpcode.ADD if a.kind == "c" else RowOpcode.EXTENSION_ADD, a, b)
        return self._emit(RowOpcode.MIXED_ADD, *((a, b) if a.kind == "e" else (b, a)))

    def _subtract(self, left: int, right: int) -> _Value:
        a, b = self._nodes[left], self._nodes[right]
        constant = self._constant_of(right)
        if constant is not None and a.kind == "c":
            return self._emit(RowOpcode.ADD_CONSTANT, a, self._constant(-constant % MODULUS))
        if a.kind == b.kind:
            return self._emit(RowOpcode.SUBTRACT if a.kind == "c" else RowOpcode.EXTENSION_SUBTRACT, a, b)
        return self._sum(a, self._negate(b))

    def _negate(self, value: _Value) -> _Value:
        return self._emit(RowOpcode.NEGATE if value.kind == "c" else RowOpcode.EXTENSION_NEGATE, value)

    # Fractions and leaves

    def leaf(self, leaf: Leaf, weights: tuple[int, int] | None = None) -> tuple[_Value, int]:
        """Numerator (of either kind) and extension register of the denominator of a leaf.

        Args:
            leaf: of the chip.
            weights: challenges that they are multiplied by, of all factors those of the lowest degree: a factor that
                is linear in a row is computed at fewer points of a round than a product of several.
        """
        interactions = [self._chip.interactions[index] for index in leaf.interactions]
        numerators = [self._numerator(interaction) for interaction in interactions]
        if len(numerators) > 1 and len(set(numerators)) == 1:
            return self._leaf_of_one_numerator(interactions, leaf.scope, numerators[0], weights)
        numerator, denominator = numerators[0], self._denominator(interactions[0], leaf.scope)
        for interaction, next_numerator in zip(interactions[1:], numerators[1:], strict=True):
            next_denominator = self._denominator(interaction, leaf.scope)
            left = self._times(next_denominator, numerator)
            right = self._times(denominator, next_numerator)
            numerator = self._emit(RowOpcode.EXTENSION_ADD, left, right)
            if weights and interaction is interactions[-1]:
                next_denominator = self._emit(RowOpcode.SCALE, next_denominator, weights[1])
            denominator = self._emit(RowOpcode.EXTENSION_MULTIPLY, denominator, next_denominator)
        if weights and len(interactions) == 1:
            denominator = self._emit(RowOpcode.SCALE, denominator, weights[1])
        if weights:
            numerator = self._scaled(numerator, weights[0])
        return numerator, denominator.number

    def _scaled(self, value: _Value, slot: int) -> _Value:
        """The value times a challenge."""
        return self._emit(RowOpcode.SCALE, value, slot) if value.kind == "e" else self._weigh([(value.number, slot)])

    def _leaf_of_one_numerator(
        self, interactions: Sequence[Interaction], scope: Scope, common: _Value, weights: tuple[int, int] | None
    ) -> tuple[_Value, int]:
        """The sum of the inverse denominators, times the common numerator: one product less for each fraction."""
        left, right, *others = (self._denominator(interaction, scope) for interaction in interactions)
        numerator = self._emit(RowOpcode.EXTENSION_ADD, left, right)
        scaled_right = self._emit(RowOpcode.SCALE, right, weights[1]) if weights and not others else right
        denominator = self._emit(RowOpcode.EXTENSION_MULTIPLY, left, scaled_right)
        for index, other in enumerate(others):
            product = self._emit(RowOpcode.EXTENSION_MULTIPLY, numerator, other)
            numerator = self._emit(RowOpcode.EXTENSION_ADD, product, denominator)
            is_last = index + 1 == len(others)
            factor = self._emit(RowOpcode.SCALE, other, weights[1]) if weights and is_last else other
            denominator = self._emit(RowOpcode.EXTENSION_MULTIPLY, denominator, factor)
        return self._times(numerator, self._scaled(common, weights[0]) if weights else common), denominator.number

    def _numerator(self, interaction: Interaction) -> _Value:
        value = self.node(interaction.multiplicity)
        if interaction.direction.sign > 0:
            return value
        if interaction.multiplicity not in self._negated:
            constant = self._constant_of(interaction.multiplicity)
            self._negated[interaction.multiplicity] = (
                self._negate(value)
                if constant is None
                else self._emit(RowOpcode.CONSTANT, self._constant(-constant % MODULUS))
            )
        return self._negated[interaction.multiplicity]

    def _times(self, denominator: _Value, numerator: _Value) -> _Value:
        if numerator.kind == "e":
            return self._emit(RowOpcode.EXTENSION_MULTIPLY, denominator, numerator)
        return self._emit(RowOpcode.MIXED_MULTIPLY, denominator, numerator)

    def _denominator(self, interaction: Interaction, scope: Scope) -> _Value:
        """alpha - eq(beta, 0) identifier - sum eq(beta, i) v_i; the first two are one challenge."""
        identifier = interaction.bus_identifier

        def start(call: CallValues) -> ExtensionElement:
            fingerprint = call.fingerprints[scope]
            return fingerprint.alpha - fingerprint.weights[0] * identifier

        slot = self._slot(("start", scope, identifier), start)
        terms = [
            (self.node(node).number, self._slot(("weight", scope, index), _negative_weight(scope, index)))
            for index, node in enumerate(interaction.message, start=1)
        ]
        if not terms:
            return self._emit(RowOpcode.CHALLENGE, slot)
        first, *others = (
            self._weigh(terms[position : position + MAX_TERMS]) for position in range(0, len(terms), MAX_TERMS)
        )
        result = self._emit(RowOpcode.ADD_CHALLENGE, first, slot)
        for weighed in others:
            result = self._emit(RowOpcode.EXTENSION_ADD, result, weighed)
        return result

    def as_extension(self, value: _Value) -> int:
        """The number of an extension register with this value."""
        return (value if value.kind == "e" else self._emit(RowOpcode.LIFT, value)).number

    # The bracket

    def add_constraint(self, index: int) -> None:
        """Adds a weighed constraint to the total."""
        self._add_weighed(
            self.node(self._chip.constraints[index].root),
            self._slot(("constraint", index), lambda call: _weights(call).constraints[index]),
        )

    def add_leaf(self, index: int, leaf: Leaf) -> None:
        """Adds a leaf's weighed numerator and denominator to the total."""
        slots = (
            self._slot(("numerator", index), lambda call: _weights(call).numerators[index]),
            self._slot(("denominator", index), lambda call: _weights(call).denominators[index]),
        )
        numerator, denominator = self.leaf(leaf, slots)
        self._accumulate(numerator)
        self._accumulate(_Value("e", denominator))

    def total(self) -> int:
        """The extension register of everything that was added."""
        self._flush()
        if self._total is None:
            zero = self._emit(RowOpcode.CONSTANT, self._constant(0))
            return self.as_extension(zero)
        return self._total

    def _add_weighed(self, value: _Value, slot: int) -> None:
        if value.kind == "e":
            self._accumulate(self._scaled(value, slot))
            return
        self._pending.append((value.number, slot))
        if len(self._pending) == MAX_TERMS:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._accumulate(self._weigh(self._pending))
            self._pending = []

    def _accumulate(self, value: _Value) -> None:
        if self._total is not None:
            value = self._emit(RowOpcode.EXTENSION_ADD, _Value("e", self._total), value)
        self._total = value.number

    # Emission

    def _weigh(self, terms: Sequence[tuple[int, int]]) -> _Value:
        first = len(self._terms)
        self._terms += terms
        return self._emit(RowOpcode.WEIGH, first, len(terms))

    def _emit(self, opcode: RowOpcode, a: _Value | int, b: _Value | int = 0) -> _Value:
        kind = OPERANDS[opcode][0]
        value = _Value(kind, self._counts[kind])
        self._counts[kind] += 1
        operands = [item.number if isinstance(item, _Value) else item for item in (a, b)]
        self._code.append((opcode, value.number, operands[0], operands[1]))
        return value

    def _constant(self, value: int) -> int:
        return self._constants.setdefault(value, len(self._constants))

    def _slot(self, key: object, slot: Slot) -> int:
        if key not in self._slot_numbers:
            self._slot_numbers[key] = len(self._slots)
            self._slots.append(slot)
        return self._slot_numbers[key]

    def finish(self, outputs: Sequence[int]) -> CompiledChip:
        """Real registers for virtual ones."""
        allocation = _allocate(self._code, self._terms, outputs, self._chip.width)
        constants = np.array([max(value, 0) for value in self._constants], dtype=np.uint32)
        program = RowProgram(
            instructions=np.array(allocation.code, dtype=np.uint32).reshape(-1, 4),
            terms=np.array(allocation.terms, dtype=np.uint32).reshape(-1, 2),
            outputs=np.array(allocation.outputs, dtype=np.uint32),
            num_columns=self._chip.width,
            num_column_registers=allocation.sizes["c"],
            num_extension_registers=allocation.sizes["e"],
            num_constants=len(constants),
            num_challenges=len(self._slots),
        )
        return CompiledChip(program, constants, tuple(self._slots))


def _weights(call: CallValues) -> BracketWeights:
    if call.weights is None:
        raise ValueError("a bracket needs weights")
    return call.weights


def _negative_weight(scope: Scope, index: int) -> Slot:
    return lambda call: -call.fingerprints[scope].weights[index]


@dataclass(frozen=True)
class _Allocation:
    code: list[tuple[int, int, int, int]]
    terms: list[tuple[int, int]]
    outputs: list[int]
    sizes: dict[str, int]


def _registers_of(
    instruction: tuple[RowOpcode, int, int, int], terms: Sequence[tuple[int, int]]
) -> list[tuple[str, int]]:
    """The virtual registers that an instruction reads."""
    opcode, _, a, b = instruction
    if opcode is RowOpcode.WEIGH:
        return [("c", register) for register, _ in terms[a : a + b]]
    kinds = OPERANDS[opcode]
    return [(kind, number) for kind, number in ((kinds[1], a), (kinds[2], b)) if kind in "ce"]


def _allocate(
    code: Sequence[tuple[RowOpcode, int, int, int]],
    terms: Sequence[tuple[int, int]],
    outputs: Sequence[int],
    num_columns: int,
) -> _Allocation:
    """Linear scan: the smallest free register for every new value; a value dies with its last reader."""
    last_use = {("e", register): len(code) for register in outputs}
    for position, instruction in enumerate(code):
        for register in _registers_of(instruction, terms):
            last_use[register] = max(position, last_use.get(register, 0))
    free: dict[str, list[int]] = {"c": [], "e": []}
    sizes = {"c": num_columns, "e": 0}
    real: dict[tuple[str, int], int] = {("c", column): column for column in range(num_columns)}
    new_code: list[tuple[int, int, int, int]] = []
    new_terms = list(terms)
    for position, instruction in enumerate(code):
        opcode, destination, a, b = instruction
        read = _registers_of(instruction, terms)
        kinds = OPERANDS[opcode]
        if opcode is RowOpcode.WEIGH:
            for index in range(a, a + b):
                new_terms[index] = (real["c", terms[index][0]], terms[index][1])
        new_a = real[kinds[1], a] if kinds[1] in "ce" else a
        new_b = real[kinds[2], b] if kinds[2] in "ce" else b
        for register in dict.fromkeys(read):
            if last_use[register] == position and not (register[0] == "c" and register[1] < num_columns):
                heapq.heappush(free[register[0]], real[register])
        kind = kinds[0]
        if free[kind]:
            register_number = heapq.heappop(free[kind])
        else:
            register_number, sizes[kind] = sizes[kind], sizes[kind] + 1
        real[kind, destination] = register_number
        if (kind, destination) not in last_use:  # computed for nobody: its register is free again at once
            heapq.heappush(free[kind], register_number)
        new_code.append((int(opcode), register_number, new_a, new_b))
    return _Allocation(new_code, new_terms, [real["e", register] for register in outputs], sizes)
