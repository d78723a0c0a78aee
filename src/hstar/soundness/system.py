"""Every error term of one hstar proof, in protocol order."""

from __future__ import annotations

from hstar.soundness.setting import CircuitSetting, Setting
from hstar.soundness.steps.batching import batching_terms
from hstar.soundness.steps.boundary import boundary_terms
from hstar.soundness.steps.gkr import gkr_terms
from hstar.soundness.steps.logup import logup_terms
from hstar.soundness.steps.whir import whir_terms
from hstar.soundness.steps.zerocheck import zerocheck_terms
from hstar.soundness.term import Term


def circuit_terms(setting: CircuitSetting) -> tuple[Term, ...]:
    """Everything before WHIR: what depends on the circuits, and on the commitment only through its list size."""
    return (
        *boundary_terms(setting),
        *logup_terms(setting),
        *gkr_terms(setting),
        *zerocheck_terms(setting),
        *batching_terms(setting),
    )


def system_terms(setting: Setting) -> tuple[Term, ...]:
    """Every error term of the proof.

    Raises:
        InputError: HYPOTHESIS_FAILED, UNPINNED_BOUNDARY, INCONSISTENT.
    """
    return (*circuit_terms(setting.circuit), *whir_terms(setting))
