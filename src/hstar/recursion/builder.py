"""Recording gates: equal ones once, constants folded, sums and products fused, nothing that no requirement needs."""

from __future__ import annotations

from collections.abc import Sequence

from hstar.field.extension import DEGREE, ExtensionElement
from hstar.field.koala_bear import MODULUS, inverse
from hstar.hash import sponge
from hstar.kernels.gate_types import NUM_BITS, NUM_OUTPUTS, WIRE_WORDS, GateOpcode
from hstar.recursion.errors import TraceReason, refuse
from hstar.recursion.parts import current_part
from hstar.recursion.program import OpeningHints, Requirement
from hstar.recursion.symbols import Form, product_of

ZERO_WIRE = 0
"""The wire of the constant 0."""
_NO_LANES: list[Form | None] = [None] * WIRE_WORDS
_WIDE_GATES = (GateOpcode.COMPRESS, GateOpcode.WIDEN)
HALF = DEGREE // 2
"""Elements of E are absorbed in blocks of 15 words: two and a half of them."""
CAPACITY_OUTPUT, DIGEST_OUTPUT = 3, 4
"""The wide outputs of a SPONGE gate."""


class Builder:
    """A program while it is being traced. Forms in, forms out; `wide` wires are numbers."""

    def __init__(self) -> None:
        self.gates: list[tuple[int, ...]] = []
        self.parts: list[str] = []
        self.wide_wires: list[bool] = []
        self.words: dict[int, tuple[int, ...]] = {}
        self.requirements: list[Requirement] = []
        self.public_wires: list[int] = []
        self.carried: set[int] = set()
        self.advice_wires: list[int] = []
        self.proof_wires: list[list[int]] = []
        self.openings: list[OpeningHints] = []
        self.base_wires: list[bool] = []
        self._known: dict[tuple[int, ...], int] = {}
        self._constants: dict[tuple[int, ...], int] = {}
        self._lane_of: dict[int, tuple[int, int]] = {}
        self._lanes: dict[int, list[Form | None]] = {}  # of every wire that was taken apart or packed
        self._sponges: dict[int, list[Form]] = {}
        self._constant_wire((0,) * DEGREE)

    # Wires

    def wire(self, form: Form) -> int:
        """The narrow wire that holds a value; a gate computes it if there is none yet."""
        if _is_wire(form):
            return form.linear[0][0]
        if form.is_constant:
            return self._constant_wire((form.constant, 0, 0, 0, 0, 0))
        return self._gate(GateOpcode.ARITHMETIC, *_operands(form), is_base=self.is_base(form))

    def on_wire(self, wire: int) -> Form:
        """The value of a narrow wire."""
        return Form() if wire == ZERO_WIRE else Form(None, 0, ((wire, 1),))

    def public(self, *, is_base: bool) -> Form:
        """The next public input."""
        self.public_wires.append(self._new_wire(is_base=is_base))
        return self.on_wire(self.public_wires[-1])

    def hint(self, *, wide: bool = False) -> int:
        """A wire that the prover fills: any element of E, or any nine words."""
        return self._new_wire(wide=wide)

    def is_base(self, form: Form) -> bool:
        """Whether the value is certainly in K."""
        base = self.base_wires
        for wire, _ in form.linear:
            if not base[wire]:
                return False
        return form.product is None or (base[form.product[0]] and base[form.product[1]])

    def element(self, value: ExtensionElement) -> Form:
        """A constant of E."""
        first, *others = value.coefficients
        return self.on_wire(self._constant_wire(value.coefficients)) if any(others) else Form(constant=first)

    # Arithmetic

    def add(self, left: Form, right: Form) -> Form:
        """The sum; what one gate does not hold is put on wires first, the longer side before the other."""
        total = left.plus(right)
        while total is None:
            if left.num_wires >= right.num_wires and not left.is_affine:
                left = self.on_wire(self.wire(left))
            else:
                right = self.on_wire(self.wire(right))
            total = left.plus(right)
        return total

    def multiply(self, left: Form, right: Form) -> Form:
        """The product."""
        if left.is_constant:
            return right.scaled(left.constant)
        if right.is_constant:
            return left.scaled(right.constant)
        first, second = (form if form.is_affine else self.on_wire(self.wire(form)) for form in (left, right))
        return product_of(first, second)

    def inverse(self, form: Form, requirement: Requirement) -> Form:
        """The inverse of a value that is thereby required not to be zero."""
        if form.is_constant:
            if not form.constant:
                raise requirement.error()
            return Form(constant=inverse(form.constant))
        wire = self.wire(form)
        is_new = (GateOpcode.INVERSE, wire) not in self._known
        result = self.on_wire(self._gate(GateOpcode.INVERSE, wire, is_base=self.base_wires[wire]))
        if is_new:
            product = product_of(self.on_wire(wire), result)
            self.require_zero(self.add(product, Form(constant=MODULUS - 1)), requirement)
        return result

    def lane(self, form: Form, index: int) -> Form:
        """A coefficient of an element of E, as an element of K."""
        if self.is_base(form):
            return form if index == 0 else Form()
        return self._lane_of_wire(self.wire(form), index)

    def lanes(self, form: Form) -> list[Form]:
        """All six coefficients."""
        if self.is_base(form):
            return [form, *(Form() for _ in range(DEGREE - 1))]
        wire = self.wire(form)
        if wire in self.words or wire in self._lanes:
            return [self._lane_of_wire(wire, index) for index in range(DEGREE)]
        return self._new_lanes(wire, range(DEGREE))

    def _lane_of_wire(self, wire: int, index: int) -> Form:
        if wire in self.words:
            return Form(constant=self.words[wire][index])
        lane = self._lanes.get(wire, _NO_LANES)[index]
        return self._new_lanes(wire, (index,))[0] if lane is None else lane

    def _new_lanes(self, wire: int, indices: Sequence[int]) -> list[Form]:
        """LANE gates that do not exist yet."""
        lanes = self._lanes.setdefault(wire, list(_NO_LANES))
        first, part = len(self.wide_wires), current_part()
        forms: list[Form] = []
        for lane, index in enumerate(indices, start=first):
            self.gates.append((GateOpcode.LANE, lane, wire, index))
            self._lane_of[lane] = (wire, index)
            form = lanes[index] = Form(None, 0, ((lane, 1),))
            forms.append(form)
        self.parts += [part] * len(forms)
        self.wide_wires += [False] * len(forms)
        self.base_wires += [True] * len(forms)
        return forms

    def pack(self, forms: Sequence[Form]) -> Form:
        """An element of E from six elements of K."""
        self._check_base(forms)
        if all(_is_zero(form) for form in forms[1:]):
            return forms[0]
        return self.on_wire(self._pack_wire(forms))

    def _pack_wire(self, forms: Sequence[Form]) -> int:
        forms = [*forms, *([Form()] * (DEGREE - len(forms)))]
        found = self._port(forms, 0)
        if found is not None:
            return found
        wire = self._gate(GateOpcode.PACK, *(self.wire(form) for form in forms))
        self._lanes[wire] = list(forms)
        return wire

    def bits(self, form: Form) -> list[Form]:
        """The 31 digits of the canonical representative, lowest first."""
        self._check_base([form])
        if form.is_constant:
            return [Form(constant=form.constant >> index & 1) for index in range(NUM_BITS)]
        first = self._gate(GateOpcode.BITS, self.wire(form), is_base=True)
        return [self.on_wire(first + index) for index in range(NUM_BITS)]

    # Formulas with a gate of their own

    def range_step(self, elements: Sequence[Form], bits: Sequence[Form]) -> list[Form]:
        """The RANGE_STEP gate: four elements of state and two coordinates, two bits; the next state."""
        self._check_base(bits)
        first = self._gate(GateOpcode.RANGE_STEP, *(self.wire(form) for form in (*elements, *bits)))
        return [self.on_wire(first + index) for index in range(NUM_OUTPUTS[GateOpcode.RANGE_STEP])]

    def monomial_step(self, product: Form, power: Form, coordinate: Form) -> tuple[Form, Form]:
        """The MONOMIAL_STEP gate, for a power in K."""
        self._check_base([power])
        first = self._gate(GateOpcode.MONOMIAL_STEP, *(self.wire(form) for form in (product, power, coordinate)))
        self.base_wires[first + 1] = True
        return self.on_wire(first), self.on_wire(first + 1)

    def dot(self, weights: Sequence[Form], values: Sequence[Form]) -> Form:
        """A sum of products; neighbouring lanes of one wire are weighed by one gate."""
        total, position = Form(), 0
        while position < len(values):
            source = self._lane_of.get(self.wire(values[position])) if _is_wire(values[position]) else None
            count = 1
            while source and position + count < len(values) and self._is_lane(values[position + count], source, count):
                count += 1
            if source is None or count == 1:
                total = self.add(total, self.multiply(weights[position], values[position]))
            else:
                total = self._weigh(total, source, weights[position : position + count])
            position += count
        return total

    def _is_lane(self, form: Form, source: tuple[int, int], offset: int) -> bool:
        wire, lane = source
        return _is_wire(form) and self._lane_of.get(form.linear[0][0]) == (wire, lane + offset)

    def _weigh(self, total: Form, source: tuple[int, int], weights: Sequence[Form]) -> Form:
        wire, lane = source
        operands = [ZERO_WIRE] * DEGREE
        operands[lane : lane + len(weights)] = [self.wire(weight) for weight in weights]
        return self.on_wire(self._gate(GateOpcode.WEIGH, self.wire(total), wire, *operands))

    # Hashing

    def permute(self, lanes: Sequence[Form]) -> list[Form]:
        """One permutation of a sponge's or duplex's state; its capacity is a constant or another permutation's."""
        self._check_base(lanes[: sponge.RATE])
        rate, capacity = lanes[: sponge.RATE], lanes[sponge.RATE :]
        straight, shifted = ([self._port(*port) for port in _ports(rate, form)] for form in (0, 1))
        form = int(shifted.count(None) < straight.count(None))
        ports = [
            self._pack_wire([*([Form()] * first_lane), *group]) if found is None else found
            for found, (group, first_lane) in zip((straight, shifted)[form], _ports(rate, form), strict=True)
        ]
        first = self._gate(GateOpcode.SPONGE, *ports, self.wide(capacity), form)
        if first not in self._sponges:
            self._sponges[first] = self._sponge_lanes(first)
        return list(self._sponges[first])

    def _sponge_lanes(self, first: int) -> list[Form]:
        outputs: list[Form] = []
        for output, count in enumerate((DEGREE, DEGREE, sponge.RATE - 2 * DEGREE, sponge.CAPACITY)):
            outputs += self._new_lanes(first + output, range(count))
        return outputs

    def compress(self, node: int, bit: Form, sibling: int, tag_element: int) -> int:
        """The parent of two wide wires; the sibling comes first where the bit is 1."""
        return self._gate(GateOpcode.COMPRESS, node, self.wire(bit), sibling, tag_element)

    def wide(self, elements: Sequence[Form]) -> int:
        """The wide wire of nine elements: a digest or a capacity."""
        if all(form.is_constant for form in elements):
            return self._constant_wire(tuple(form.constant for form in elements))
        whole = self._port(elements, 0)
        if whole is not None and self.wide_wires[whole]:
            return whole
        first, second = self._port(elements[:DEGREE], 0), self._port(elements[DEGREE:], 0)
        if first in self._sponges and second == first + 1:
            return first + DIGEST_OUTPUT
        first = self._pack_wire(elements[:DEGREE]) if first is None else first
        second = self._pack_wire(elements[DEGREE:]) if second is None else second
        return self._gate(GateOpcode.WIDEN, first, second)

    def _port(self, forms: Sequence[Form], first_lane: int) -> int | None:
        """The wire whose lanes from `first_lane` are these forms, if there is one."""
        if all(form.is_constant for form in forms):
            constants = [form.constant for form in forms]
            padded = [*([0] * first_lane), *constants, *([0] * (DEGREE - first_lane - len(constants)))]
            return self._constant_wire(tuple(padded))
        wires = [form.linear[0][0] if _is_wire(form) else None for form in forms]
        source = self._lane_of.get(wires[0]) if wires[0] else None
        if source and all(
            wire and self._lane_of.get(wire) == (source[0], lane) for lane, wire in enumerate(wires, start=first_lane)
        ):
            return source[0]
        first = wires[0]
        if first_lane == 0 and first and self.base_wires[first] and all(_is_zero(form) for form in forms[1:]):
            return first
        return None

    # Requirements

    def require_zero(self, form: Form, requirement: Requirement) -> None:
        """The value must be zero.

        Raises:
            VerificationError: it is a constant and not zero.
        """
        if not form.is_constant:
            self._require(requirement, GateOpcode.REQUIRE_ZERO, *_operands(form))
        elif form.constant:
            raise requirement.error()

    def require_digest(self, left: int, right: int, requirement: Requirement) -> None:
        """Two wide wires must be equal."""
        self._require(requirement, GateOpcode.REQUIRE_DIGEST, left, right)

    def _require(self, requirement: Requirement, opcode: GateOpcode, *operands: int) -> None:
        self.gates.append((opcode, len(self.requirements), *operands))
        self.parts.append(current_part())
        self.requirements.append(requirement)

    # Recording

    def _new_wire(self, *, is_base: bool = False, wide: bool = False) -> int:
        self.wide_wires.append(wide)
        self.base_wires.append(is_base)
        return len(self.wide_wires) - 1

    def _constant_wire(self, words: tuple[int, ...]) -> int:
        wire = self._constants.get(words)
        if wire is None:
            is_wide = len(words) == WIRE_WORDS
            wire = self._new_wire(is_base=not is_wide and not any(words[1:]), wide=is_wide)
            self._constants[words] = wire
            self.words[wire] = words
        return wire

    def _gate(self, opcode: GateOpcode, *operands: int, is_base: bool = False) -> int:
        key = (opcode, *operands)
        first = self._known.get(key)
        if first is None:
            first = self._known[key] = len(self.wide_wires)
            count = NUM_OUTPUTS[opcode]
            if opcode is GateOpcode.SPONGE:
                self.wide_wires += [index >= CAPACITY_OUTPUT for index in range(count)]
            else:
                self.wide_wires += [opcode in _WIDE_GATES] * count
            self.base_wires += [is_base] * count
            self.gates.append((opcode, first, *operands))
            self.parts.append(current_part())
        return first

    def _check_base(self, forms: Sequence[Form]) -> None:
        if not all(self.is_base(form) for form in forms):
            refuse(
                "uses an element of E where an element of K is needed",
                "unpack it first",
                TraceReason.NOT_IN_BASE_FIELD,
            )


def _is_wire(form: Form) -> bool:
    return form.product is None and len(form.linear) == 1 and form.linear[0][1] == 1 and not form.constant


def _is_zero(form: Form) -> bool:
    return form.is_constant and not form.constant


def _ports(rate: Sequence[Form], form: int) -> list[tuple[Sequence[Form], int]]:
    """The lanes that each narrow input of a SPONGE gate brings, and which of its own lanes they are."""
    if form:
        return [(rate[:HALF], HALF), (rate[HALF : HALF + DEGREE], 0), (rate[HALF + DEGREE :], 0)]
    return [(rate[:DEGREE], 0), (rate[DEGREE : 2 * DEGREE], 0), (rate[2 * DEGREE :], 0)]


def _operands(form: Form) -> tuple[int, ...]:
    """Wires a, b, c and coefficients s, t, v, w, u of an ARITHMETIC gate."""
    terms = dict(form.linear)
    if form.product is not None:
        a, b = form.product
    else:
        a, b = ([*terms, ZERO_WIRE, ZERO_WIRE])[:2]
    t, v = terms.pop(a, 0), terms.pop(b, 0)
    ((c, w),) = terms.items() if terms else ((ZERO_WIRE, 0),)
    return a, b, c, form.scale, t, v, w, form.constant
