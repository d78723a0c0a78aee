"""Everything the calculator knows of one proof, ready to be rendered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import floor

from hstar.errors import InputError
from hstar.params.protocol import ProtocolParameters
from hstar.soundness.description import SystemDescription
from hstar.soundness.layout import Event, Part, proof_layout
from hstar.soundness.reasons import SoundnessReason
from hstar.soundness.setting import Setting
from hstar.soundness.sizes import Size, size_by_part, total_size, verifier_hash_calls
from hstar.soundness.soundcalc_style import soundcalc_style_terms
from hstar.soundness.system import system_terms
from hstar.soundness.term import Round, Term, group_by_round
from hstar.soundness.totals import Composition, Totals, composition, totals

COMPOSED_NODES = (1 << 6, 1 << 10, 1 << 16)
"""Sizes of recursion trees for which reports state composed security; 2^16 segments are the most there can be."""


@dataclass(frozen=True)
class Report:
    """Terms, totals and sizes of one proof.

    Raises:
        InputError: HYPOTHESIS_FAILED, UNPINNED_BOUNDARY, INCONSISTENT.
    """

    description: SystemDescription
    parameters: ProtocolParameters

    @cached_property
    def setting(self) -> Setting:
        """Description and parameters, checked against each other."""
        return Setting(self.description, self.parameters)

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Every error term in protocol order."""
        return system_terms(self.setting)

    def term(self, name: str) -> Term:
        """The term called `name`, also one of `soundcalc_style`.

        Raises:
            InputError: UNKNOWN_TERM.
        """
        for entry in (*self.terms, *self.soundcalc_style):
            if entry.name == name:
                return entry
        raise InputError(f"there is no error term {name!r} here", reason=SoundnessReason.UNKNOWN_TERM)

    @cached_property
    def rounds(self) -> tuple[Round, ...]:
        """Terms grouped by verifier message."""
        return group_by_round(self.terms)

    @cached_property
    def totals(self) -> Totals:
        """The strict totals."""
        return totals(self.rounds, self.parameters.hash)

    @cached_property
    def soundcalc_style(self) -> tuple[Term, ...]:
        """The terms under the conventions of soundcalc, for comparison."""
        return soundcalc_style_terms(self.setting)

    @property
    def soundcalc_style_bits(self) -> int:
        """The total under those conventions: whole bits of the largest term."""
        return min(floor(term.bits) for term in self.soundcalc_style)

    @cached_property
    def layout(self) -> tuple[Event, ...]:
        """Every message of the proof."""
        return proof_layout(self.setting)

    @cached_property
    def size_by_part(self) -> dict[Part, Size]:
        """Bytes of each part of the proof."""
        return size_by_part(self.layout, self.parameters.field, self.parameters.hash)

    @cached_property
    def size(self) -> Size:
        """Bytes of the proof."""
        return total_size(self.size_by_part.values())

    @cached_property
    def whir_size(self) -> Size:
        """Bytes of WHIR alone."""
        parts = (Part.WHIR_MESSAGES, Part.WHIR_LEAVES, Part.WHIR_PATHS, Part.FINAL_VECTOR)
        return total_size(self.size_by_part[part] for part in parts)

    @cached_property
    def hash_calls(self) -> Size:
        """Calls of the hash's inner function in one verification."""
        return verifier_hash_calls(self.layout, self.parameters.field, self.parameters.hash)

    @cached_property
    def compositions(self) -> tuple[Composition, ...]:
        """Security of recursion trees of such proofs."""
        return tuple(
            composition(self.rounds, self.parameters.hash, nodes, self.hash_calls.worst) for nodes in COMPOSED_NODES
        )

    @property
    def meets_target(self) -> bool:
        """Whether `security_bits` reaches the target that the parameters were solved for."""
        return self.totals.security_bits >= self.parameters.target_bits
