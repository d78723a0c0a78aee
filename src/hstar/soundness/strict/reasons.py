"""Why the strict number of a term is not soundcalc's: every difference has a name, a sentence, and a source."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from hstar.soundness import sources
from hstar.soundness.term import Source


class Difference(StrEnum):
    """A reason; `sentence` says it, `source` what stands behind it."""

    REGIME = "regime"
    LIST_FROM_GAP = "list_from_gap"
    LOOKUP_LIST = "lookup_list"
    LOOKUP_DENOMINATORS = "lookup_denominators"
    LOOKUPS_ADD_UP = "lookups_add_up"
    LOOKUP_COUNT = "lookup_count"
    TREE_LIST = "tree_list"
    SEPARATE_ROUNDS = "separate_rounds"
    LIST_COSTS_BITS = "list_costs_bits"
    COMBINATION_APART = "combination_apart"
    PAIRS = "pairs"
    DEGREE = "degree"
    EFFECTIVE_GRINDING = "effective_grinding"
    POSITIONS = "positions"
    HASH = "hash"
    BEST_PER_CIRCUIT = "best_per_circuit"
    MISSING = "missing"

    @property
    def sentence(self) -> str:
        """One sentence."""
        return _REASONS[self][0]

    @property
    def source(self) -> str:
        """A paper, or our derivation."""
        source = _REASONS[self][1]
        return str(source) if isinstance(source, Source) else source


_READING = "our reading of the file"
_REASONS: Final[dict[Difference, tuple[str, Source | str]]] = {
    Difference.REGIME: (
        "The regime and its multiplicity are chosen, for each oracle, so that the weakest round is as strong as can "
        "be; soundcalc takes them from a fixed gap or from the file.",
        sources.JOHNSON_LINE,
    ),
    Difference.LIST_FROM_GAP: (
        "The list size is (m + 1/2) / sqrt(rho), not 1 / (2 eta sqrt(rho)), which is longer.",
        sources.JOHNSON_LIST,
    ),
    Difference.LOOKUP_LIST: (
        "Lookup challenges face every trace of the list, so the error takes the list size as a factor.",
        "union bound over the list",
    ),
    Difference.LOOKUP_DENOMINATORS: (
        "N fractions of fingerprints of W values cost N (W + 2), vanishing denominators included, or N (log2 W + 2) "
        "for a multilinear fingerprint.",
        sources.LOOKUP,
    ),
    Difference.LOOKUPS_ADD_UP: (
        "All lookups of a circuit share one verifier message, and errors of one message add up.",
        "round-by-round soundness",
    ),
    Difference.LOOKUP_COUNT: (
        "By the file's numbers a lookup can be asked as often as the characteristic, where counts wrap around.",
        sources.LOOKUP,
    ),
    Difference.TREE_LIST: (
        "Rounds of the fraction tree face every trace of the list; a round has degree 3, and 1 more for a point that "
        "is used again.",
        sources.FRACTION_TREE,
    ),
    Difference.SEPARATE_ROUNDS: (
        "Rounds are verifier messages of their own: the largest counts, not their sum.",
        "round-by-round soundness",
    ),
    Difference.LIST_COSTS_BITS: (
        "The list size multiplies the error; soundcalc divides by it.",
        "union bound over the list",
    ),
    Difference.COMBINATION_APART: (
        "The combination challenge may be drawn after the openings, so the queries' grinding does not protect it; it "
        "is a term of its own.",
        sources.WHIR_SOUNDNESS,
    ),
    Difference.PAIRS: (
        "A list of L codewords has L (L - 1) / 2 pairs, none when decoding is unique; soundcalc counts L^2 / 2.",
        sources.WHIR_SOUNDNESS,
    ),
    Difference.DEGREE: (
        "The degree is the file's constraint_degree where that is larger than 4, and every round stands alone.",
        _READING,
    ),
    Difference.EFFECTIVE_GRINDING: (
        "Grinding counts what low bits of a base-field element are worth, which can be less than nominal bits.",
        "our derivation",
    ),
    Difference.POSITIONS: (
        "Positions are low bits of a base-field element, which are not quite uniform.",
        "our derivation",
    ),
    Difference.HASH: (
        "The proof is not interactive: t hash queries succeed with t eps + 3 (t^2 + 1) / 2^lambda, for a digest of "
        "lambda bits and every t up to 2^128.",
        sources.FIAT_SHAMIR,
    ),
    Difference.BEST_PER_CIRCUIT: (
        "Every circuit counts in its own best regime; soundcalc takes one regime for all.",
        "the regime is a choice of the analysis, not of the protocol",
    ),
    Difference.MISSING: (
        "soundcalc has no such term.",
        "our derivation",
    ),
}
