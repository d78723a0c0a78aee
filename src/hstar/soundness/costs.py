"""Prices of an iteration under each objective, as integers so that comparisons are exact and reproducible."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction

from hstar.params.field import FieldParameters
from hstar.params.hash_suite import HashSuiteParameters
from hstar.params.whir import WhirIteration
from hstar.soundness.layout import Event
from hstar.soundness.sizes import expected_bytes, verifier_hash_calls

_SCALE_BITS = 32
"""Expectations are compared in units of 2^-32 byte or call."""


class Objective(StrEnum):
    """What the solver makes small."""

    PROOF_BYTES = "proof_bytes"
    VERIFIER_HASHES = "verifier_hashes"
    PROVER_SECONDS = "prover_seconds"


# A model for comparing parameters with each other, not a forecast: two 2024 server cores with AVX-512.
NANOSECONDS_PER_CODEWORD_ELEMENT = 6
"""Encoding and hashing of one base-field element of a codeword: 12 ns a cell at rate 1/2."""
NANOSECONDS_PER_ROUND_ELEMENT = 6
"""One sumcheck round over one challenge-field element: a product sumcheck and a fold."""
NANOSECONDS_PER_GRINDING_ATTEMPT = 60
"""One attempt of a proof-of-work search: about 120 ns of a core, on two cores."""


def prover_nanoseconds(step: WhirIteration, num_variables: int, field: FieldParameters, *, is_commitment: bool) -> int:
    """Committing the oracle of an iteration, its folding rounds and its expected proof of work."""
    width = 1 if is_commitment else field.extension_degree
    commit = NANOSECONDS_PER_CODEWORD_ELEMENT * width << step.log_codeword_length
    rounds = sum(1 << (num_variables - bound) for bound in range(step.log_folding_arity))
    attempts = (1 << step.query_grinding_bits) + step.log_folding_arity * (1 << step.fold_grinding_bits)
    return commit + NANOSECONDS_PER_ROUND_ELEMENT * rounds + NANOSECONDS_PER_GRINDING_ATTEMPT * attempts


def iteration_price(
    objective: Objective,
    events: Sequence[Event],
    step: WhirIteration,
    num_variables: int,
    field: FieldParameters,
    suite: HashSuiteParameters,
    *,
    is_commitment: bool,
) -> tuple[int, int]:
    """The price of an iteration and, to break ties, its bytes; both scaled."""
    size = _scaled(expected_bytes(events, field, suite))
    if objective is Objective.PROOF_BYTES:
        return size, size
    if objective is Objective.VERIFIER_HASHES:
        return _scaled(verifier_hash_calls(events, field, suite).expected), size
    return prover_nanoseconds(step, num_variables, field, is_commitment=is_commitment), size


def _scaled(value: Fraction) -> int:
    return (value.numerator << _SCALE_BITS) // value.denominator
