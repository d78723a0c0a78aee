"""The system calls: `ecall` with the number in a7 and arguments from a0 on.

`EXIT` has the number that Linux gives it, so that a program which only exits also runs under user-mode emulators.
Accelerators take the numbers from `FIRST_ACCELERATOR` on, which Linux does not use.
"""

from __future__ import annotations

from enum import IntEnum

FIRST_ACCELERATOR = 0x10000


class Syscall(IntEnum):
    """Numbers in a7."""

    EXIT = 93  # a0: exit code; 0 is success
    KECCAK_F1600 = FIRST_ACCELERATOR  # a0: address of 25 doublewords, 8-aligned; permuted in place


KECCAK_STATE_WORDS = 25
KECCAK_MARGIN_BYTES = 2**16  # no state begins in the last bytes of RAM: the circuit looks at the upper limb only
