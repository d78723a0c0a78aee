"""Every key that description files may have, by family: its kind, and what soundcalc takes when it is absent.

Kinds refuse what no system can mean; whether numbers fit each other is checked where they meet. Absent grinding is no
grinding and an absent lookup count is 1: that is soundcalc's reading, and reports list each key that was read so.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from hstar.soundness.soundcalc.kinds import (
    Choice,
    Flag,
    PowerOfTwo,
    Rate,
    Rows,
    Share,
    Text,
    WholeNumber,
    WholeNumbers,
)
from hstar.soundness.soundcalc.section import Key

GRINDING = WholeNumber(0, 128)
COUNT = WholeNumber(1, 2**40)
QUERIES = WholeNumber(1, 4096)
LOGARITHM = WholeNumber(0, 64)
SMALL = WholeNumber(1, 64)
NAME = Text()
GAP = Share(Fraction(1, 2**20))
"""Nearer to the Johnson bound than that, multiplicities are beyond every use."""

FAMILIES: Final = ("FRI_STARK", "WHIR", "JAGGED", "SWIRL")

SYSTEM: Final = (
    Key("name", NAME),
    Key("protocol_family", Choice(FAMILIES)),
    Key("version", NAME),
    Key("field", NAME),
    Key("hash_size_bits", WholeNumber(8, 4096)),
)

LOOKUP: Final = (
    Key("name", NAME),
    Key("logup_type", Choice(("univariate", "multivariate")), assumed="univariate"),
    Key("rows_L", WholeNumber()),
    Key("rows_T", WholeNumber()),
    Key("num_columns_S", COUNT, assumed=1),
    Key("num_lookups_M", COUNT, assumed=1),
    Key("grinding_bits_lookup", GRINDING, assumed=0),
    Key("multilinear_fingerprint", Flag()),
    Key("reduction_error", Share(Fraction(0)), assumed=Fraction(0)),
)

_REGIME = Key("explicit_regime", Choice(("unique", "list")))
_CIRCUIT = (
    Key("name", NAME),
    Key("num_constraints", COUNT),
    Key("air_max_degree", WholeNumber(1, 2**16)),
    Key("opening_points", COUNT),
    Key("power_batching", Flag()),
)
_NOT_READ = (
    Key("group", NAME, used=False),
    Key("proof_size", NAME, used=False),
    Key("num_columns", COUNT, used=False),
    Key("num_columns_fixed", WholeNumber(), used=False),
    Key("num_columns_witness", WholeNumber(), used=False),
    Key("max_combo", COUNT, used=False),
)
_FRI = (
    Key("rho", Rate()),
    Key("num_queries", QUERIES),
    Key("multilinear_batching", Flag(), assumed=False),
    Key("fri_folding_factors", WholeNumbers(PowerOfTwo(2**16, minimum=2))),
    Key("fri_early_stop_degree", PowerOfTwo()),
    Key("grinding_query_phase", GRINDING, assumed=0),
    Key("grinding_batching_phase", GRINDING, assumed=0),
)

FRI_CIRCUIT: Final = (
    *_CIRCUIT,
    *_FRI,
    *_NOT_READ,
    _REGIME,
    Key("trace_length", PowerOfTwo()),
    Key("batch_size", COUNT),
    Key("gap_to_radius", GAP),
    Key("grinding_commit_phase", GRINDING, assumed=0),
    Key("grinding_deep", GRINDING, assumed=0),
)

JAGGED_CIRCUIT: Final = (
    *_CIRCUIT,
    *_FRI,
    *_NOT_READ,
    Key("explicit_regime", Choice(("unique",))),
    Key("trace_length", COUNT),
    Key("trace_columns", COUNT),
    Key("dense_length", PowerOfTwo()),
    Key("dense_batch", COUNT),
    Key("blowup_factor", PowerOfTwo(), used=False),
    Key("udr_only", Flag(), used=False),
    Key("multilinear_zerocheck", Flag(), used=False),
)

WHIR_CIRCUIT: Final = (
    *_CIRCUIT,
    *_NOT_READ,
    _REGIME,
    Key("gap_to_radius", GAP),
    Key("log_inv_rate", SMALL),
    Key("log_degree", LOGARITHM),
    Key("num_iterations", SMALL),
    Key("folding_factors", WholeNumbers(SMALL)),
    Key("batch_size", COUNT),
    Key("constraint_degree", WholeNumber(3, 2**16)),
    Key("num_queries", WholeNumbers(QUERIES)),
    Key("num_ood_samples", WholeNumbers(WholeNumber(0, 64), min_length=0)),
    Key("grinding_batching_phase", GRINDING),
    Key("grinding_bits_folding", Rows(WholeNumbers(GRINDING))),
    Key("grinding_bits_queries", WholeNumbers(GRINDING)),
    Key("grinding_bits_ood", WholeNumbers(GRINDING, min_length=0)),
)

SWIRL_SYSTEM: Final = (
    Key("logup_max_interaction_count", COUNT),
    Key("logup_log_max_message_length", LOGARITHM),
    Key("logup_pow_bits", GRINDING),
)

SWIRL_CIRCUIT: Final = (
    Key("name", NAME),
    Key("explicit_regime", Choice(("unique", "list"))),
    Key("explicit_m", WholeNumber(1, 2**20)),
    Key("l_skip", WholeNumber(1, 32)),
    Key("n_stack", WholeNumber(1, 64)),
    Key("w_stack", COUNT),
    Key("log_blowup", SMALL),
    Key("whir_num_queries", WholeNumbers(QUERIES)),
    Key("whir_folding_pow_bits", GRINDING),
    Key("whir_mu_pow_bits", GRINDING),
    Key("constraint_degree", WholeNumber(3, 2**16)),
    Key("max_constraints_per_air", COUNT),
    Key("num_airs", COUNT),
    Key("max_log_trace_height", LOGARITHM),
    Key("num_trace_columns", COUNT),
    Key("max_interactions_per_air", COUNT, used=False),
)

LABELS: Final = frozenset({"name", "version", *(key.name for key in _NOT_READ)})
"""Keys on which no formula depends."""

CIRCUITS: Final[dict[str, tuple[Key, ...]]] = {
    "FRI_STARK": FRI_CIRCUIT,
    "WHIR": WHIR_CIRCUIT,
    "JAGGED": JAGGED_CIRCUIT,
    "SWIRL": SWIRL_CIRCUIT,
}
"""Keys of a `[[circuits]]` table by family."""
