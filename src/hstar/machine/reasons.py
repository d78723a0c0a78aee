"""Why a program file or an execution is refused: one code and one error class for each kind of input."""

from __future__ import annotations

from enum import StrEnum

from hstar.errors import InputError, RejectedError


class ElfReason(StrEnum):
    """Why an ELF file is no program for this machine."""

    TRUNCATED = "elf_truncated"
    NOT_ELF = "elf_bad_magic"
    NOT_64_BIT = "elf_not_64_bit"
    NOT_LITTLE_ENDIAN = "elf_not_little_endian"
    BAD_VERSION = "elf_bad_version"
    NOT_EXECUTABLE = "elf_not_et_exec"
    NOT_RISCV = "elf_not_riscv"
    BAD_FLAGS = "elf_bad_flags"
    BAD_HEADER_SIZE = "elf_bad_header_size"
    TOO_MANY_SEGMENTS = "elf_too_many_segments"
    NOT_STATIC = "elf_not_static"
    NO_CODE = "elf_no_code"
    SEGMENT_OUTSIDE_FILE = "elf_segment_outside_file"
    SEGMENT_SIZES = "elf_segment_sizes"
    SEGMENT_OUTSIDE_RAM = "elf_segment_outside_ram"
    SEGMENT_FLAGS = "elf_segment_flags"
    LOAD_ADDRESS = "elf_load_address"
    WRITABLE_CODE = "elf_writable_code"
    UNREADABLE_CODE = "elf_unreadable_code"
    MISALIGNED_CODE = "elf_misaligned_code"
    OVERLAP = "elf_overlap"
    SHARED_WORD = "elf_shared_word"
    CODE_TOO_LARGE = "elf_code_too_large"
    MISALIGNED_ENTRY = "elf_misaligned_entry"
    ENTRY_OUTSIDE_CODE = "elf_entry_outside_code"


class ExecutionReason(StrEnum):
    """Why an execution did not end in success."""

    UNKNOWN_INSTRUCTION = "unknown_instruction"
    BREAKPOINT = "breakpoint"
    UNKNOWN_SYSCALL = "unknown_syscall"
    MISALIGNED_JUMP = "misaligned_jump"
    JUMP_OUTSIDE_CODE = "jump_outside_code"
    ADDRESS_OUT_OF_RANGE = "address_out_of_range"
    STORE_TO_CODE = "store_to_code"
    MISALIGNED_ARGUMENT = "misaligned_argument"
    MEMORY_LIMIT = "memory_limit"
    CYCLE_LIMIT = "cycle_limit"
    SEGMENT_LIMIT = "segment_limit"
    SIZE_CLASS_TOO_SMALL = "size_class_too_small"
    OUTPUT_TOO_LONG = "output_too_long"
    INPUT_TOO_LARGE = "input_too_large"
    FAILED = "exit_code_not_zero"


class ElfError(InputError):
    """The file is no program for this machine; `reason` is an `ElfReason`."""


class ExecutionError(RejectedError):
    """The program trapped, failed or ran into a limit; `reason` is an `ExecutionReason`."""
