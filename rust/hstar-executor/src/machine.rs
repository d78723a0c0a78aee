//! One program on one input: the outer loop around the handlers, limits, segments, counts.

use crate::memory::{Memory, PAGE_BYTES, UNTOUCHED, WRITABLE};
use crate::opcodes as o;
use crate::record::{Plan, Recorder, Recording};
use crate::state::{EventCells, Op, State, Stop, Touch, enter};
use crate::translate::{Code, translate};

/// Key of register x0 (no row has it); x1 .. x31 follow.
pub(crate) const FIRST_REGISTER_KEY: u32 = (1 << 29) + (1 << 15);
const PC_KEY: u32 = 1 << 30;
/// pc after the program's end, as its boundary row has it.
const HALT_PC: u64 = 1 << 48;
/// Registers that ecall reads: a0 and a7.
const ECALL_REGISTERS: u32 = 1 << 10 | 1 << 17;
/// x1 .. x31 and the two words that stand for x0: each may need a bridging row in each epoch after a segment's first.
const BRIDGED_WORDS: u64 = 33;
const MAX_SEGMENTS: u32 = u16::MAX as u32;

/// When to cut; `hstar.machine.segments` explains the rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Cells for the rows of one segment.
    pub capacity: i64,
    /// Rows that one circuit may have.
    pub row_limit: i64,
    /// Cells of the boundary group.
    pub boundary_capacity: i64,
    /// Bridging rows.
    pub bridge_capacity: i64,
    /// Fewer unchecked cycles than these end the segment.
    pub min_stretch: i64,
    /// Cycles of an epoch.
    pub epoch_cycles: i64,
    /// Cells of dynamic events.
    pub events: EventCells,
    /// Group of opcodes that share circuits, of each opcode number.
    pub family_of_opcode: Vec<u8>,
}

/// Bounds of a run.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Instructions.
    pub max_cycles: u64,
    /// Pages of 4096 bytes.
    pub max_pages: u64,
}

/// One piece of an execution; `hstar.machine.segments.Segment` describes the fields.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    /// From 1.
    pub number: u32,
    /// pc at the start.
    pub pc: u64,
    /// x0 .. x31 at the start.
    pub registers: Vec<u64>,
    /// Instructions executed.
    pub cycles: u64,
    /// Boundary rows: keys.
    pub keys: Vec<u32>,
    /// Boundary rows: last segment before that touched the word.
    pub previous_segments: Vec<u16>,
    /// Boundary rows: values at the start.
    pub values_in: Vec<u64>,
    /// Boundary rows: values at the end.
    pub values_out: Vec<u64>,
    /// Executions of each opcode number.
    pub opcode_counts: Vec<u64>,
    /// Loads that are misaligned or off a base outside RAM.
    pub wide_loads: u64,
    /// Stores that are.
    pub wide_stores: u64,
    /// Precompile calls.
    pub calls: u64,
    /// Bound on the bridging rows.
    pub bridges: u64,
}

/// What was true when a segment began.
#[derive(Clone, Default)]
struct Begin {
    pc: u64,
    registers: Vec<u64>,
    cycles: u64,
    events: [u64; 4],
}

/// A running program.
pub struct Machine {
    memory: Memory,
    ops: Vec<Op>,
    state: Box<State>,
    limits: Limits,
    rule: Option<Rule>,
    cycles: u64,
    entries: Vec<u64>,
    segment: u32,
    epoch: u32,
    register_segments: [u16; 32],
    begin: Begin,
}

// SAFETY: the raw pointers in `state` point into `ops`, which the machine owns and never grows; nothing is shared.
unsafe impl Send for Machine {}

impl Machine {
    /// A machine at the entry of `code`, registers and memory zero. `code` must be consistent and `entry` in it.
    ///
    /// # Errors
    /// The operating system refuses the address space.
    pub fn new(
        code: &Code,
        code_ranges: Vec<(u64, u64)>,
        limits: Limits,
        rule: Option<Rule>,
    ) -> std::io::Result<Self> {
        let mut ops = if rule.is_some() {
            translate::<true>(code)
        } else {
            translate::<false>(code)
        };
        let state = Box::new(State {
            x: [0; 33],
            ops: ops.as_mut_ptr(),
            code_start: code.start,
            num_words: code.opcode.len() as u64,
            stop: Stop::Running,
            detail: 0,
            op: ops.as_mut_ptr(),
            cycles: 0,
            cells: 0,
            events: rule.as_ref().map(|r| r.events).unwrap_or_default(),
            boundary_left: 0,
            bridges_left: 0,
            code_ranges,
            pages: 0,
            max_pages: limits.max_pages,
            misaligned_loads: 0,
            misaligned_stores: 0,
            wide_loads: 0,
            wide_stores: 0,
            calls: 0,
            bridges: 0,
            first_epochs: Vec::new(),
            touched: Vec::new(),
            first_touched: Vec::new(),
            visited: Vec::new(),
        });
        Ok(Self {
            memory: Memory::new()?,
            entries: vec![0; code.opcode.len()],
            ops,
            state,
            limits,
            rule,
            cycles: 0,
            segment: 0,
            epoch: 0,
            register_segments: [0; 32],
            begin: Begin::default(),
        })
    }

