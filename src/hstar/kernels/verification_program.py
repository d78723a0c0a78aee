"""Running the traced verification of a final proof, natively. Its definition is `hstar.verifier.standalone`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from hstar.errors import InputError, Reason
from hstar.kernels.backend import native

KINDS = ("word", "element", "digest", "opening")
"""What a program reads; the native module has their numbers."""


class Outcome(IntEnum):
    """How a run ends."""

    ACCEPTED = 0
    FAILED = 1
    CUT_OFF = 2
    NOT_CANONICAL = 3
    OPENING_SIZE = 4
    TRAILING = 5
    OUTPUT_LENGTH = 6


@dataclass(frozen=True)
class ProgramSource:
    """What a program consists of; see `hstar.verifier.standalone.Program`.

    Args:
        constants: elements, six canonical words each.
        gates: all gates as words.
        digests, blobs, tags: constant digests (33 bytes), byte strings, `person` fields (16 bytes).
        trees: log_rows, row_width, log_rows_per_leaf, max_leaves of each.
        inputs: kinds and counts.
        output_bytes: length of the output.
        num_requirements: requirements have smaller numbers.
    """

    constants: Sequence[Sequence[int]]
    gates: Sequence[int]
    digests: Sequence[bytes]
    blobs: Sequence[bytes]
    tags: Sequence[bytes]
    trees: Sequence[tuple[int, int, int, int]]
    inputs: Sequence[tuple[str, int]]
    output_bytes: int
    num_requirements: int


class NativeProgram:
    """A program that the native module has checked.

    Raises:
        InputError: MALFORMED.
    """

    def __init__(self, source: ProgramSource) -> None:
        try:
            self._program = native().VerificationProgram(
                np.array(source.constants, dtype=np.uint32).reshape(-1),
                np.array(source.gates, dtype=np.uint32),
                list(source.digests),
                list(source.blobs),
                list(source.tags),
                list(source.trees),
                [(KINDS.index(kind), count) for kind, count in source.inputs],
                source.output_bytes,
                source.num_requirements,
            )
        except ValueError as error:
            raise InputError(
                f"this is not the program of a final verification: {error}", reason=Reason.MALFORMED
            ) from error

    def run(self, output: bytes, body: bytes) -> tuple[Outcome, int]:
        """The outcome, and the number of the requirement that failed.

        Args:
            output: what is claimed.
            body: of the proof file.
        """
        outcome, number = self._program.run(output, body)
        return Outcome(outcome), number
