"""One iteration of WHIR as parameters: folding arity, code, decoding regime, queries, samples, grinding."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from hstar.errors import InputError, Reason

MAX_LOG_FOLDING_ARITY = 10
MAX_QUERIES = 4096
MAX_SAMPLES = 8
MAX_GRINDING_BITS = 24
"""A nonce is one base-field element whose low bits must vanish; beyond 24 bits they are no longer near uniform."""
MIN_MULTIPLICITY = 3
"""Below 3 the bound of the Johnson regime takes another form."""
MAX_MULTIPLICITY = 2**20


class RegimeKind(IntEnum):
    """How far from the code a word may be while the analysis still controls it."""

    UNIQUE = 0
    JOHNSON = 1


@dataclass(frozen=True, slots=True)
class Regime:
    """A decoding regime; `multiplicity` is the interpolation multiplicity m of the Johnson regime, 0 otherwise."""

    kind: RegimeKind
    multiplicity: int = 0

    def __post_init__(self) -> None:
        if self.kind is RegimeKind.UNIQUE and self.multiplicity != 0:
            raise InputError("the unique-decoding regime has no multiplicity", reason=Reason.OUT_OF_RANGE)
        if self.kind is RegimeKind.JOHNSON:
            _check_range(
                "the multiplicity of the Johnson regime", self.multiplicity, MIN_MULTIPLICITY, MAX_MULTIPLICITY
            )

    @property
    def is_unique(self) -> bool:
        """Whether at most one codeword is within the proximity parameter."""
        return self.kind is RegimeKind.UNIQUE

    def __str__(self) -> str:
        return "UDR" if self.is_unique else f"JBR m={self.multiplicity}"


UNIQUE_DECODING = Regime(RegimeKind.UNIQUE)


def johnson(multiplicity: int) -> Regime:
    """The Johnson (list-decoding) regime with interpolation multiplicity `multiplicity`."""
    return Regime(RegimeKind.JOHNSON, multiplicity)


@dataclass(frozen=True, slots=True)
class WhirIteration:
    """One iteration: fold an oracle, then query it.

    Args:
        log_folding_arity: how many variables the iteration's sumcheck rounds bind.
        log_codeword_length: base-2 logarithm of the oracle's length in field elements, interleaved columns included.
        regime: the regime in which the oracle is analysed.
        num_queries: positions opened on the oracle.
        num_samples: out-of-domain samples drawn right after the oracle is committed (none in iteration 0).
        query_grinding_bits: proof of work before the positions (and the combination challenge) are drawn.
        fold_grinding_bits: proof of work before each sumcheck challenge of the iteration.
    """

    log_folding_arity: int
    log_codeword_length: int
    regime: Regime
    num_queries: int
    num_samples: int
    query_grinding_bits: int
    fold_grinding_bits: int = 0

    def __post_init__(self) -> None:
        _check_range("log_folding_arity", self.log_folding_arity, 1, MAX_LOG_FOLDING_ARITY)
        _check_range("log_codeword_length", self.log_codeword_length, self.log_folding_arity + 1, 64)
        _check_range("num_queries", self.num_queries, 1, MAX_QUERIES)
        _check_range("num_samples", self.num_samples, 0, MAX_SAMPLES)
        _check_range("query_grinding_bits", self.query_grinding_bits, 0, MAX_GRINDING_BITS)
        _check_range("fold_grinding_bits", self.fold_grinding_bits, 0, MAX_GRINDING_BITS)

    @property
    def log_num_positions(self) -> int:
        """Base-2 logarithm of the number of positions (leaves hold `2^log_folding_arity` interleaved values)."""
        return self.log_codeword_length - self.log_folding_arity


def _check_range(what: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise InputError(f"{what} is {value}; it must be {low} to {high}", reason=Reason.OUT_OF_RANGE)
