"""Column types, groups, nested structures: from annotations to a flat, ordered list of columns.

A chip's `Columns` class is read by its annotations: a column type, a structure (any class with annotations), or a list
of either whose shape stands in `Annotated[list[Byte], 8]` (nested lists for several dimensions, `(5, 64)`).
`Preprocessed[T]` and `Boundary[T]` put everything below them into that group; all else is main.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.expressions import Expression, Felt
from hstar.air.program import Group

T = TypeVar("T")
Preprocessed = Annotated[T, Group.PREPROCESSED]
Boundary = Annotated[T, Group.BOUNDARY]


class Bit(Felt):
    """0 or 1; a constraint must say so (`boolean`)."""

    __slots__ = ()
    maximum = 1


class Byte(Felt):
    """0 .. 2^8 - 1."""

    __slots__ = ()
    maximum = 2**8 - 1


class U16(Felt):
    """0 .. 2^16 - 1."""

    __slots__ = ()
    maximum = 2**16 - 1


class Multiplicity(Felt):
    """How often a row of a table is asked for; counted when tables are filled, never set in `trace`."""

    __slots__ = ()


class U64(Felt):
    """A field of a `Record`: a 64-bit unsigned integer; not a column type."""

    __slots__ = ()
    maximum = 2**64 - 1


class Word:
    """A 64-bit word: four limbs of 16 bits, least significant first."""

    limbs: Annotated[list[U16], 4]

    def set(self, value: Expression) -> None:
        """In `trace`: splits a 64-bit integer into the limbs."""
        for index, limb in enumerate(self.limbs):
            limb.set((value >> (16 * index)) & 0xFFFF)


@dataclass(frozen=True)
class Slot:
    """One column of a layout, before it is numbered."""

    name: str
    kind: type[Felt]
    group: Group


MakeLeaf = Callable[[Slot], Any]
Built: TypeAlias = Any
"""What an annotation is built into: a leaf, a structure or nested lists of these."""


def build(structure: type, make: MakeLeaf, chip_name: str) -> Built:
    """An instance of `structure` whose leaves are `make(slot)`, called in declaration order.

    Raises:
        CircuitError: BAD_COLUMNS.
    """
    return _build_structure(structure, "", Group.MAIN, make, chip_name)


def slots_of(structure: type, chip_name: str) -> tuple[Slot, ...]:
    """The columns of a structure, sorted by group, declaration order inside a group.

    Raises:
        CircuitError: BAD_COLUMNS.
    """
    slots: list[Slot] = []
    build(structure, slots.append, chip_name)
    return tuple(sorted(slots, key=lambda slot: slot.group))


def flatten(value: object) -> list[Expression | int]:
    """The expressions inside structures and lists, in declaration order: how messages are written."""
    if isinstance(value, Expression | int):
        return [value]
    if isinstance(value, list | tuple):
        return [item for part in value for item in flatten(part)]
    names = get_type_hints(type(value)) if hasattr(value, "__dict__") else {}
    if not names:
        raise CircuitError(
            f"{value!r} stands in a message; use expressions, integers, structures and lists",
            reason=CircuitReason.BAD_EXPRESSION,
        )
    return [item for name in names for item in flatten(getattr(value, name))]


def _build_structure(structure: type, prefix: str, group: Group, make: MakeLeaf, chip_name: str) -> Built:
    hints = get_type_hints(structure, include_extras=True)
    if not hints and prefix:
        _refuse(chip_name, prefix, structure)
    instance: Built = object.__new__(structure)
    for name, annotation in hints.items():
        path = f"{prefix}.{name}" if prefix else name
        setattr(instance, name, _build(annotation, path, group, (), make, chip_name))
    return instance


def _build(
    annotation: object, path: str, group: Group, shape: tuple[int, ...], make: MakeLeaf, chip_name: str
) -> Built:
    if get_origin(annotation) is Annotated:
        inner, *extras = get_args(annotation)
        for extra in extras:
            if isinstance(extra, Group):
                group = extra
            elif isinstance(extra, int):
                shape = (extra,)
            elif isinstance(extra, tuple) and all(isinstance(length, int) for length in extra):
                shape = extra
            else:
                _refuse(chip_name, path, annotation)
        return _build(inner, path, group, shape, make, chip_name)
    if get_origin(annotation) is list and shape:
        (inner,) = get_args(annotation)
        length, *rest = shape
        return [_build(inner, f"{path}[{i}]", group, tuple(rest), make, chip_name) for i in range(length)]
    if shape or not isinstance(annotation, type):
        _refuse(chip_name, path, annotation)
    if issubclass(annotation, Felt):
        return make(Slot(path, annotation, group))
    return _build_structure(annotation, path, group, make, chip_name)


def _refuse(chip_name: str, path: str, annotation: object) -> NoReturn:
    raise CircuitError(
        f"column {path} of chip {chip_name} is declared as {annotation!r}; use a column type, a structure, or "
        "Annotated[list[T], length]",
        reason=CircuitReason.BAD_COLUMNS,
        chip=chip_name,
        column=path,
    )
