"""The verifier's own messages on the global buses: where a run begins and ends, and what it claims to have written.

Soundness: they are computed from what the global challenge binds (the key's entry, the number of segments, the output)
and never taken from whoever sent the proofs.
"""

from __future__ import annotations

from collections.abc import Sequence

from hstar.air.check import PublicMessage
from hstar.errors import InputError, Reason
from hstar.machine.chips.buses import CONTROL, KEYS, LIMBS, OUTPUT
from hstar.machine.isa import INSTRUCTION_BYTES
from hstar.machine.layout import (
    HALT_INDEX,
    LAST_REGISTER_KEY,
    MAX_OUTPUT_BYTES,
    MAX_SEGMENTS,
    OUTPUT_WORDS,
)

_SENT, _RECEIVED = 1, -1


def output_words(output: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """What the output words hold at the end, in limbs of 16 bits: the number of bytes, then the bytes, zero-padded.

    Args:
        output: bytes, or as many numbers or symbols that stand for them.

    Raises:
        InputError: OUT_OF_RANGE for more than 256 bytes.
    """
    if len(output) > MAX_OUTPUT_BYTES:
        raise InputError(
            f"the output has {len(output)} bytes; a program writes at most {MAX_OUTPUT_BYTES}",
            reason=Reason.OUT_OF_RANGE,
        )
    padded = [*output, *([0] * (MAX_OUTPUT_BYTES - len(output)))]
    limbs = [low + 256 * high for low, high in zip(padded[0::2], padded[1::2], strict=True)]
    values = ((len(output), *([0] * (LIMBS - 1))), *zip(*(limbs[place::LIMBS] for place in range(LIMBS)), strict=True))
    if len(values) != OUTPUT_WORDS:
        raise InputError("the output region and its words disagree", reason=Reason.OUT_OF_RANGE)
    return values


def public_messages(entry: int, num_segments: int, output: bytes) -> tuple[PublicMessage, ...]:
    """Everything that the verifier adds to the global buses.

    Args:
        entry: address of the program's first instruction.
        num_segments: N, segments of all types.
        output: the claimed public output.

    Raises:
        InputError: OUT_OF_RANGE.
    """
    if not 1 <= num_segments <= MAX_SEGMENTS:
        raise InputError(
            f"{num_segments} segments; a run has 1 to {MAX_SEGMENTS}", reason=Reason.OUT_OF_RANGE, count=num_segments
        )
    return run_messages(entry, num_segments, output)


def run_messages(entry: int, num_segments: int, output: Sequence[int]) -> tuple[PublicMessage, ...]:
    """The same for a number of segments that is checked elsewhere; number and output may be symbols."""
    ends = (
        PublicMessage(CONTROL.name, (1, entry // INSTRUCTION_BYTES), _SENT),
        PublicMessage(CONTROL.name, (num_segments + 1, HALT_INDEX), _RECEIVED),
        PublicMessage(KEYS.name, (0,), _SENT),
        PublicMessage(KEYS.name, (LAST_REGISTER_KEY,), _RECEIVED),
    )
    words = enumerate(output_words(output))
    return (*ends, *(PublicMessage(OUTPUT.name, (index, *limbs), _RECEIVED) for index, limbs in words))
