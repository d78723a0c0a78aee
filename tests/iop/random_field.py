"""Random elements for tests."""

import random

from hstar.field.extension import ExtensionElement, sample


def source(seed: int) -> random.Random:
    return random.Random(seed)


def elements(generator: random.Random, count: int) -> list[ExtensionElement]:
    return [sample(generator.getrandbits) for _ in range(count)]
