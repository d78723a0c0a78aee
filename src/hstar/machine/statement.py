"""The verifier's own messages on the global buses: where a run begins and ends, and what it claims to have written.

Soundness: they are computed from what the global challenge binds (the key's entry, the number of segments, the output)
and never taken from whoever sent the proofs.
"""

from __future__ import annotations

from hstar.air.check import PublicMessage
from hstar.errors import InputError, Reason
from hstar.machine.chips.buses import CONTROL, KEYS, LIMBS, OUTPUT
from hstar.machine.isa import INSTRUCTION_BYTES
from hstar.machine.layout import (
    DOUBLEWORD_BYTES,
    HALT_INDEX,
    LAST_REGISTER_KEY,
    MAX_OUTPUT_BYTES,
    MAX_SEGMENTS,
    OUTPUT_WORDS,
)

_SENT, _RECEIVED = 1, -1


def output_words(output: bytes) -> tuple[int, ...]:
    """What the output words hold at the end: the number of bytes, then the bytes, zero-padded.

    Raises:
        InputError: OUT_OF_RANGE for more than 256 bytes.
    """
    if len(output) > MAX_OUTPUT_BYTES:
        raise InputError(
            f"the output has {len(output)} bytes; a program writes at most {MAX_OUTPUT_BYTES}",
            reason=Reason.OUT_OF_RANGE,
        )
    padded = output.ljust(MAX_OUTPUT_BYTES, b"\0")
    words = [padded[start : start + DOUBLEWORD_BYTES] for start in range(0, MAX_OUTPUT_BYTES, DOUBLEWORD_BYTES)]
    values = (len(output), *(int.from_bytes(word, "little") for word in words))
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
    messages = [
        PublicMessage(CONTROL.name, (1, entry // INSTRUCTION_BYTES), _SENT),
        PublicMessage(CONTROL.name, (num_segments + 1, HALT_INDEX), _RECEIVED),
        PublicMessage(KEYS.name, (0,), _SENT),
        PublicMessage(KEYS.name, (LAST_REGISTER_KEY,), _RECEIVED),
    ]
    for index, word in enumerate(output_words(output)):
        limbs = tuple(word >> (16 * limb) & 0xFFFF for limb in range(LIMBS))
        messages.append(PublicMessage(OUTPUT.name, (index, *limbs), _RECEIVED))
    return tuple(messages)
