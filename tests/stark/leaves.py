"""Walking and changing the leaves of a proof by path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import Proof, proof_shape
from hstar.transcript.shapes import Shape

_TOKEN = re.compile(r"\.?([a-z_]+)|\[(\d+)\]")


def leaves(key: VerifyingKey, proof: Proof) -> list[tuple[str, Shape, Any]]:
    return list(proof_shape(key).leaves(proof, ""))


def pattern(path: str) -> str:
    """The path without indices: all rounds of all layers are one field of the proof."""
    return re.sub(r"\[\d+\]", "[]", path)


def with_value(container: Any, path: str, value: Any) -> Any:
    """A copy in which the leaf (or part) at `path` is `value`."""
    if not path:
        return value
    match = _TOKEN.match(path)
    name, index = match.groups()
    rest = path[match.end() :]
    if name:
        return replace(container, **{name: with_value(getattr(container, name), rest, value)})
    place = int(index)
    return (*container[:place], with_value(container[place], rest, value), *container[place + 1 :])


def value_at(container: Any, path: str) -> Any:
    for name, index in _TOKEN.findall(path):
        container = getattr(container, name) if name else container[int(index)]
    return container


def tuples(container: Any, path: str = "") -> Iterator[str]:
    """The paths of all tuples in a proof."""
    if isinstance(container, tuple) and path:
        yield path
        for index, item in enumerate(container):
            yield from tuples(item, f"{path}[{index}]")
    elif hasattr(container, "__dataclass_fields__"):
        for name in container.__dataclass_fields__:
            if not (path == "" and name.startswith("_")) and name != "_coefficients":
                yield from tuples(getattr(container, name), f"{path}.{name}" if path else name)
