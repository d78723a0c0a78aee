"""ELF files: what is accepted, and a forged file for every reason to refuse one."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.machine.elf import HEADER, MAX_CODE_BYTES, PROGRAM_HEADER, LoadSegment, demangle, read_elf, write_elf
from hstar.machine.layout import IMAGE_END, PROGRAM_START
from hstar.machine.program import load_program
from hstar.machine.reasons import ElfError, ElfReason
from machine.support import EXIT, code_segment

CODE = code_segment("nop\n" + EXIT)
DATA = LoadSegment(1, PROGRAM_START + 0x1000, b"data" * 5, 64, True, False)
FILE = write_elf(PROGRAM_START, [CODE, DATA])
# Field: (offset in the ELF header or in a program header, format).
TYPE, MACHINE, VERSION, ENTRY, FLAGS = (16, "<H"), (18, "<H"), (20, "<I"), (24, "<Q"), (48, "<I")
PHOFF, EHSIZE, PHENTSIZE, PHNUM = (32, "<Q"), (52, "<H"), (54, "<H"), (56, "<H")
P_TYPE, P_FLAGS, P_OFFSET, P_VADDR, P_PADDR, P_FILESZ, P_MEMSZ = (
    (0, "<I"), (4, "<I"), (8, "<Q"), (16, "<Q"), (24, "<Q"), (32, "<Q"), (40, "<Q"),
)  # fmt: skip


def patched(*changes, data=FILE):
    """`data` with fields overwritten; a change is (segment or None, field, value)."""
    result = bytearray(data)
    for segment, (offset, format_), value in changes:
        base = 0 if segment is None else HEADER.size + segment * PROGRAM_HEADER.size
        struct.pack_into(format_, result, base + offset, value)
    return bytes(result)


def moved(segment, address):
    return [(segment, P_VADDR, address), (segment, P_PADDR, address)]


def test_a_good_file():
    elf = read_elf(FILE)
    assert elf.entry == PROGRAM_START
    assert [(s.address, s.memory_bytes, s.writable, s.executable) for s in elf.segments] == [
        (PROGRAM_START, len(CODE.data), False, True),
        (PROGRAM_START + 0x1000, 64, True, False),
    ]
    program = load_program(FILE)
    assert program.words.tobytes() == CODE.data
    assert program.image_words[-3:].tobytes() == b"data" * 5 + bytes(4)
    assert program.image_index.tolist()[-1] * 8 == PROGRAM_START + 0x1010


def bad(*changes):
    return patched(*changes)


FORGED = {
    ElfReason.TRUNCATED: [FILE[:63], FILE[:64], b"", bad((None, PHOFF, 2**63)), bad((None, PHOFF, len(FILE) - 8))],
    ElfReason.NOT_ELF: [b"\x7fELG" + FILE[4:], bytes(100)],
    ElfReason.NOT_64_BIT: [FILE[:4] + b"\x01" + FILE[5:]],
    ElfReason.NOT_LITTLE_ENDIAN: [FILE[:5] + b"\x02" + FILE[6:]],
    ElfReason.BAD_VERSION: [FILE[:6] + b"\x02" + FILE[7:], bad((None, VERSION, 0))],
    ElfReason.NOT_EXECUTABLE: [bad((None, TYPE, 3)), bad((None, TYPE, 1))],
    ElfReason.NOT_RISCV: [bad((None, MACHINE, 62))],
    ElfReason.BAD_FLAGS: [bad((None, FLAGS, 1)), bad((None, FLAGS, 4)), bad((None, FLAGS, 8))],
    ElfReason.BAD_HEADER_SIZE: [bad((None, EHSIZE, 52)), bad((None, PHENTSIZE, 32))],
    ElfReason.TOO_MANY_SEGMENTS: [bad((None, PHNUM, 65)), bad((None, PHNUM, 0xFFFF))],
    ElfReason.NOT_STATIC: [bad((1, P_TYPE, 2)), bad((1, P_TYPE, 3))],
    ElfReason.NO_CODE: [bad((None, PHNUM, 0)), bad((0, P_FLAGS, 4)), bad((0, P_MEMSZ, 0), (0, P_FILESZ, 0))],
    ElfReason.SEGMENT_OUTSIDE_FILE: [bad((1, P_OFFSET, len(FILE))), bad((1, P_OFFSET, 2**64 - 1))],
    ElfReason.SEGMENT_SIZES: [bad((1, P_FILESZ, 65)), bad((1, P_FILESZ, 2**64 - 1))],
    ElfReason.SEGMENT_OUTSIDE_RAM: [
        bad(*moved(1, IMAGE_END - 8)), bad(*moved(1, 2**64 - 8)), bad((1, P_MEMSZ, 2**63)), bad(*moved(1, 2**32)),
    ],
    ElfReason.SEGMENT_FLAGS: [bad((1, P_FLAGS, 0)), bad((1, P_FLAGS, 2)), bad((1, P_FLAGS, 0x80000006))],
    ElfReason.LOAD_ADDRESS: [bad((1, P_PADDR, PROGRAM_START))],
    ElfReason.WRITABLE_CODE: [bad((0, P_FLAGS, 7)), bad((0, P_FLAGS, 3))],
    ElfReason.UNREADABLE_CODE: [bad((0, P_FLAGS, 1))],
    ElfReason.MISALIGNED_CODE: [bad(*moved(0, PROGRAM_START + 2))],
    ElfReason.OVERLAP: [bad(*moved(1, PROGRAM_START)), bad(*moved(1, PROGRAM_START + len(CODE.data) - 1))],
    ElfReason.SHARED_WORD: [bad((0, P_FILESZ, 12), (0, P_MEMSZ, 12), *moved(1, PROGRAM_START + 12))],
    ElfReason.CODE_TOO_LARGE: [
        bad((0, P_MEMSZ, MAX_CODE_BYTES + 4), *moved(1, PROGRAM_START + 2 * MAX_CODE_BYTES)),
        bad((1, P_FLAGS, 5), *moved(1, IMAGE_END - 64)),
    ],
    ElfReason.MISALIGNED_ENTRY: [bad((None, ENTRY, PROGRAM_START + 2))],
    ElfReason.ENTRY_OUTSIDE_CODE: [
        bad((None, ENTRY, 0)), bad((None, ENTRY, PROGRAM_START + 0x1000)), bad((None, ENTRY, 2**64 - 4)),
        bad((None, ENTRY, PROGRAM_START + len(CODE.data))),
    ],
}  # fmt: skip


def test_every_reason_has_a_forgery():
    assert set(FORGED) == set(ElfReason)


@pytest.mark.parametrize(
    ("reason", "data"),
    [(reason, data) for reason, files in FORGED.items() for data in files],
    ids=lambda x: str(x)[:24],
)
def test_forged_files_are_refused_for_their_own_reason(reason, data):
    with pytest.raises(ElfError) as caught:
        load_program(data)
    assert caught.value.reason is reason
    assert caught.value.exit_code == 2


@given(st.data())
@settings(max_examples=400)
def test_mutated_files_are_refused_or_loaded_but_nothing_else(data):
    mutated = bytearray(FILE)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, HEADER.size + 2 * PROGRAM_HEADER.size - 1))
        mutated[position] = data.draw(st.integers(0, 255))
    end = data.draw(st.sampled_from([len(FILE), len(FILE) - 1, 200, 64]))
    try:
        program = load_program(bytes(mutated[:end]))
    except ElfError as error:
        assert isinstance(error.reason, ElfReason)
        return
    assert len(program.words) * 4 <= MAX_CODE_BYTES
    assert program.word_at(program.entry) is not None


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(data):
    with pytest.raises(ElfError):
        load_program(b"\x7fELF\x02\x01\x01" + data)


def with_sections(symbols, names, shentsize=64, link=1, shnum=2):
    """FILE with a symbol table behind it."""
    table = b"".join(struct.pack("<IBBHQQ", *symbol) for symbol in symbols)
    offset = len(FILE)
    sections = offset + len(table) + len(names)
    headers = struct.pack("<IIQQQQIIQQ", 0, 2, 0, 0, offset, len(table), link, 0, 8, 24)
    headers += struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, offset + len(table), len(names), 0, 0, 1, 0)
    data = FILE + table + names + headers
    return patched((None, (40, "<Q"), sections), (None, (58, "<H"), shentsize), (None, (60, "<H"), shnum), data=data)


def test_symbols_feed_the_profile_and_broken_ones_are_ignored():
    names = b"\0first\0second\0$x\0"
    symbols = [(1, 0x12, 0, 1, PROGRAM_START, 8), (7, 2, 0, 1, PROGRAM_START + 8, 8), (14, 0, 0, 1, PROGRAM_START, 0),
               (1, 2, 0, 1, PROGRAM_START + 0x1000, 8), (10**6, 2, 0, 1, PROGRAM_START + 4, 4)]  # fmt: skip
    program = load_program(with_sections(symbols, names))
    assert [(s.name, s.address, s.size) for s in program.symbols] == [
        ("first", PROGRAM_START, 8), ("second", PROGRAM_START + 8, 8),
    ]  # fmt: skip
    assert program.symbol_at(PROGRAM_START + 12) == "second"
    assert load_program(with_sections(symbols, names, shentsize=63)).symbols == ()
    assert load_program(with_sections(symbols, names, link=9)).symbols == ()
    assert load_program(with_sections(symbols, names, shnum=0xFFFF)).symbols == ()


@pytest.mark.parametrize(
    ("mangled", "name"),
    [
        ("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"),
        ("_ZN49_$LT$T$u20$as$u20$alloc..string..SpecToString$GT$9to_string17h0123456789abcdefE",
         "<T as alloc::string::SpecToString>::to_string"),
        ("_ZN4core3fmt5writeE", "_ZN4core3fmt5writeE"),
        ("_ZN9999core17h0123456789abcdefE", "_ZN9999core17h0123456789abcdefE"),
        ("_RNvNtC4core3fmt5write", "_RNvNtC4core3fmt5write"),
        ("4main", "4main"),
        ("main", "main"),
        ("", ""),
    ],
)  # fmt: skip
def test_names_of_rust_functions_are_readable(mangled, name):
    assert demangle(mangled) == name


def test_segments_may_share_a_doubleword_of_data():
    first = LoadSegment(1, PROGRAM_START + 0x1000, b"abcd", 4, False, False)
    second = LoadSegment(2, PROGRAM_START + 0x1004, b"efgh", 4, True, False)
    program = load_program(write_elf(PROGRAM_START, [CODE, first, second]))
    assert program.image_words[-1] == int.from_bytes(b"abcdefgh", "little")
    assert np.all(np.diff(program.image_index.astype(np.int64)) > 0)