    /// Puts words into memory before the run; their pages count as touched.
    pub fn write_words(&mut self, indices: &[u32], words: &[u64]) {
        for (&index, &word) in indices.iter().zip(words) {
            self.memory.set_word(index, word);
            let page = index / (PAGE_BYTES / 8) as u32;
            if self.memory.flag(page) == UNTOUCHED {
                self.memory.set_flag(page, WRITABLE);
                self.state.pages += 1;
            }
        }
        self.state.protect_code(&mut self.memory);
    }

    /// Sets pc (to the address of a word of the code) and x1 .. x31; false if `pc` is no such address.
    pub fn set_state(&mut self, pc: u64, registers: &[u64]) -> bool {
        let index = pc.wrapping_sub(self.state.code_start).rotate_right(2);
        if index >= self.state.num_words || registers.len() != 32 {
            return false;
        }
        self.state.x[1..32].copy_from_slice(&registers[1..]);
        self.state.op = &raw mut self.ops[index as usize];
        true
    }

    /// Index of the word at which the machine stands; the number of words where control fell off the end.
    fn position(&self) -> usize {
        // SAFETY: `op` always points into the array that starts at `ops`.
        unsafe { self.state.op.offset_from(self.state.ops) as usize }
    }

    /// Address of the instruction at which the machine stands.
    #[must_use]
    pub fn pc(&self) -> u64 {
        self.state.code_start + 4 * self.position() as u64
    }

    /// x0 .. x31.
    #[must_use]
    pub fn registers(&self) -> &[u64] {
        &self.state.x[..32]
    }

    /// Instructions executed.
    #[must_use]
    pub fn cycles(&self) -> u64 {
        self.cycles
    }

    /// Address or number that belongs to the last stop.
    #[must_use]
    pub fn detail(&self) -> u64 {
        self.state.detail
    }

    /// Misaligned loads, misaligned stores, precompile calls, pages touched.
    #[must_use]
    pub fn events(&self) -> [u64; 4] {
        let s = &self.state;
        [s.misaligned_loads, s.misaligned_stores, s.calls, s.pages]
    }

    /// Reads doubleword `index`.
    #[must_use]
    pub fn word(&self, index: u32) -> u64 {
        self.memory.word(index)
    }

    /// Runs handlers from the current block on, with these cycles and cells; returns why they stopped.
    fn run_handlers(&mut self, cycles: u64, cells: i64) -> Stop {
        let mem = self.memory.base();
        let epoch = u64::from(self.epoch);
        let traced = self.rule.is_some();
        let s: *mut State = &raw mut *self.state;
        // SAFETY: the contract of `go` and `enter`: `op` is in the array, state and memory are this machine's, and
        // `&mut self` keeps everybody else away. `s` is only used through the pointer until the loop ends.
        unsafe {
            (*s).stop = Stop::Running;
            let (op, cycles) = ((*s).op, cycles.min(i64::MAX as u64) as i64);
            if traced {
                enter::<true>(op, s, mem, cycles, cells, epoch);
            } else {
                enter::<false>(op, s, mem, cycles, cells, epoch);
            }
            // With tail calls the call above returns only when stopped; without, each handler returns.
            loop {
                if (*s).stop != Stop::Running {
                    break;
                }
                let op = (*s).op;
                ((*op).handler)(op, s, mem, (*s).cycles, (*s).cells, epoch);
            }
        }
        self.state.stop
    }

    fn stop(&mut self, stop: Stop, detail: u64) -> Stop {
        (self.state.stop, self.state.detail) = (stop, detail);
        stop
    }

    /// Cycles until the limit if the block at hand fits under it.
    fn cycles_left(&self) -> Option<u64> {
        let left = self.limits.max_cycles - self.cycles;
        (u64::from(self.ops[self.position()].run) <= left).then_some(left)
    }

