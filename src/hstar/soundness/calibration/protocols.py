"""Experiments on whole protocols: FRI with its queries, and the hash that makes a protocol non-interactive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b

from hstar.soundness import sources
from hstar.soundness.calibration.result import Result
from hstar.soundness.calibration.toy import Choices, ToyField
from hstar.soundness.totals import collision_share

HALF = 16
RATE_INVERSE = 4


@dataclass(frozen=True)
class _Layers:
    """What a cheating prover of FRI commits to: a word, and the codeword that it claims to be the fold."""

    field: ToyField
    domain: list[int]
    word: list[int]
    even: list[int]
    odd: list[int]

    def passes(self, challenge: int, second: int, queries: Iterator[int]) -> bool:
        """The verifier: folds of opened values against the next layer, then against the polynomial in clear."""
        field, half = self.field, len(self.domain) // 2
        claimed = [(one + challenge * other) % field.modulus for one, other in zip(self.even, self.odd, strict=True)]
        final = [(claimed[2 * i] + second * claimed[2 * i + 1]) % field.modulus for i in range(len(claimed) // 2)]
        for index in queries:
            square = pow(self.domain[index], 2, field.modulus)
            folded = _fold(field, self.word[index], self.word[index + half], self.domain[index], challenge)
            if folded != field.evaluate(claimed, square):
                return False
            pair = field.evaluate(claimed, square), field.evaluate(claimed, -square)
            last = _fold(field, *pair, square, second)
            if last != field.evaluate(final, pow(square, 2, field.modulus)):
                return False
        return True


def _fold(field: ToyField, at_point: int, at_minus: int, point: int, challenge: int) -> int:
    """`(f(x) + f(-x)) / 2 + z (f(x) - f(-x)) / (2 x)`."""
    halved, slope = field.inverse(2), field.inverse(2 * point)
    return ((at_point + at_minus) * halved + challenge * (at_point - at_minus) * slope) % field.modulus


def folding(num_queries: int, runs: int, choices: Choices) -> Result:
    """FRI with two folds of arity 2, a cheating prover and a verifier that folds what is opened.

    Even and odd parts of the word are codewords plus errors in one position more than the fold's radius, with distinct
    quotients, so that a challenge can cancel one error. The prover claims that the fold is the fold of the codewords,
    which is the nearest codeword, and is honest from there on.
    """
    field = ToyField(97)
    domain = field.subgroup(2 * HALF)
    dimension = HALF // RATE_INVERSE
    errors = 3 * HALF // 8 + 1
    even, odd = ([choices.element(field) for _ in range(dimension)] for _ in range(2))
    quotients = dict(zip(choices.sample(errors, HALF), choices.sample(errors, field.modulus), strict=True))
    word = [0] * (2 * HALF)
    for index in range(HALF):
        point, square = domain[index], pow(domain[index], 2, field.modulus)
        wrong = index in quotients
        part = field.evaluate(odd, square) + wrong  # errors (-q, 1): the fold's error is z - q
        rest = field.evaluate(even, square) - (quotients[index] if wrong else 0)
        word[index] = (rest + point * part) % field.modulus
        word[index + HALF] = (rest - point * part) % field.modulus
    layers = _Layers(field, domain, word, even, odd)
    passed = 0
    for _ in range(runs):
        challenge, second = choices.element(field), choices.element(field)
        passed += layers.passes(challenge, second, (choices.below(HALF) for _ in range(num_queries)))
    agreement = Fraction(HALF - errors + 1, HALF)
    return Result(
        "FRI with its queries",
        f"p = {field.modulus}, n = {2 * HALF}, rate 1/{RATE_INVERSE}, two folds, {num_queries} queries",
        "a word whose fold loses an error at some challenges; the nearest codeword from there on",
        Fraction(passed, runs),
        Fraction(errors, field.modulus) + agreement**num_queries,
        str(sources.UNIQUE_LINE),
        runs,
    )


def attempts(error_bits: int, grinding_bits: int, log_tries: int, runs: int, choices: Choices) -> Result:
    """An attacker with a budget of hash calls tries message after message until the challenge is bad.

    Every call tries one nonce; the challenge of a message counts only when the nonce's low bits vanish. Bound: budget
    times round error times the worth of grinding, plus collisions of the 64-bit digests.
    """
    tries = 1 << log_tries
    won = 0
    for _ in range(runs):
        prefix = choices.digest(16).to_bytes(16, "little")
        for attempt in range(tries):
            digest = int.from_bytes(blake2b(prefix + attempt.to_bytes(8, "little"), digest_size=8).digest(), "little")
            ground, challenge = digest & ((1 << grinding_bits) - 1), digest >> 32
            if ground == 0 and challenge & ((1 << error_bits) - 1) == 0:
                won += 1
                break
    bound = Fraction(tries, 1 << error_bits + grinding_bits) + tries * collision_share(1 << 64, tries)
    return Result(
        "hashed challenges with grinding",
        f"round error 2^-{error_bits}, {grinding_bits} bits of grinding, 2^{log_tries} calls of BLAKE2b",
        "new messages and nonces until a challenge is bad",
        Fraction(won, runs),
        bound,
        str(sources.FIAT_SHAMIR),
        runs,
    )


def collisions(digest_bits: int, log_tries: int, runs: int, choices: Choices) -> Result:
    """A birthday attack on digests cut to a few bits."""
    tries, mask = 1 << log_tries, (1 << digest_bits) - 1
    found = 0
    for _ in range(runs):
        prefix = choices.digest(16).to_bytes(16, "little")
        seen: set[int] = set()
        for attempt in range(tries):
            digest = blake2b(prefix + attempt.to_bytes(8, "little"), digest_size=8).digest()
            seen.add(int.from_bytes(digest, "little") & mask)
        found += len(seen) < tries
    return Result(
        "collisions of digests",
        f"digests of {digest_bits} bits, 2^{log_tries} calls of BLAKE2b",
        "a birthday attack",
        Fraction(found, runs),
        Fraction(3 * (tries**2 + 1), 1 << digest_bits),
        str(sources.FIAT_SHAMIR),
        runs,
    )
