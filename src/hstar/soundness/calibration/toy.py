"""Small prime fields, their subgroups, and random choices that are the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b


@dataclass(frozen=True)
class ToyField:
    """The integers modulo a small prime."""

    modulus: int

    def inverse(self, value: int) -> int:
        """The inverse of a value that is not zero."""
        return pow(value, -1, self.modulus)

    @cached_property
    def generator(self) -> int:
        """The least element that generates all units."""
        order = self.modulus - 1
        factors = [prime for prime in range(2, order + 1) if order % prime == 0 and _is_prime(prime)]
        return next(
            value
            for value in range(2, self.modulus)
            if all(pow(value, order // prime, self.modulus) != 1 for prime in factors)
        )

    def subgroup(self, size: int) -> list[int]:
        """The units whose order divides `size`, powers of one of them in turn."""
        if (self.modulus - 1) % size:
            raise ValueError(f"{size} does not divide {self.modulus - 1}")
        base = pow(self.generator, (self.modulus - 1) // size, self.modulus)
        return [pow(base, exponent, self.modulus) for exponent in range(size)]

    def evaluate(self, coefficients: Sequence[int], point: int) -> int:
        """A polynomial, lowest coefficient first."""
        value = 0
        for coefficient in reversed(coefficients):
            value = (value * point + coefficient) % self.modulus
        return value

    def from_roots(self, roots: Sequence[int]) -> list[int]:
        """The monic polynomial with these roots, lowest coefficient first."""
        coefficients = [1]
        for root in roots:
            shifted = [0, *coefficients]
            scaled = [*(-root * entry for entry in coefficients), 0]
            coefficients = [(one + other) % self.modulus for one, other in zip(shifted, scaled, strict=True)]
        return coefficients


def prime_with(divisor: int, least: int) -> ToyField:
    """The field of the first prime from `least` on whose units have a subgroup of order `divisor`."""
    candidate = least + (-least) % divisor + 1
    while not _is_prime(candidate):
        candidate += divisor
    return ToyField(candidate)


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


class Choices:
    """Values from BLAKE2b of a counter: a run repeats on every machine."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._count = 0

    def digest(self, length: int = 8) -> int:
        """So many fresh bytes as an integer."""
        self._count += 1
        data = self._count.to_bytes(8, "little")
        return int.from_bytes(blake2b(data, digest_size=length, key=self._seed[:64]).digest(), "little")

    def below(self, bound: int) -> int:
        """A value in [0, bound), uniform up to 2^-64 bound."""
        return self.digest(16) % bound

    def element(self, field: ToyField) -> int:
        """A field element."""
        return self.below(field.modulus)

    def sample(self, count: int, bound: int) -> list[int]:
        """Distinct values in [0, bound)."""
        pool = list(range(bound))
        for index in range(count):
            other = index + self.below(bound - index)
            pool[index], pool[other] = pool[other], pool[index]
        return pool[:count]