    /// Runs about `quantum` instructions (a block is never split) without segments. `BlockTooLong` says that the program
    /// has not ended yet.
    pub fn run(&mut self, quantum: u64) -> Stop {
        let Some(left) = self.cycles_left() else {
            return self.stop(Stop::CycleLimit, self.limits.max_cycles);
        };
        let given = left.min(quantum.max(u64::from(self.ops[self.position()].run)));
        let stop = self.run_handlers(given, 0);
        self.cycles += given - self.state.cycles as u64;
        self.collect_counts();
        stop
    }

    /// Moves the block counts of a run without segments to `entries`.
    fn collect_counts(&mut self) {
        if self.rule.is_none() {
            for (op, total) in self.ops.iter_mut().zip(&mut self.entries) {
                *total += u64::from(op.count);
                op.count = 0;
            }
        }
    }

    /// Runs `cycles` instructions, or to the program's end, and writes them down; for a machine without a rule whose
    /// plan is consistent, before anything else ran on it.
    ///
    /// # Errors
    /// Why an instruction did not run.
    pub fn record(&mut self, plan: &Plan, cycles: u64) -> Result<Recording, Stop> {
        if self.rule.is_some() || !plan.is_consistent(self.state.num_words as usize) {
            return Err(Stop::UnknownInstruction);
        }
        let (at, mem) = (self.position(), self.memory.base());
        // SAFETY: the memory is this machine's, the plan was checked, and without a rule handlers are untraced.
        let recorder = unsafe { Recorder::new(plan, &mut self.state, mem, at) };
        let (at, recording) = recorder.run(cycles)?;
        self.cycles += recording.cycles;
        self.state.op = &raw mut self.ops[at];
        Ok(recording)
    }

    /// How often a block was entered at each word.
    #[must_use]
    pub fn entries(&self) -> &[u64] {
        &self.entries
    }

    /// Runs one segment. `BlockTooLong` says that it was cut and the program goes on; `Halted` that it was the last.
    pub fn run_segment(&mut self) -> (Stop, Option<Segment>) {
        let Some(rule) = self.rule.take() else {
            return (Stop::SizeClassTooSmall, None);
        };
        self.state.boundary_left = rule.boundary_capacity;
        self.state.bridges_left = rule.bridge_capacity;
        let begun = self.begin_segment();
        self.rule = Some(rule.clone());
        let stop = if begun {
            self.fill_segment(&rule)
        } else {
            Stop::SegmentLimit
        };
        let segment =
            matches!(stop, Stop::BlockTooLong | Stop::Halted).then(|| self.finish_segment(stop));
        (stop, segment)
    }

    fn begin_segment(&mut self) -> bool {
        self.segment += 1;
        let s = &self.state;
        self.begin = Begin {
            pc: self.pc(),
            registers: s.x[..32].to_vec(),
            cycles: self.cycles,
            events: [s.wide_loads, s.wide_stores, s.calls, s.bridges],
        };
        self.epoch += 1;
        self.state.first_epochs.push(self.epoch);
        if self.segment > MAX_SEGMENTS {
            self.stop(Stop::SegmentLimit, u64::from(self.segment));
            return false;
        }
        true
    }

    fn fill_segment(&mut self, rule: &Rule) -> Stop {
        let (mut cells, mut stretch, mut epoch_left) =
            (rule.capacity, rule.row_limit, rule.epoch_cycles);
        loop {
            if self.position() as u64 == self.state.num_words {
                return self.stop(Stop::JumpOutsideCode, self.pc());
            }
            let Some(left) = self.cycles_left() else {
                return self.stop(Stop::CycleLimit, self.limits.max_cycles);
            };
            let (run, cost) = {
                let op = &self.ops[self.position()];
                (i64::from(op.run), i64::from(op.cost))
            };
            if run > epoch_left {
                self.epoch += 1;
                cells -= self.state.charge_bridges(BRIDGED_WORDS);
                epoch_left = rule.epoch_cycles.max(run);
            }
            if cost > cells || !self.rows_allow(rule, run, &mut stretch) {
                if self.cycles == self.begin.cycles {
                    return self.stop(Stop::SizeClassTooSmall, run as u64);
                }
                return Stop::BlockTooLong;
            }
            let given = left.min(stretch.min(epoch_left) as u64);
            let stop = self.run_handlers(given, cells);
            let used = given as i64 - self.state.cycles;
            self.cycles += used as u64;
            stretch -= used;
            epoch_left -= used;
            cells = self.state.cells;
            if stop != Stop::BlockTooLong {
                return stop;
            }
        }
    }

