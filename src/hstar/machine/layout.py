"""The machine's address space and the keys of its words.

RAM is 2^32 bytes. From below: the stack, growing down towards address 0 so that an overflow wraps to an address no
access may have; the program's image at `PROGRAM_START` and the heap above it; the output; the private input.

Every word of state has one key: a doubleword of RAM its index + 1, registers above RAM, pc above everything. No word
has one of the keys between RAM and registers, so an access that runs over the end of RAM meets nothing. In circuits x0
is a word of its own that only ever holds 0, and what is written to x0 goes to another that nothing reads.
"""

from __future__ import annotations

RAM_BYTES = 2**32
DOUBLEWORD_BYTES = 8
PAGE_BYTES = 4096

STACK_TOP = 0x0400_0000
PROGRAM_START = 0x0400_0000
HEAP_END = 0x8000_0000  # within the 2 GiB of code that pc-relative addressing reaches
OUTPUT_START = 0xBFFF_F000  # doubleword 0: number of output bytes; then the bytes, zero-padded
MAX_OUTPUT_BYTES = 256
OUTPUT_WORDS = 1 + MAX_OUTPUT_BYTES // DOUBLEWORD_BYTES
IMAGE_END = OUTPUT_START  # the image, heap and stack lie below
INPUT_START = 0xC000_0000  # doubleword 0: number of input bytes; then the bytes, zero-padded
MAX_INPUT_BYTES = RAM_BYTES - INPUT_START - DOUBLEWORD_BYTES

FIRST_REGISTER_KEY = 2**29 + 2**15  # x1 has the next one; this one belongs to no word
LAST_REGISTER_KEY = FIRST_REGISTER_KEY + 31
ZERO_KEY = FIRST_REGISTER_KEY + 32  # what reads of x0 find, in circuits
DISCARD_KEY = FIRST_REGISTER_KEY + 33  # where writes to x0 go, in circuits
LAST_KEY = 2**29 + 2**16 - 1
PC_KEY = 2**30
HALT_INDEX = 2**30  # pc as a word index after the run, in circuits: no address below 2^32 has it
CALL_NUMBER_REGISTER, FIRST_ARGUMENT_REGISTER = 17, 10  # a7, a0
CYCLE_TICKS = 4  # an instruction takes so much time in its segment
MAX_SEGMENT_CYCLES = 2**24
MAX_SEGMENTS = 2**16 - 1  # segment numbers 1 .. 2^16 - 1; 0 stands for the initial state


def ram_key(address: int) -> int:
    """Key of the doubleword that holds the byte at `address` in [0, 2^32)."""
    return address // DOUBLEWORD_BYTES + 1


def register_key(index: int) -> int:
    """Key of register x1 .. x31."""
    return FIRST_REGISTER_KEY + index
