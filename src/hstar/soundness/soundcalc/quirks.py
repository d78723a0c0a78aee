"""Where soundcalc's number is not what the theorems or the protocol say: every such place has a name and a reason."""

from __future__ import annotations

from enum import StrEnum


class Quirk(StrEnum):
    """A named difference of soundcalc; `description` says what it does."""

    LOOKUP_WITHOUT_LIST = "lookup_without_list"
    LOOKUP_DENOMINATORS = "lookup_denominators"
    MULTIPLICITY_IN_DOUBLES = "multiplicity_in_doubles"
    SMALL_MULTIPLICITY = "small_multiplicity"
    LUMPED_ROUNDS = "lumped_rounds"
    GROUND_COMBINATION = "ground_combination"
    SQUARED_LIST = "squared_list"
    LIST_GAINS_BITS = "list_gains_bits"
    WITHOUT_LIST = "without_list"
    NEAREST_TENTH = "nearest_tenth"
    FIXED_DEGREE = "fixed_degree"

    @property
    def description(self) -> str:
        """One sentence."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS = {
    Quirk.LOOKUP_WITHOUT_LIST: "In the Johnson regime the lookup challenges face a whole list of traces, but the "
    "error is not multiplied by the list size.",
    Quirk.LOOKUP_DENOMINATORS: "Only the numerator of the fractional sum is counted; vanishing denominators, a bus "
    "identifier among the columns, and the range of multiplicities are left out.",
    Quirk.MULTIPLICITY_IN_DOUBLES: "The multiplicity is rounded up from a quotient in double precision; where the "
    "quotient is a whole number, rounding noise makes it one larger.",
    Quirk.SMALL_MULTIPLICITY: "For multiplicities 1 and 2 the degree bound of the Johnson theorem takes another form, "
    "which is not applied; at rates that are powers of 2 the two forms agree wherever there is a distance.",
    Quirk.LUMPED_ROUNDS: "Errors of several rounds are added into one cell: safe, but the rounds look weaker.",
    Quirk.GROUND_COMBINATION: "Grinding of the queries is also credited to the combination challenge, which is drawn "
    "after the openings.",
    Quirk.SQUARED_LIST: "Pairs of codewords are counted as L^2 / 2 instead of L (L - 1) / 2.",
    Quirk.LIST_GAINS_BITS: "The list size is added to the bits where it has to be subtracted.",
    Quirk.WITHOUT_LIST: "The error is not multiplied by the list size.",
    Quirk.NEAREST_TENTH: "Bits are rounded to the nearest tenth, so a cell can show more than there is.",
    Quirk.FIXED_DEGREE: "The degree is fixed at 4 whatever the file says.",
}

SYSTEM_QUIRKS = {
    "interactive_only": "Totals are the smallest interactive round; no bound for the non-interactive proof is stated.",
    "no_hash_cap": "The digest caps nothing: one of 248 bits has at most 124 bits against collisions.",
    "leaves_of_extension_elements": "FRI leaves of the first tree are counted as extension-field elements although "
    "most columns are over the base field.",
    "uncounted_parts": "Sizes leave out values at the out-of-domain point, nonces, lookup proofs and the encoding.",
    "multilinear_printed_as_affine": "Reports print batching with eq weights as Affine, and leave out its grinding.",
}
"""Differences of whole reports, by name."""
