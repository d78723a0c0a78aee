"""The prover's side of a proof of work: finding the nonce that the verifier checks."""

from __future__ import annotations

from dataclasses import replace

from hstar.hash.duplex import Duplex, Poseidon2Duplex
from hstar.hash.suite import POSEIDON2
from hstar.kernels.grinding import find_nonce
from hstar.transcript.transcript import Transcript


def grind(transcript: Transcript, label: str, num_bits: int) -> tuple[int]:
    """Finds the smallest nonce that shows `num_bits` of work, and takes it into the transcript.

    Args:
        transcript: state after everything that the next challenge depends on.
        label: of the proof of work.
        num_bits: at least 1.

    Raises:
        ResourceError: LIMIT_REACHED.
    """
    nonce = (find_nonce(_plain(transcript.duplex), num_bits),)
    transcript.check_nonce(label, num_bits, nonce)
    return nonce


def _plain(duplex: Duplex) -> Duplex:
    """The same state with the suite that kernels know."""
    return replace(duplex, suite=POSEIDON2) if isinstance(duplex, Poseidon2Duplex) else duplex
