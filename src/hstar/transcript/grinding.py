"""The prover's side of a proof of work: finding the nonce that the verifier checks."""

from __future__ import annotations

from hstar.field.koala_bear import MODULUS
from hstar.hash.duplex import Duplex
from hstar.transcript.transcript import Transcript


def grind(transcript: Transcript, label: str, num_bits: int) -> tuple[int]:
    """Finds the smallest nonce that shows `num_bits` of work, and takes it into the transcript.

    Args:
        transcript: state after everything that the next challenge depends on.
        label: of the proof of work.
        num_bits: at least 1.
    """
    nonce = (_search(transcript.duplex, num_bits),)
    transcript.check_nonce(label, num_bits, nonce)
    return nonce


def _search(duplex: Duplex, num_bits: int) -> int:
    mask = (1 << num_bits) - 1
    for nonce in range(MODULUS):
        (word,), _ = duplex.absorb((nonce,)).squeeze(1)
        if not word & mask:
            return nonce
    raise AssertionError("unreachable: a field of 2^31 elements without a nonce of at most 24 bits")
