"""Reads and validates ELF files by the eth-act standard `elf-loading-and-validation`, with nothing but `struct`
(and `re` for names).

Accepted: ET_EXEC for EM_RISCV, 64-bit, little-endian, soft-float ABI without compressed instructions, static; PT_LOAD
segments with equal virtual and load address inside the image range, none overlapping, none writable and executable,
executable ones readable and 4-aligned; a 4-aligned entry inside one of them. Everything else is an `ElfError` with a
reason of its own. Section headers are not validated: they only feed the profile, and unusable ones give no symbols.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from itertools import pairwise

from hstar.machine.isa import INSTRUCTION_BYTES
from hstar.machine.layout import DOUBLEWORD_BYTES, IMAGE_END
from hstar.machine.reasons import ElfError, ElfReason

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
MAX_PROGRAM_HEADERS = 64
MAX_CODE_BYTES = 2**24  # address span of all executable segments: 4 Mi program rows
MAX_SYMBOLS = 2**18

ET_EXEC, EM_RISCV, EV_CURRENT, ELFCLASS64, ELFDATA2LSB = 2, 243, 1, 2, 1
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
PF_X, PF_W, PF_R = 1, 2, 4
EF_RISCV_RVC, EF_RISCV_FLOAT_ABI, EF_RISCV_RVE = 0x1, 0x6, 0x8
_ESCAPES = {"$LT$": "<", "$GT$": ">", "$RF$": "&", "$BP$": "*", "$LP$": "(", "$RP$": ")", "$C$": ",", "..": "::"}
SHT_SYMTAB, STT_FUNC, STT_NOTYPE = 2, 2, 0


@dataclass(frozen=True, slots=True)
class LoadSegment:
    """A PT_LOAD segment: `data` at `address`, zeros up to `memory_bytes`."""

    index: int
    address: int
    data: bytes
    memory_bytes: int
    writable: bool
    executable: bool

    @property
    def end(self) -> int:
        """First address after the segment."""
        return self.address + self.memory_bytes


@dataclass(frozen=True, slots=True)
class Symbol:
    """A function of the symbol table."""

    name: str
    address: int
    size: int


@dataclass(frozen=True, slots=True)
class ElfFile:
    """A validated file; segments in ascending order of address."""

    entry: int
    segments: tuple[LoadSegment, ...]
    symbols: tuple[Symbol, ...]


def _refuse(reason: ElfReason, message: str, **where: object) -> ElfError:
    return ElfError(f"not a program for this machine: {message}", reason=reason, **where)


def _check_header(data: bytes) -> tuple[int, int, int, int]:
    """Returns (entry, program header offset, their number, section header offset)."""
    if len(data) < HEADER.size:
        raise _refuse(ElfReason.TRUNCATED, f"{len(data)} bytes are too few for an ELF header of {HEADER.size}")
    ident, kind, machine, version, entry, phoff, shoff, flags, ehsize, phentsize, phnum, *_ = HEADER.unpack_from(data)
    if ident[:4] != b"\x7fELF":
        raise _refuse(ElfReason.NOT_ELF, f"the file starts with {ident[:4].hex()}, not with the ELF magic 7f454c46")
    for found, wanted, reason, what in (
        (ident[4], ELFCLASS64, ElfReason.NOT_64_BIT, "ELF class (2 = 64-bit)"),
        (ident[5], ELFDATA2LSB, ElfReason.NOT_LITTLE_ENDIAN, "byte order (1 = little-endian)"),
        (ident[6], EV_CURRENT, ElfReason.BAD_VERSION, "identification version"),
        (machine, EM_RISCV, ElfReason.NOT_RISCV, "machine (243 = RISC-V)"),
        (kind, ET_EXEC, ElfReason.NOT_EXECUTABLE, "file type (2 = ET_EXEC; link statically without -pie)"),
        (version, EV_CURRENT, ElfReason.BAD_VERSION, "file version"),
        (ehsize, HEADER.size, ElfReason.BAD_HEADER_SIZE, "ELF header size"),
        (phentsize, PROGRAM_HEADER.size, ElfReason.BAD_HEADER_SIZE, "program header size"),
    ):
        if found != wanted:
            raise _refuse(reason, f"the {what} is {found}; it must be {wanted}")
    if flags & (EF_RISCV_RVC | EF_RISCV_FLOAT_ABI | EF_RISCV_RVE):
        message = f"the header flags {flags:#x} ask for compressed instructions, hardware floats or RVE"
        raise _refuse(ElfReason.BAD_FLAGS, f"{message}; build for rv64im with the lp64 ABI", flags=flags)
    if phnum > MAX_PROGRAM_HEADERS:
        raise _refuse(ElfReason.TOO_MANY_SEGMENTS, f"{phnum} program headers; at most {MAX_PROGRAM_HEADERS} are read")
    if phoff + phnum * PROGRAM_HEADER.size > len(data):
        raise _refuse(ElfReason.TRUNCATED, f"program headers at offset {phoff} end after the file of {len(data)} bytes")
    return entry, phoff, phnum, shoff


def _load_segment(index: int, header: tuple[int, ...], data: bytes) -> LoadSegment | None:
    """Validates one program header by itself; None for one that loads nothing."""
    kind, flags, offset, virtual, physical, file_bytes, memory_bytes, _ = header
    place = f"program header {index}"
    if kind in (PT_DYNAMIC, PT_INTERP):
        raise _refuse(ElfReason.NOT_STATIC, f"{place} is for dynamic linking; link statically", index=index)
    if kind != PT_LOAD or memory_bytes == 0:
        return None
    if file_bytes > memory_bytes:
        raise _refuse(ElfReason.SEGMENT_SIZES, f"{place} has {file_bytes} bytes for {memory_bytes}", index=index)
    if offset + file_bytes > len(data):
        message = f"{place} wants bytes {offset}..{offset + file_bytes} of a file of {len(data)}"
        raise _refuse(ElfReason.SEGMENT_OUTSIDE_FILE, message, index=index)
    if virtual + memory_bytes > IMAGE_END:
        message = f"{place} ends at {virtual + memory_bytes:#x}; the image must end by {IMAGE_END:#x}"
        raise _refuse(ElfReason.SEGMENT_OUTSIDE_RAM, message, index=index)
    if physical != virtual:
        message = f"{place} has load address {physical:#x} but virtual address {virtual:#x}"
        raise _refuse(ElfReason.LOAD_ADDRESS, message, index=index)
    if flags & ~(PF_R | PF_W | PF_X) or not flags & (PF_R | PF_X):
        raise _refuse(ElfReason.SEGMENT_FLAGS, f"{place} has flags {flags:#x}", index=index)
    if flags & PF_X:
        _check_code(place, index, flags, virtual)
    contents = data[offset : offset + file_bytes]
    return LoadSegment(index, virtual, contents, memory_bytes, bool(flags & PF_W), bool(flags & PF_X))


def _check_code(place: str, index: int, flags: int, address: int) -> None:
    if flags & PF_W:
        raise _refuse(ElfReason.WRITABLE_CODE, f"{place} is writable and executable", index=index)
    if not flags & PF_R:
        raise _refuse(ElfReason.UNREADABLE_CODE, f"{place} is executable but not readable (flags R+X)", index=index)
    if address % INSTRUCTION_BYTES:
        raise _refuse(ElfReason.MISALIGNED_CODE, f"{place} is code at {address:#x}, not 4-aligned", index=index)


def _check_together(segments: list[LoadSegment], entry: int) -> None:
    for low, high in pairwise(segments):
        place = f"program headers {low.index} and {high.index}"
        if low.end > high.address:
            message = f"{place} overlap at {high.address:#x}"
            raise _refuse(ElfReason.OVERLAP, message, first=low.index, second=high.index)
        shared = (low.end - 1) // DOUBLEWORD_BYTES == high.address // DOUBLEWORD_BYTES
        if shared and low.executable != high.executable:
            message = f"{place} put code and data into one doubleword at {high.address:#x}; align segments to 8 bytes"
            raise _refuse(ElfReason.SHARED_WORD, message, first=low.index, second=high.index)
    code = [segment for segment in segments if segment.executable]
    if not code:
        raise _refuse(ElfReason.NO_CODE, "no segment is executable")
    span = code[-1].end - code[0].address
    if span > MAX_CODE_BYTES:
        message = f"the code spans {span} bytes; at most {MAX_CODE_BYTES} are supported"
        raise _refuse(ElfReason.CODE_TOO_LARGE, message, span=span)
    if entry % INSTRUCTION_BYTES:
        raise _refuse(ElfReason.MISALIGNED_ENTRY, f"the entry {entry:#x} is not 4-aligned", entry=entry)
    if not any(segment.address <= entry and entry + INSTRUCTION_BYTES <= segment.end for segment in code):
        raise _refuse(ElfReason.ENTRY_OUTSIDE_CODE, f"the entry {entry:#x} is in no executable segment", entry=entry)


def _symbol_table(data: bytes, shoff: int) -> tuple[bytes, bytes] | None:
    """(symbols, names) of the first SHT_SYMTAB section, or None where the sections cannot be used."""
    shentsize, shnum, _ = struct.unpack_from("<HHH", data, 58)
    if shoff == 0 or shentsize != SECTION_HEADER.size or shoff + shnum * shentsize > len(data):
        return None
    headers = [SECTION_HEADER.unpack_from(data, shoff + index * shentsize) for index in range(shnum)]
    for _, kind, _, _, offset, size, link, *_ in headers:
        if kind == SHT_SYMTAB and link < shnum:
            names_offset, names_size = headers[link][4:6]
            if offset + size <= len(data) and names_offset + names_size <= len(data):
                return data[offset : offset + size], data[names_offset : names_offset + names_size]
    return None


def demangle(name: str) -> str:
    """The path of a Rust function in the legacy mangling (`_ZN`, parts with their lengths, a hash, `E`), for people.

    Any other name, and any that does not parse, comes back as it is.
    """
    parts, rest = [], name.removeprefix("_ZN")
    while (match := re.match(r"(\d{1,4})", rest)) and rest is not name:
        end = match.end() + int(match.group())
        parts.append(rest[match.end() : end])
        rest = rest[end:]
    if rest != "E" or len(parts) < 2 or not re.fullmatch(r"h[0-9a-f]{16}", parts[-1]):
        return name
    text = "::".join(part.removeprefix("_") if part.startswith("_$") else part for part in parts[:-1])
    text = re.sub(r"\$u([0-9a-f]{1,5})\$", lambda found: chr(int(found.group(1), 16)), text)
    for escape, character in _ESCAPES.items():
        text = text.replace(escape, character)
    return text


def _symbols(data: bytes, shoff: int, code: list[LoadSegment]) -> tuple[Symbol, ...]:
    table = _symbol_table(data, shoff)
    if table is None:
        return ()
    entries, names = table
    usable = min(len(entries) // SYMBOL.size, MAX_SYMBOLS) * SYMBOL.size
    found: dict[int, Symbol] = {}
    for name_offset, info, _, _, address, size in SYMBOL.iter_unpack(entries[:usable]):
        inside = any(segment.address <= address < segment.end for segment in code)
        if info & 0xF not in (STT_FUNC, STT_NOTYPE) or not inside or name_offset >= len(names):
            continue
        end = names.find(b"\0", name_offset, name_offset + 4096)
        name = names[name_offset : end if end >= 0 else name_offset + 4096].decode("utf-8", "replace")
        if not name or name.startswith(("$", ".L")) or (info & 0xF == STT_NOTYPE and address in found):
            continue
        found[address] = Symbol(demangle(name), address, size)
    return tuple(found[address] for address in sorted(found))


def read_elf(data: bytes) -> ElfFile:
    """Validates the bytes of an ELF file.

    Raises:
        ElfError: with an `ElfReason`; the message names the header and the value.
    """
    entry, phoff, phnum, shoff = _check_header(data)
    segments: list[LoadSegment] = []
    for index in range(phnum):
        header = PROGRAM_HEADER.unpack_from(data, phoff + index * PROGRAM_HEADER.size)
        segment = _load_segment(index, header, data)
        if segment is not None:
            segments.append(segment)
    segments.sort(key=lambda segment: segment.address)
    _check_together(segments, entry)
    code = [segment for segment in segments if segment.executable]
    return ElfFile(entry, tuple(segments), _symbols(data, shoff, code))


def write_elf(entry: int, segments: list[LoadSegment]) -> bytes:
    """A minimal ELF file with these segments (tests, examples and the assembler use it)."""
    ident = b"\x7fELF" + bytes([ELFCLASS64, ELFDATA2LSB, EV_CURRENT]) + bytes(9)
    count = len(segments)
    header = HEADER.pack(
        ident, ET_EXEC, EM_RISCV, EV_CURRENT, entry, HEADER.size, 0, 0, HEADER.size, PROGRAM_HEADER.size, count, 0, 0, 0
    )
    page = 4096
    offset = -(-(HEADER.size + count * PROGRAM_HEADER.size) // page) * page
    headers, body = b"", b""
    for segment in segments:
        body += bytes((segment.address - offset - len(body)) % page)  # congruent modulo the page, as loaders want
        flags = PF_R | (PF_W if segment.writable else 0) | (PF_X if segment.executable else 0)
        place = (segment.address, segment.address, len(segment.data), segment.memory_bytes)
        headers += PROGRAM_HEADER.pack(PT_LOAD, flags, offset + len(body), *place, page)
        body += segment.data
    return (header + headers).ljust(offset, b"\0") + body
