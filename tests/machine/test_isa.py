"""The table, and everything derived from it."""

import re
import shutil
import subprocess
import tomllib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hstar.errors import InputError
from hstar.machine.assembler import assemble, load_immediate
from hstar.machine.cost import default_cost_model, parse_cost_model
from hstar.machine.cost_document import cost_document
from hstar.machine.decode import decode, decode_words, disassemble, encode
from hstar.machine.generate import guest_header, isa_document, linker_script, rust_opcodes
from hstar.machine.isa import BY_NAME, INSTRUCTIONS, LAYOUTS, NUM_OPCODES
from hstar.machine.keccak import keccak_f1600
from hstar.machine.operations import operation_number

ROOT = Path(__file__).resolve().parents[2]
LLVM_MC = shutil.which("llvm-mc-19")


def test_no_word_is_two_instructions():
    for index, first in enumerate(INSTRUCTIONS):
        for second in INSTRUCTIONS[index + 1 :]:
            common = first.layout.fixed & second.layout.fixed
            assert first.fixed & common != second.fixed & common, (first.name, second.name)
        assert first.fixed & ~first.layout.fixed == 0


def test_operands_and_fixed_bits_fill_the_word():
    for layout in LAYOUTS.values():
        bits = [*layout.immediate] and [range(low, high + 1) for high, low, _ in layout.immediate]
        used = [bit for slice_ in bits for bit in slice_]
        shifts = {"rd": 7, "rs1": 15, "rs2": 20}
        used += [shifts[name] + bit for name in layout.operands for bit in range(5)]
        used += [bit for bit in range(32) if layout.fixed >> bit & 1]
        assert len(used) == len(set(used))
        if layout.operands:
            assert len(used) == 32


@given(st.integers(0, 2**32 - 1))
def test_any_word_decodes_to_nothing_or_encodes_back(word):
    decoded = decode(word)
    if decoded is not None and decoded.instruction.name != "fence":  # fence ignores its fields
        fields = {"rd": decoded.rd, "rs1": decoded.rs1, "rs2": decoded.rs2, "immediate": decoded.immediate}
        assert encode(decoded.instruction, **fields) == word


