"""Reference and native machine against each other, instruction by instruction against qemu, and their faults."""

import dataclasses
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.errors import InputError
from hstar.machine.cost import default_cost_model
from hstar.machine.decode import decode
from hstar.machine.elf import LoadSegment
from hstar.machine.isa import BY_NAME, INSTRUCTIONS, NUM_REGISTERS
from hstar.machine.layout import INPUT_START, OUTPUT_START, PROGRAM_START, RAM_BYTES, STACK_TOP
from hstar.machine.limits import Limits
from hstar.machine.native import NativeMachine
from hstar.machine.program import from_segments
from hstar.machine.reasons import ExecutionError, ExecutionReason
from hstar.machine.reference import ReferenceMachine
from hstar.machine.replay import replay
from hstar.machine.segments import ROW_LIMIT, SegmentRule, expand_counts, segment_rule
from machine.random_programs import random_program
from machine.support import (
    DATA,
    EXIT,
    assert_same_fields,
    make_program,
    needs_qemu,
    qemu_steps,
    run_both,
    write_for_qemu,
)


def small_rule(program, capacity=9_000, row_limit=ROW_LIMIT):
    """A rule with small segments, as no size class would have."""
    rule = segment_rule(program, default_cost_model())
    return SegmentRule(
        capacity, row_limit, rule.block_cells, rule.touch_cells, rule.wide_load_cells,
        rule.wide_store_cells, rule.call_cells, rule.bridge_cells,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_random_programs_with_and_without_segments(seed):
    program = make_program(random_program(seed) + EXIT)
    plain = run_both(program)
    assert plain.error is None and plain.execution.cycles > 500
    cut = run_both(program, rule=small_rule(program))
    assert len(cut.segments) > 3
    assert_same_fields(plain.execution, cut.execution)
    assert sum(segment.cycles for segment in cut.segments) == plain.execution.cycles
    counts = sum(segment.opcode_counts for segment in cut.segments)
    assert np.array_equal(counts, plain.execution.opcode_counts)


@pytest.mark.parametrize("seed", range(3))
def test_segments_end_before_their_boundary_columns_overflow(seed):
    program = make_program(random_program(seed) + EXIT)
    rule = dataclasses.replace(small_rule(program, 10**6), boundary_capacity=300, touch_boundary_cells=10)
    run = run_both(program, rule=rule)
    assert len(run.segments) > 2
    longest_block = 2 * int(program.block_end.max() + 1)
    for segment in run.segments:
        words = int((segment.keys <= RAM_BYTES // 8).sum())
        assert words <= 30 + longest_block
        assert words >= 30 or segment is run.segments[-1]


def test_calls_take_boundary_cells():
    source = f"li a0, {DATA}\nli a7, 0x10000\n" + "ecall\n" * 6
    program = make_program(source + EXIT)
    rule = dataclasses.replace(small_rule(program, 10**7), boundary_capacity=1000, call_boundary_cells=400)
    run = run_both(program, rule=rule)
    assert [segment.calls for segment in run.segments] == [3, 3, 0]


def test_opcodes_of_one_group_are_counted_together():
    loop = "li t1, 7000\nloop: xor t0, t0, t1\nadd t0, t0, t1\naddi t1, t1, -1\nbne t1, zero, loop\n"
    program = make_program(loop + EXIT)
    rule = small_rule(program, 10**7, row_limit=20_000)
    apart = run_both(program, rule=rule)
    together = run_both(program, rule=dataclasses.replace(rule, group_of_opcode=np.zeros_like(rule.group_of_opcode)))
    assert len(apart.segments) < len(together.segments)


@needs_qemu
@pytest.mark.parametrize("seed", range(100, 106))
def test_every_step_of_random_programs_equals_qemu(seed, tmp_path):
    source = "addi sp, zero, 0\n" + random_program(seed, length=40, loops=2, rounds=3) + EXIT
    steps = qemu_steps(write_for_qemu(tmp_path, source), tmp_path / "log")
    reference, native = ReferenceMachine(make_program(source)), NativeMachine(make_program(source))
    assert len(steps) > 300
    for pc, registers in steps[1:]:
        reference.step()
        assert (reference.pc, reference.registers) == (pc, registers)
        if native.pc != pc and native.cycles < reference.cycles:
            native.run_for(1)  # a block at a time
        if native.cycles == reference.cycles:
            assert (native.pc, native.registers.tolist()) == (pc, registers)
    reference.step()
    assert reference.halted and reference.cycles == len(steps)


def test_the_initial_state_is_zero_registers_and_the_image():
    machine = NativeMachine(make_program("nop\n" + EXIT, data=b"\x11" * 12))
    assert machine.registers.tolist() == [0] * NUM_REGISTERS
    assert machine.pc == PROGRAM_START
    assert machine.read_words(DATA // 8, 3).tolist() == [0x1111111111111111, 0x11111111, 0]


def test_input_is_a_length_and_the_bytes_and_output_is_what_was_stored():
    source = f"""
        li s0, {INPUT_START}
        li s1, {OUTPUT_START}
        ld t0, 0(s0)      # length
        sd t0, 0(s1)
        ld t1, 8(s0)
        sd t1, 8(s1)
    """
    run = run_both(make_program(source + EXIT), b"eleven byte")
    assert run.execution.output == b"eleven b" + bytes(3)
    assert run_both(make_program(source + EXIT)).execution.output == b""


def test_keccak_call_permutes_in_place():
    source = f"li a0, {DATA}\nli a7, 0x10000\necall\nli a0, {DATA + 8}\necall\n" + EXIT
    data = bytes(range(200))
    program = make_program(source, data=data)
    run = run_both(program, rule=small_rule(program))
    assert run.execution.keccak_calls == 2 and run.segments[-1].calls == 2
    from hstar.machine.keccak import keccak_f1600

    lanes = [int.from_bytes(data[8 * i : 8 * i + 8], "little") for i in range(25)]
    lanes = keccak_f1600(lanes)
    second = keccak_f1600([*lanes[1:], 0])
    assert run.native.read_words(DATA // 8, 26).tolist() == [lanes[0], *second]


FAULTS = {
    "a word that is no instruction": (".word 0", ExecutionReason.UNKNOWN_INSTRUCTION),
    "compressed words": (".word 0x00010001", ExecutionReason.UNKNOWN_INSTRUCTION),
    "fence.i": (".word 0x0000100f", ExecutionReason.UNKNOWN_INSTRUCTION),
    "csr access": (".word 0xc0002573", ExecutionReason.UNKNOWN_INSTRUCTION),
    "atomic": (".word 0x1005202f", ExecutionReason.UNKNOWN_INSTRUCTION),
    "ebreak": ("ebreak", ExecutionReason.BREAKPOINT),
    "unknown system call": ("li a7, 64\necall", ExecutionReason.UNKNOWN_SYSCALL),
    "null function pointer": ("jalr ra, 0(zero)", ExecutionReason.JUMP_OUTSIDE_CODE),
    "jump before the code": ("jal zero, -64", ExecutionReason.JUMP_OUTSIDE_CODE),
    "jump to a half instruction": ("auipc t0, 0\njalr ra, 2(t0)", ExecutionReason.MISALIGNED_JUMP),
    "misaligned jal": ("jal ra, 6", ExecutionReason.MISALIGNED_JUMP),
    "misaligned taken branch": ("beq zero, zero, 6", ExecutionReason.MISALIGNED_JUMP),
    "branch far outside": ("beq zero, zero, -4096", ExecutionReason.JUMP_OUTSIDE_CODE),
    "jump into data": (f"li t0, {DATA}\njalr ra, 0(t0)", ExecutionReason.JUMP_OUTSIDE_CODE),
    "halt word as a target": ("li t0, 0x1000000000000\njalr ra, 0(t0)", ExecutionReason.JUMP_OUTSIDE_CODE),
    "load beyond RAM": (f"li t0, {RAM_BYTES}\nlb t1, 0(t0)", ExecutionReason.ADDRESS_OUT_OF_RANGE),
    "load across the end of RAM": (f"li t0, {RAM_BYTES - 4}\nld t1, 0(t0)", ExecutionReason.ADDRESS_OUT_OF_RANGE),
    "stack overflow": ("li sp, 8\nsd ra, -16(sp)", ExecutionReason.ADDRESS_OUT_OF_RANGE),
    "address that wraps": (f"li t0, {2**32 + DATA}\nld t1, 0(t0)", ExecutionReason.ADDRESS_OUT_OF_RANGE),
    "store into code": (f"li t0, {PROGRAM_START}\nsb t1, 0(t0)", ExecutionReason.STORE_TO_CODE),
    "store that reaches into code": (f"li t0, {PROGRAM_START - 4}\nsd t1, 0(t0)", ExecutionReason.STORE_TO_CODE),
    "keccak of a misaligned state": (f"li a0, {DATA + 4}\nli a7, 0x10000\necall", ExecutionReason.MISALIGNED_ARGUMENT),
    "keccak over the end": (f"li a0, {RAM_BYTES - 192}\nli a7, 0x10000\necall", ExecutionReason.ADDRESS_OUT_OF_RANGE),
    "keccak in the last 64 KiB": (
        f"li a0, {RAM_BYTES - 2**16}\nli a7, 0x10000\necall", ExecutionReason.ADDRESS_OUT_OF_RANGE,
    ),
    "keccak over code": (f"li a0, {PROGRAM_START - 8}\nli a7, 0x10000\necall", ExecutionReason.STORE_TO_CODE),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("segments", [False, True])
def test_faults_name_pc_and_instruction(name, segments):
    source, reason = FAULTS[name]
    program = make_program("addi t6, zero, 1\nnop\n" + source + "\n" + EXIT)
    run = run_both(program, rule=small_rule(program) if segments else None)
    assert run.error.reason is reason
    assert f"pc {run.error.where['pc']:#x}" in run.error.message
    assert run.error.where["instruction"] in run.error.message
    assert run.error.exit_code == 1


def test_unimplemented_words_are_harmless_until_executed():
    run = run_both(make_program("j over\n.word 0\n.word 0xffffffff\nover:\n" + EXIT))
    assert run.error is None and run.execution.cycles == 4


def test_untaken_branches_to_nowhere_are_harmless():
    run = run_both(make_program("bne zero, zero, 6\nbne zero, zero, -4096\n" + EXIT))
    assert run.error is None


@pytest.mark.parametrize("source", ["nop", "bne zero, zero, 8", "addi a7, zero, 0\nli a7, 0x10000\nli a0, 64\necall"])
def test_control_may_not_fall_off_the_end(source):
    program = make_program(source)
    for rule in (None, small_rule(program)):
        run = run_both(program, rule=rule)
        assert run.error.reason is ExecutionReason.JUMP_OUTSIDE_CODE
        assert run.error.where["pc"] == program.code_end


def test_failure_is_an_exit_code():
    run = run_both(make_program("li a0, 7\nli a7, 93\necall"))
    assert run.error is None and run.execution.exit_code == 7


def test_an_endless_loop_ends_at_the_cycle_limit():
    program = make_program("loop: addi t0, t0, 1\nj loop")
    for limit in (1, 2, 999, 1000):
        run = run_both(program, limits=Limits(max_cycles=limit))
        assert run.error.reason is ExecutionReason.CYCLE_LIMIT
        assert run.error.where["cycles"] == limit // 2 * 2


def test_a_program_may_use_exactly_its_limit():
    program = make_program("nop\nnop\n" + EXIT)
    assert run_both(program, limits=Limits(max_cycles=5)).error is None
    assert run_both(program, limits=Limits(max_cycles=4)).error.reason is ExecutionReason.CYCLE_LIMIT


def test_memory_has_a_limit_in_pages():
    source = f"li t0, {STACK_TOP - 8}\nli t1, 4096\nloop: sd t1, 0(t0)\nsub t0, t0, t1\nj loop"
    program = make_program(source)
    for rule in (None, small_rule(program, 10**6)):
        run = run_both(program, limits=Limits(max_memory_bytes=64 * 4096), rule=rule)
        assert run.error.reason is ExecutionReason.MEMORY_LIMIT
        assert run.error.where["cycles"] == 3 + 63 * 3  # one page is the code


@pytest.mark.parametrize("length", [257, 2**32, 2**64 - 1])
def test_output_longer_than_the_statement_is_refused(length):
    run = run_both(make_program(f"li t0, {OUTPUT_START}\nli t1, {length}\nsd t1, 0(t0)\n" + EXIT))
    assert run.error.reason is ExecutionReason.OUTPUT_TOO_LONG


@pytest.mark.parametrize("kind", [ReferenceMachine, NativeMachine])
def test_input_larger_than_its_region_is_refused(kind, monkeypatch):
    monkeypatch.setattr("hstar.machine.limits.MAX_INPUT_BYTES", 100)
    kind(make_program(EXIT), bytes(100))
    with pytest.raises(InputError) as caught:
        kind(make_program(EXIT), bytes(101))
    assert caught.value.reason is ExecutionReason.INPUT_TOO_LARGE


@pytest.mark.parametrize("limits", [{"max_cycles": 0}, {"max_cycles": 2**60}, {"max_memory_bytes": 1}])
def test_senseless_limits_are_refused(limits):
    with pytest.raises(InputError):
        Limits(**limits)


# Segments


def test_segments_chain_and_replay_from_their_boundary_rows_alone():
    program = make_program(random_program(7) + EXIT)
    run = run_both(program, rule=small_rule(program))
    last = {}
    for segment in run.segments:
        assert replay(program, segment).cycles == segment.cycles
        columns = (segment.keys, segment.previous_segments, segment.values_in, segment.values_out)
        for key, previous, before, after in zip(*(column.tolist() for column in columns), strict=True):
            number, value = last.get(key, (0, None))
            assert previous == number < segment.number
            assert value is None or value == before
            last[key] = (segment.number, after)
    assert len(run.segments) > 3


@pytest.mark.parametrize("column", ["values_in", "values_out", "registers", "cycles", "pc"])
def test_a_changed_segment_does_not_replay(column):
    program = make_program(random_program(8) + EXIT)
    segment = run_both(program, rule=small_rule(program)).segments[1]
    replay(program, segment)
    value = getattr(segment, column)
    if isinstance(value, np.ndarray):
        changed = [value.copy() for _ in range(len(value))]
        for place, copy in enumerate(changed):
            copy[place] ^= np.uint64(1 << 40)
    else:
        changed = [value + 4, value - 4]
    refused = 0
    for copy in changed:
        try:
            replay(program, dataclasses.replace(segment, **{column: copy}))
        except (InputError, ExecutionError):
            refused += 1
    if column in ("values_out", "cycles"):
        assert refused == len(changed)
    assert refused > 0


@given(st.integers(0, 2**32))
@settings(max_examples=60)
def test_random_instructions_do_or_fault_alike(seed):
    generator = random.Random(seed)
    words = []
    for _ in range(48):
        row = generator.choice(INSTRUCTIONS)
        words.append(row.fixed | generator.getrandbits(32) & ~row.layout.fixed & 0xFFFFFFFF)
    pointers = f"li a0, {DATA}\nli t0, {DATA + 77}\nli ra, {PROGRAM_START + 96}\nli a7, 0x10000\n"
    program = make_program(pointers + "\n".join(f".word {word:#x}" for word in words))
    limits = Limits(max_cycles=400, max_memory_bytes=40 * 4096)
    run_both(program, limits=limits)
    run_both(program, limits=limits, rule=small_rule(program, 3_000))


@given(st.integers(0, 2**32), st.integers(1_500, 30_000))
def test_any_capacity_gives_the_same_segments_in_both(seed, capacity):
    program = make_program(random_program(seed, length=20, loops=2, rounds=3) + EXIT)
    run = run_both(program, rule=small_rule(program, capacity))
    assert run.error is None or run.error.reason is ExecutionReason.SIZE_CLASS_TOO_SMALL


def test_the_row_limit_cuts_where_one_circuit_is_full():
    source = "li t0, 9000\nloop: addi t1, t1, 1\naddi t0, t0, -1\nbne t0, zero, loop\n" + EXIT
    program = make_program(source)
    run = run_both(program, rule=small_rule(program, capacity=10**9, row_limit=12_000))
    assert len(run.segments) > 1
    for segment in run.segments[:-1]:
        assert 6_000 < segment.opcode_counts.max() <= 12_000


def test_a_block_larger_than_a_segment_is_an_error():
    program = make_program("nop\n" * 200 + EXIT)
    run = run_both(program, rule=small_rule(program, capacity=100))
    assert run.error.reason is ExecutionReason.SIZE_CLASS_TOO_SMALL


def test_a_segment_never_exceeds_its_size_class():
    program = make_program(random_program(11, length=100) + EXIT)
    model = default_cost_model()
    capacity = 60_000
    rule = segment_rule(program, model)
    full = (1 << 24) - rule.capacity  # what the class keeps back: tables and one block's events
    run = run_both(program, rule=small_rule(program, capacity))
    for segment in run.segments:
        cells = int(segment.opcode_counts @ model.opcode_cells) + model.boundary.cells * len(segment.keys)
        cells += segment.wide_loads * model.misaligned_load.cells
        cells += segment.wide_stores * model.misaligned_store.cells + segment.bridges * model.bridge.cells
        assert cells <= capacity + full


class GapCounter(ReferenceMachine):
    """Counts exactly the accesses, to RAM and to registers, that follow a gap of 2^14 cycles in their segment."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.last, self.gaps = {}, 0

    def _note(self, key):
        segment, cycle = self.last.get(key, (0, 0))
        self.gaps += segment == self._segment_number and self.cycles - cycle >= 2**14
        self.last[key] = (self._segment_number, self.cycles)

    def _touch(self, index):
        self._note(index)
        super()._touch(index)

    def step(self):
        decoded = decode(self.program.word_at(self.pc))
        for name in decoded.instruction.layout.operands:
            self._note((name, getattr(decoded, name)) if name == "rd" else ("source", getattr(decoded, name)))
        super().step()


def waiting(cycles):
    return f"li t0, {cycles // 2}\nwait{cycles}: addi t0, t0, -1\nbne t0, zero, wait{cycles}\n"


@pytest.mark.parametrize("straight", [0, 9000, 20000])
def test_bridging_rows_are_never_too_few(straight):
    touches = f"li s0, {DATA}\n" + "".join(f"ld t1, {8 * i}(s0)\nsd t1, {8 * i + 1}(s0)\n" for i in range(20))
    source = touches + waiting(8000) + touches + waiting(17000) + touches + "nop\n" * straight + touches
    program = make_program(source + waiting(9000) + touches + EXIT)
    for capacity in (10**8,) if straight else (10**8, 600_000):
        run = run_both(program, rule=small_rule(program, capacity))
        machine = GapCounter(program, rule=small_rule(program, capacity))
        while not machine.halted:
            machine.advance()
        charged = sum(segment.bridges for segment in run.segments)
        epochs = sum(segment.cycles for segment in run.segments) // 2**13
        if straight < 2**13:
            assert 20 <= machine.gaps <= charged <= 3 * machine.gaps + 31 * epochs
        else:  # a block longer than an epoch pays for every access in it beforehand
            assert machine.gaps >= 20 and run.error is None


def test_segments_end_before_they_have_too_many_bridging_rows():
    touches = f"li s0, {DATA}\n" + "".join(f"ld t1, {8 * index}(s0)\n" for index in range(20))
    program = make_program("".join(touches + waiting(17000 + 2 * place) for place in range(6)) + EXIT)
    free = run_both(program, rule=small_rule(program, 10**8))
    assert len(free.segments) == 1 and free.segments[0].bridges > 300
    capacity = 100
    rule = dataclasses.replace(small_rule(program, 10**8), bridge_capacity=capacity)
    run = run_both(program, rule=rule)
    assert len(run.segments) > 2
    for segment in run.segments[:-1]:
        assert capacity < segment.bridges <= capacity + 33


def test_blocks_longer_than_an_epoch_are_charged_for_their_gaps():
    model = default_cost_model()
    short, long = (make_program("ld t0, 0(sp)\n" * count + EXIT) for count in (8000, 9000))
    rows = int(model.opcode_cells[BY_NAME["ld"].number])
    event = 2 * model.boundary.cells + model.misaligned_store.cells
    ending = int(segment_rule(short, model).block_cells[8000])
    assert segment_rule(short, model).block_cells[0] == 8000 * rows + ending
    assert segment_rule(long, model).block_cells[0] >= 9000 * (rows + event) + 31 * model.bridge.cells


def test_size_classes_without_room_are_refused():
    with pytest.raises(InputError, match="use 2\\^19 or more"):
        segment_rule(make_program(EXIT), default_cost_model(), log_cells=10)


def test_expanded_counts_follow_blocks():
    program = make_program("nop\nnop\nbeq zero, zero, 4\nnop\n" + EXIT)
    entries = np.zeros(len(program.words), dtype=np.int64)
    entries[[0, 1, 3]] = 2, 5, 7
    assert expand_counts(program, entries).tolist() == [2, 7, 7, 7, 7, 7, 7]


def test_code_in_several_segments_with_a_gap():
    from hstar.machine.assembler import assemble

    first, _ = assemble(f"li t0, {PROGRAM_START + 0x2000}\njalr zero, 0(t0)", PROGRAM_START)
    second, _ = assemble(EXIT + "\n", PROGRAM_START + 0x2000)

    def segment(address, words):
        data = b"".join(word.to_bytes(4, "little") for word in words)
        return LoadSegment(0, address, data, len(data), False, True)

    program = from_segments(PROGRAM_START, [segment(PROGRAM_START, first), segment(PROGRAM_START + 0x2000, second)])
    assert run_both(program).error is None
    assert program.word_at(PROGRAM_START + 0x1000) == 0