    /// Whether a block of `run` instructions keeps every circuit within its rows; renews `stretch` when it is used up.
    fn rows_allow(&mut self, rule: &Rule, run: i64, stretch: &mut i64) -> bool {
        if run <= *stretch {
            return true;
        }
        let (counts, _) = self.count_visited();
        let mut rows = [0i64; 256];
        for (&count, &family) in counts.iter().zip(&rule.family_of_opcode).skip(1) {
            rows[family as usize] += count as i64;
        }
        *stretch = rule.row_limit - rows.iter().max().copied().unwrap_or(0);
        let started = self.cycles != self.begin.cycles;
        run <= *stretch && !(started && run + rule.min_stretch > *stretch)
    }

    /// Executions of each opcode in this segment, and the registers that they use.
    fn count_visited(&self) -> (Vec<u64>, u32) {
        let (mut counts, mut registers) = (vec![0u64; o::NAMES.len()], 0u32);
        for &entry in &self.state.visited {
            // SAFETY: handlers push only pointers into the op array.
            let at = unsafe { entry.offset_from(self.state.ops) as usize };
            let times = u64::from(self.ops[at].count);
            for op in &self.ops[at..at + self.ops[at].run as usize] {
                counts[op.opcode as usize] += times;
                registers |= used_registers(op);
            }
        }
        (counts, registers & !1)
    }

    fn finish_segment(&mut self, stop: Stop) -> Segment {
        let (opcode_counts, registers) = self.count_visited();
        for entry in std::mem::take(&mut self.state.visited) {
            // SAFETY: as in `count_visited`.
            let at = unsafe { entry.offset_from(self.state.ops) as usize };
            self.entries[at] += u64::from(self.ops[at].count);
            self.ops[at].count = 0;
        }
        let begin = std::mem::take(&mut self.begin);
        let s = &self.state;
        let mut segment = Segment {
            number: self.segment,
            pc: begin.pc,
            cycles: self.cycles - begin.cycles,
            opcode_counts,
            wide_loads: s.wide_loads - begin.events[0],
            wide_stores: s.wide_stores - begin.events[1],
            calls: s.calls - begin.events[2],
            bridges: s.bridges - begin.events[3],
            ..Segment::default()
        };
        let touched = std::mem::take(&mut self.state.touched);
        let rows = touched.len() + 33;
        segment.keys.reserve_exact(rows);
        segment.previous_segments.reserve_exact(rows);
        segment.values_in.reserve_exact(rows);
        segment.values_out.reserve_exact(rows);
        for &Touch {
            index,
            previous,
            value,
        } in &touched
        {
            segment.push(index + 1, previous, value, self.memory.word(index));
        }
        for register in (1..32).filter(|register| registers >> register & 1 == 1) {
            let before =
                std::mem::replace(&mut self.register_segments[register], self.segment as u16);
            segment.push(
                FIRST_REGISTER_KEY + register as u32,
                before,
                begin.registers[register],
                self.state.x[register],
            );
        }
        let end = if stop == Stop::Halted {
            HALT_PC
        } else {
            self.pc()
        };
        segment.push(PC_KEY, (self.segment - 1) as u16, begin.pc, end);
        segment.registers = begin.registers;
        self.state.touched = touched;
        self.state.touched.clear();
        segment
    }

    /// How many doublewords were touched so far in runs with segments.
    #[must_use]
    pub fn num_touched_words(&self) -> usize {
        self.state.first_touched.len()
    }

    /// Every doubleword touched so far in runs with segments: key, last segment, initial and final value, ascending.
    #[must_use]
    pub fn touched_words(&self) -> Vec<(u32, u16, u64, u64)> {
        let mut words: Vec<_> = self
            .state
            .first_touched
            .iter()
            .map(|&(index, initial)| {
                (
                    index + 1,
                    self.state.segment_of(self.memory.marker(index)),
                    initial,
                    self.memory.word(index),
                )
            })
            .collect();
        words.sort_unstable_by_key(|word| word.0);
        words
    }
}

impl Segment {
    fn push(&mut self, key: u32, previous: u16, value_in: u64, value_out: u64) {
        self.keys.push(key);
        self.previous_segments.push(previous);
        self.values_in.push(value_in);
        self.values_out.push(value_out);
    }
}

/// Bit mask of the registers that an instruction reads or writes.
fn used_registers(op: &Op) -> u32 {
    let operands = o::OPERANDS[op.opcode as usize];
    let bit = |wanted: u8, register: u8| {
        if operands & wanted != 0 && register < 32 {
            1u32 << register
        } else {
            0
        }
    };
    let fields = bit(1, op.rd) | bit(2, op.rs1) | bit(4, op.rs2);
    fields
        | if op.opcode == o::ECALL {
            ECALL_REGISTERS
        } else {
            0
        }
}
