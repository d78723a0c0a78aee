"""Attributes that are computed when they are first asked for, without the lock of `functools.cached_property`.

Formulas have many nodes whose values are asked for once, so the lock was a third of their cost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class lazy(Generic[Value]):  # noqa: N801, it is written like a decorator
    """A method without arguments as an attribute; its result is kept in the instance, where it is found first."""

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self.compute = compute
        self.name = compute.__name__
        self.__doc__ = compute.__doc__

    def __get__(self, instance: object, owner: type | None = None) -> Value:
        """The result of the method; the class itself has none."""
        if instance is None:
            raise AttributeError(self.name)
        value = instance.__dict__[self.name] = self.compute(instance)
        return value
