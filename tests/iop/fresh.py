"""Transcripts for protocol parts on their own: the pattern is recorded by the part's verifier."""

from collections.abc import Callable
from typing import Any

from hstar.commit.numbers import Numbers
from hstar.hash.suite import BLAKE2B, HashSuite
from hstar.stark.placeholders import Placeholders
from hstar.transcript.arithmetic import Arithmetic
from hstar.transcript.transcript import RecordingTranscript, Transcript


def transcripts(
    run_verifier: Callable[[Arithmetic, Transcript], Any], suite: HashSuite = BLAKE2B
) -> tuple[Transcript, Transcript]:
    """One transcript for the prover and one for the verifier."""
    recording = RecordingTranscript(Placeholders(suite))
    run_verifier(Placeholders(suite), recording)
    pattern = recording.pattern()
    return Transcript(Numbers(suite), pattern), Transcript(Numbers(suite), pattern)
