"""Symbols: what stands for field elements while a verifier is traced.

A symbol is a polynomial `s a b + t_1 w_1 + t_2 w_2 + .. + u` in wires with coefficients in K, small enough for one
ARITHMETIC gate. Sums and multiples of what is already on wires therefore cost nothing until somebody multiplies them or
adds more than one gate holds; a symbol that must be a wire becomes one by `Builder.wire`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.recursion.errors import TraceReason, refuse
from hstar.recursion.program import Requirement
from hstar.transcript.reason import ProofReason

if TYPE_CHECKING:
    from hstar.recursion.builder import Builder

Product: TypeAlias = tuple[int, int]
"""Two wires, the smaller number first."""
Linear: TypeAlias = tuple[tuple[int, int], ...]
"""Wires and coefficients (not 0), in increasing order of wire."""
MAX_LINEAR_WIRES = 3
"""Wires of a gate."""
DIVISION_BY_ZERO = Requirement(ProofReason.ZERO_DENOMINATOR, "the verifier divides by zero")


@dataclass(slots=True, eq=False)
class Form:
    """A polynomial that one gate holds. Nobody changes one.

    Args:
        product: the wires that are multiplied, or None.
        scale: coefficient of the product.
        linear: wire and coefficient (not 0), in increasing order of wire.
        constant: in K.
    """

    product: Product | None = None
    scale: int = 0
    linear: Linear = ()
    constant: int = 0

    @property
    def is_constant(self) -> bool:
        """Whether no wire occurs."""
        return self.product is None and not self.linear

    @property
    def is_affine(self) -> bool:
        """Whether at most one wire occurs, linearly."""
        return self.product is None and len(self.linear) <= 1

    @property
    def num_wires(self) -> int:
        """How many wires occur."""
        if self.product is None:
            return len(self.linear)
        return len({*self.product, *(wire for wire, _ in self.linear)})

    def scaled(self, factor: int) -> Form:
        """The form times an element of K."""
        factor %= MODULUS
        if not factor:
            return Form()
        linear = tuple([(wire, value * factor % MODULUS) for wire, value in self.linear])
        return Form(self.product, self.scale * factor % MODULUS, linear, self.constant * factor % MODULUS)

    def plus(self, other: Form) -> Form | None:
        """The sum, or None where one gate does not hold it: two factors and one more wire."""
        product, scale = self.product, self.scale
        if other.product is not None:
            if product is not None and product != other.product:
                return None
            scale = (scale + other.scale) % MODULUS
            product = other.product if scale else None
        linear = _sum_of_linear(self.linear, other.linear)
        result = Form(product, scale, linear, (self.constant + other.constant) % MODULUS)
        return result if result.num_wires <= MAX_LINEAR_WIRES else None


def _sum_of_linear(left: Linear, right: Linear) -> Linear:
    if not left or not right:
        return left or right
    terms = dict(left)
    for wire, value in right:
        terms[wire] = (terms.get(wire, 0) + value) % MODULUS
    return tuple(sorted([(wire, value) for wire, value in terms.items() if value]))


def product_of(left: Form, right: Form) -> Form:
    """The product of two affine forms, of which neither is constant."""
    ((a, alpha),), ((b, beta),) = left.linear, right.linear
    first = alpha * right.constant % MODULUS
    second = beta * left.constant % MODULUS
    linear = _sum_of_linear(((a, first),) if first else (), ((b, second),) if second else ())
    product = (a, b) if a < b else (b, a)
    return Form(product, alpha * beta % MODULUS, linear, left.constant * right.constant % MODULUS)


class Symbol:
    """Stands for an element of K or E in the traced code.

    Args:
        builder: the program that is being recorded.
        form: its value.
    """

    __slots__ = ("_builder", "form")

    def __init__(self, builder: Builder, form: Form) -> None:
        self._builder, self.form = builder, form

    def _lift(self, other: object) -> Form | None:
        if isinstance(other, Symbol):
            return other.form
        if isinstance(other, int):
            return Form(constant=other % MODULUS)
        if isinstance(other, ExtensionElement):
            return self._builder.element(other)
        return None

    def __add__(self, other: object) -> Symbol:
        form = self._lift(other)
        return NotImplemented if form is None else Symbol(self._builder, self._builder.add(self.form, form))

    __radd__ = __add__

    def __neg__(self) -> Symbol:
        return Symbol(self._builder, self.form.scaled(-1))

    def __sub__(self, other: object) -> Symbol:
        form = self._lift(other)
        return NotImplemented if form is None else Symbol(self._builder, self._builder.add(self.form, form.scaled(-1)))

    def __rsub__(self, other: object) -> Symbol:
        return -self + other

    def __mul__(self, other: object) -> Symbol:
        form = self._lift(other)
        return NotImplemented if form is None else Symbol(self._builder, self._builder.multiply(self.form, form))

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Symbol:
        form = self._lift(other)
        if form is None:
            return NotImplemented
        return self * Symbol(self._builder, self._builder.inverse(form, DIVISION_BY_ZERO))

    def __bool__(self) -> bool:  # noqa: PLE0304  it never returns
        self._refuse("branches on a value of the proof")

    def __eq__(self, other: object) -> bool:
        self._refuse("compares values of the proof")

    def __hash__(self) -> int:  # noqa: PLE0309  it never returns
        self._refuse("uses a value of the proof as a key")

    def __index__(self) -> int:  # noqa: PLE0305  it never returns
        self._refuse("uses a value of the proof as an index or a count")

    def __lt__(self, other: object) -> bool:
        self._refuse("compares values of the proof")

    __le__ = __gt__ = __ge__ = __lt__

    def __int__(self) -> int:
        self._refuse("turns a value of the proof into a number")

    def _refuse(self, what: str) -> NoReturn:
        refuse(what, "hand it to a method of its Arithmetic", TraceReason.DATA_DEPENDENT)