@given(st.data())
def test_instructions_survive_encoding_and_text(data):
    row = data.draw(st.sampled_from(INSTRUCTIONS))
    register = st.integers(0, 31)
    fields = {name: data.draw(register) for name in row.layout.operands}
    if row.layout.immediate:
        bits, signed = row.layout.immediate_bits, row.layout.immediate_signed
        step = 1 << min(position for _, _, position in row.layout.immediate)
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        fields["immediate"] = data.draw(st.integers(low // step, high // step)) * step
    word = encode(row, **fields)
    decoded = decode(word)
    assert decoded.instruction is row
    assert {name: getattr(decoded, name) for name in fields} == fields
    text = disassemble(word, 0x1000)
    assert assemble(text.replace(hex(0x1000 + decoded.immediate), str(decoded.immediate)), 0x1000)[0] == [word]


def test_arrays_decode_like_single_words():
    generator = np.random.default_rng(5)
    words = generator.integers(0, 2**32, 3000, dtype=np.uint32)
    patterns = np.array([row.fixed for row in INSTRUCTIONS] * 20, dtype=np.uint32)
    masks = np.array([~row.layout.fixed & 0xFFFFFFFF for row in INSTRUCTIONS] * 20, dtype=np.uint32)
    words = np.concatenate([words, patterns | generator.integers(0, 2**32, len(patterns), dtype=np.uint32) & masks])
    arrays = decode_words(words)
    for index, word in enumerate(words.tolist()):
        one = decode(word)
        expected = (one.instruction.number, one.rd, one.rs1, one.rs2, one.immediate) if one else (0, 0, 0, 0, 0)
        fields = (arrays.opcode, arrays.rd, arrays.rs1, arrays.rs2, arrays.immediate)
        assert tuple(int(field[index]) for field in fields) == expected
    assert set(arrays.opcode.tolist()) == set(range(NUM_OPCODES))


@pytest.mark.skipif(LLVM_MC is None, reason="llvm-mc-19 is not installed (Debian package llvm-19)")
def test_the_disassembler_agrees_with_llvm():
    generator = np.random.default_rng(6)
    rows = [row for row in INSTRUCTIONS if row.layout.operands] * 10
    words = [row.fixed | int(generator.integers(0, 2**32)) & ~row.layout.fixed & 0xFFFFFFFF for row in rows]
    text = "\n".join(" ".join(f"{byte:#04x}" for byte in word.to_bytes(4, "little")) for word in words)
    command = [LLVM_MC, "-disassemble", "-triple=riscv64", "-mattr=+m", "-M", "no-aliases"]
    output = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    lines = [line for line in output.splitlines() if line.strip() and ".text" not in line]
    assert len(lines) == len(words)
    for word, theirs in zip(words, lines, strict=True):
        assert _tokens(disassemble(word).replace(". ", "")) == _tokens(theirs)


def _tokens(text):
    """Mnemonic and operands, numbers as integers."""
    parts = re.split(r"[\s,()]+", text.strip())
    return [int(part, 0) if re.fullmatch(r"[+-]?(0x[0-9a-f]+|\d+)", part) else part for part in parts]


@given(st.integers(0, 2**64 - 1))
def test_constants_are_loaded_exactly(value):
    from hstar.machine.native import NativeMachine
    from machine.support import EXIT, make_program

    machine = NativeMachine(make_program("\n".join(load_immediate("t0", value)) + "\n" + EXIT))
    machine.advance()
    assert machine.registers[5] == value


@pytest.mark.parametrize(
    "line",
    ["ad t0, t1, t2", "addi t0, t1", "addi t0, t1, 2048", "ld t0, t1", "beq t0, t1, 3", "ecall 1", "lw q0, 0(t0)"],
)
def test_bad_assembler_lines_are_named(line):
    with pytest.raises(InputError, match="line 2"):
        assemble("nop\n" + line)


def test_generated_files_are_up_to_date():
    """Run `python tools/generate_isa.py` after a change of the table."""
    assert (ROOT / "docs/isa.md").read_text(encoding="utf-8") == isa_document()
    assert (ROOT / "rust/hstar-executor/src/opcodes.rs").read_text(encoding="utf-8") == rust_opcodes()
    assert (ROOT / "guests/lib/include/hstar_layout.h").read_text(encoding="utf-8") == guest_header()
    assert (ROOT / "guests/lib/link.ld").read_text(encoding="utf-8") == linker_script()


def test_the_cost_model_prices_every_instruction():
    model = default_cost_model()
    assert (model.operation_cells[1:] > 0).all() and (model.operation_fractions[1:] > 0).all()
    assert model.opcode_cells[BY_NAME["add"].number] == model.operation_cells[operation_number("add")]
    assert model.operation_cells[0] == model.operation_fractions[0] == 0


def test_the_cost_model_is_that_of_the_circuits():
    """Run `python tools/generate_cost_model.py` after a change of a chip."""
    text = resources.files("hstar.machine").joinpath("cost_model.toml").read_text(encoding="utf-8")
    assert text == cost_document()


def test_a_cost_model_of_other_chips_is_refused():
    with pytest.raises(ValueError, match="unknown chips: jumps"):
        parse_cost_model(tomllib.loads(cost_document().replace("jump =", "jump = [3, 3]\njumps =")))
    with pytest.raises(ValueError, match="lacks jump; run"):
        parse_cost_model(tomllib.loads(cost_document().replace("jump = [3, 3]\n", "")))


def test_keccak_f_hashes_like_the_standard_library():
    import hashlib

    for message in (b"", b"abc", bytes(range(135))):
        block = bytearray(message + b"\x06" + bytes(135 - len(message)))
        block[135] |= 0x80
        block += bytes(64)
        lanes = keccak_f1600([int.from_bytes(block[8 * i : 8 * i + 8], "little") for i in range(25)])
        digest = b"".join(lane.to_bytes(8, "little") for lane in lanes)[:32]
        assert digest == hashlib.sha3_256(message).digest()
