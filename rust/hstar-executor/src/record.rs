//! Runs a segment again and writes down, chip by chip, what its rows are computed from: which word each row touches,
//! when that word was touched last, and what it held. `hstar.machine.records` is the definition.
//!
//! Which chip an instruction belongs to and which accesses its row makes stand in tables from Python. Arithmetic, loads
//! and stores are the handlers of normal runs, called one at a time; only control flow is done here.

use crate::handlers as h;
use crate::handlers::Condition;
use crate::machine::FIRST_REGISTER_KEY;
use crate::memory::{RAM_BYTES, marker_at};
use crate::opcodes as o;
use crate::state::{Op, State, Stop};
use crate::system;

/// A word with no operation, or without a second one.
pub const NO_OPERATION: u16 = u16::MAX;
/// After the keys of x1 .. x31: the word that reads of x0 find, and the one that writes to x0 go to.
const ZERO_OFFSET: u32 = 32;
const DISCARD_OFFSET: u32 = 33;
const NUM_REGISTER_KEYS: usize = 33;
const DISCARD: usize = 32;
/// Gaps between two accesses of a word that a row can check by itself.
const MAX_GAP: u64 = 1 << 16;
/// Words of the state of keccak-f[1600].
const STATE_WORDS: usize = 25;

/// Bits of an operation's accesses, as in `hstar.machine.operations.Accesses`.
mod access {
    pub const RS1: u8 = 1;
    pub const RS2: u8 = 2;
    pub const RD: u8 = 4;
    pub const MEMORY_READ: u8 = 16;
    pub const MEMORY_WRITE: u8 = 32;
    pub const KECCAK: u8 = 64;
}

/// Numbers of the fields of a row; `hstar.machine.records.FIELDS` has the same order.
mod field {
    pub const PC: usize = 0;
    pub const CLOCK: usize = 1;
    pub const RD: usize = 2;
    pub const RS1: usize = 3;
    pub const RS2: usize = 4;
    pub const CONSTANTS: usize = 5;
    pub const IMMEDIATE: usize = 9;
    pub const VARIANT: usize = 10;
    pub const RS1_VALUE: usize = 11;
    pub const RS1_TIME: usize = 12;
    pub const RS2_VALUE: usize = 13;
    pub const RS2_TIME: usize = 14;
    pub const RD_OLD: usize = 15;
    pub const RD_TIME: usize = 16;
    pub const MEMORY_OLD: usize = 17;
    pub const MEMORY_TIME: usize = 18;
    pub const MEMORY2_OLD: usize = 19;
    pub const MEMORY2_TIME: usize = 20;
    pub const STATE_IN: usize = 21;
    pub const STATE_OUT: usize = 46;
    pub const STATE_TIME: usize = 71;
    pub const COUNT: usize = 96;
}

/// One word of the program table: keys of rd, rs1, rs2, then c0 .. c3.
pub type ProgramRow = [u32; 7];

/// What the recorder must know about program and chips.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Of each word: its operation.
    pub operation: Vec<u16>,
    /// Of each word: the operation of misaligned accesses and of bases outside RAM, or of calls of the precompile.
    pub alternate: Vec<u16>,
    /// Of each word: its row of the program table.
    pub rows: Vec<ProgramRow>,
    /// Of each word: its immediate.
    pub immediate: Vec<i64>,
    /// Index of the first word (address / 4).
    pub first_word: u64,
    /// Of each operation: the chip.
    pub chip: Vec<u16>,
    /// Of each operation: its number within the chip.
    pub variant: Vec<u32>,
    /// Of each operation: its accesses.
    pub accesses: Vec<u8>,
    /// Of each chip: the fields of its rows.
    pub fields: Vec<Vec<u8>>,
}

impl Plan {
    /// Whether every number is one that the recorder may trust, for a code table of `num_words`.
    #[must_use]
    pub fn is_consistent(&self, num_words: usize) -> bool {
        let (operations, chips) = (self.chip.len(), self.fields.len());
        let known = |&number: &u16| number == NO_OPERATION || (number as usize) < operations;
        let lengths = [
            self.operation.len(),
            self.alternate.len(),
            self.rows.len(),
            self.immediate.len(),
        ];
        lengths.iter().all(|&length| length == num_words)
            && self.operation.iter().chain(&self.alternate).all(known)
            && self.variant.len() == operations
            && self.accesses.len() == operations
            && self.chip.iter().all(|&chip| (chip as usize) < chips)
            && self
                .fields
                .iter()
                .flatten()
                .all(|&field| (field as usize) < field::COUNT)
    }
}

/// A row that bridges a long gap: key, value, time before, time after.
pub type Bump = [u64; 4];

/// Everything written down about a segment.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Of each chip, of each of its fields: the values of all rows.
    pub chips: Vec<Vec<Vec<u64>>>,
    /// Bridging rows in the order of the accesses that need them.
    pub bumps: Vec<Bump>,
    /// Doublewords in the order of their first access.
    pub touched: Vec<u32>,
    /// The time before the first access of each.
    pub touched_first: Vec<u64>,
    /// The time of the last access of each.
    pub touched_last: Vec<u64>,
    /// The same of x0 .. x31 and the word that swallows writes to x0; 0 if never accessed.
    pub registers_first: Vec<u64>,
    /// See `registers_first`.
    pub registers_last: Vec<u64>,
    /// What was written last to the word that swallows writes to x0.
    pub discard_value: u64,
    /// Instructions executed.
    pub cycles: u64,
    /// Whether the program ended.
    pub halted: bool,
}

/// The handler behind a single instruction: it returns.
unsafe extern "C" fn stop_step(_: *mut Op, _: *mut State, _: *mut u8, _: i64, _: i64, _: u64) {}

/// A recording in progress.
pub struct Recorder<'a> {
    plan: &'a Plan,
    state: &'a mut State,
    mem: *mut u8,
    at: usize,
    clock: u64,
    values: [u64; field::COUNT],
    times: [u64; NUM_REGISTER_KEYS],
    seen: [bool; NUM_REGISTER_KEYS],
    recording: Recording,
}

impl<'a> Recorder<'a> {
    /// Starts at word `at`.
    ///
    /// # Safety
    /// `mem` is the base of the memory that belongs to `state`, untraced; the plan is consistent with its code table.
    pub unsafe fn new(plan: &'a Plan, state: &'a mut State, mem: *mut u8, at: usize) -> Self {
        let mut seen = [false; NUM_REGISTER_KEYS];
        // The rows of x0 and of the swallowing word start at time 0.
        (seen[0], seen[DISCARD]) = (true, true);
        let recording = Recording {
            chips: plan
                .fields
                .iter()
                .map(|fields| vec![Vec::new(); fields.len()])
                .collect(),
            registers_first: vec![0; NUM_REGISTER_KEYS],
            ..Recording::default()
        };
        Self {
            plan,
            state,
            mem,
            at,
            clock: 0,
            values: [0; field::COUNT],
            times: [0; NUM_REGISTER_KEYS],
            seen,
            recording,
        }
    }

    /// Runs `cycles` instructions, or to the program's end; returns the word at which it stands and the recording.
    ///
    /// # Errors
    /// Why an instruction did not run, or `UnknownInstruction` where a word has no operation.
    pub fn run(mut self, cycles: u64) -> Result<(usize, Recording), Stop> {
        while self.recording.cycles < cycles && !self.recording.halted {
            self.step()?;
            self.clock += 4;
            self.recording.cycles += 1;
        }
        for &index in &self.recording.touched {
            // SAFETY: touched indices are below 2^29.
            let marker = unsafe { *marker_at(self.mem, u64::from(index) << 3) };
            self.recording.touched_last.push(u64::from(marker) - 1);
        }
        self.recording.registers_last = self.times.to_vec();
        Ok((self.at, self.recording))
    }

    fn step(&mut self) -> Result<(), Stop> {
        if self.at >= self.plan.operation.len() {
            return Err(Stop::JumpOutsideCode);
        }
        // SAFETY: `at` is below the number of words, which is the number of ops before the sentinel.
        let op = unsafe { *self.state.ops.add(self.at) };
        let bytes = access_bytes(op.opcode);
        let address = self
            .register(op.rs1)
            .wrapping_add(self.plan.immediate[self.at] as u64);
        let operation = self.operation_of(&op, address, bytes);
        let accesses = *self
            .plan
            .accesses
            .get(operation as usize)
            .ok_or(Stop::UnknownInstruction)?;
        if accesses & (access::MEMORY_READ | access::MEMORY_WRITE) != 0
            && (bytes == 0 || address > RAM_BYTES - bytes)
        {
            return Err(Stop::AddressOutOfRange);
        }
        self.write_static(operation as usize);
        let row = self.plan.rows[self.at];
        self.read_registers(accesses, &row)?;
        self.access_memory(accesses, address, bytes);
        let state_start = if accesses & access::KECCAK != 0 {
            Some(self.read_state()?)
        } else {
            None
        };
        let old = self.prepare_write(accesses, &row)?;
        self.execute(&op)?;
        if let Some(first) = state_start {
            for lane in 0..STATE_WORDS {
                self.values[field::STATE_OUT + lane] = self.word(first + lane as u64);
            }
        }
        if old == Some(DISCARD) {
            self.recording.discard_value = self.state.x[DISCARD];
        }
        self.emit(operation as usize);
        if state_start.is_some() {
            self.values[field::STATE_IN..].fill(0);
        }
        Ok(())
    }

    fn register(&self, number: u8) -> u64 {
        self.state.x[number as usize]
    }

    fn word(&self, index: u64) -> u64 {
        // SAFETY: callers checked that the doubleword is inside RAM.
        unsafe { self.mem.cast::<u64>().add(index as usize).read() }
    }

    /// The second operation where the first is only for aligned accesses off a base in RAM, or for the program's end.
    fn operation_of(&self, op: &Op, address: u64, bytes: u64) -> u16 {
        let alternate = self.plan.alternate[self.at];
        let second = match op.opcode {
            o::ECALL => self.state.x[system::A7] == system::KECCAK_F1600,
            _ => {
                bytes > 0 && (!address.is_multiple_of(bytes) || self.register(op.rs1) >= RAM_BYTES)
            }
        };
        if second && alternate != NO_OPERATION {
            alternate
        } else {
            self.plan.operation[self.at]
        }
    }

    fn write_static(&mut self, operation: usize) {
        let row = &self.plan.rows[self.at];
        self.values[field::PC] = self.plan.first_word + self.at as u64;
        self.values[field::CLOCK] = self.clock;
        self.values[field::RD] = u64::from(row[0]);
        self.values[field::RS1] = u64::from(row[1]);
        self.values[field::RS2] = u64::from(row[2]);
        for (value, &constant) in self.values[field::CONSTANTS..].iter_mut().zip(&row[3..]) {
            *value = u64::from(constant);
        }
        self.values[field::IMMEDIATE] = self.plan.immediate[self.at] as u64;
        self.values[field::VARIANT] = u64::from(self.plan.variant[operation]);
        self.values[field::RS1_VALUE..=field::MEMORY2_TIME].fill(0);
    }

    fn read_registers(&mut self, accesses: u8, row: &ProgramRow) -> Result<(), Stop> {
        for (bit, key, value, time, offset) in [
            (access::RS1, row[1], field::RS1_VALUE, field::RS1_TIME, 1),
            (access::RS2, row[2], field::RS2_VALUE, field::RS2_TIME, 2),
        ] {
            if accesses & bit != 0 {
                let slot = slot_of(key)?;
                self.values[value] = self.value_of(slot);
                self.values[time] = self.access_register(slot, self.clock + offset);
            }
        }
        Ok(())
    }

    /// The access of the destination; returns which word it is.
    fn prepare_write(&mut self, accesses: u8, row: &ProgramRow) -> Result<Option<usize>, Stop> {
        if accesses & access::RD == 0 {
            return Ok(None);
        }
        let slot = slot_of(row[0])?;
        self.values[field::RD_OLD] = self.value_of(slot);
        self.values[field::RD_TIME] = self.access_register(slot, self.clock + 3);
        Ok(Some(slot))
    }

    fn value_of(&self, slot: usize) -> u64 {
        if slot == DISCARD {
            self.recording.discard_value
        } else {
            self.state.x[slot]
        }
    }

    fn access_memory(&mut self, accesses: u8, address: u64, bytes: u64) {
        let offset = match accesses & (access::MEMORY_READ | access::MEMORY_WRITE) {
            0 => return,
            access::MEMORY_READ => 2,
            _ => 3,
        };
        let (first, last) = (address >> 3, (address + bytes - 1) >> 3);
        self.values[field::MEMORY_OLD] = self.word(first);
        self.values[field::MEMORY_TIME] = self.access_word(first, self.clock + offset);
        if last != first {
            self.values[field::MEMORY2_OLD] = self.word(last);
            self.values[field::MEMORY2_TIME] = self.access_word(last, self.clock + offset);
        }
    }

    /// The accesses of a call of keccak-f[1600]; returns the index of its first word.
    fn read_state(&mut self) -> Result<u64, Stop> {
        let address = self.state.x[system::A0];
        if address > RAM_BYTES - 8 * STATE_WORDS as u64 || !address.is_multiple_of(8) {
            return Err(Stop::AddressOutOfRange);
        }
        for lane in 0..STATE_WORDS {
            let index = (address >> 3) + lane as u64;
            self.values[field::STATE_IN + lane] = self.word(index);
            self.values[field::STATE_TIME + lane] = self.access_word(index, self.clock + 3);
        }
        Ok(address >> 3)
    }

    /// The time that an access of a register at `time` gives as the previous one.
    fn access_register(&mut self, slot: usize, time: u64) -> u64 {
        let before = std::mem::replace(&mut self.times[slot], time);
        if !std::mem::replace(&mut self.seen[slot], true) {
            self.recording.registers_first[slot] = time - 1;
            return time - 1;
        }
        self.bridge(key_of(slot), self.value_of(slot), before, time)
    }

    /// The same for a doubleword.
    fn access_word(&mut self, index: u64, time: u64) -> u64 {
        // SAFETY: callers checked that the doubleword is inside RAM. Untraced runs leave the markers alone.
        let marker = unsafe { &mut *marker_at(self.mem, index << 3) };
        let before = std::mem::replace(marker, time as u32 + 1);
        if before == 0 {
            self.recording.touched.push(index as u32);
            self.recording.touched_first.push(time - 1);
            return time - 1;
        }
        self.bridge(
            index as u32 + 1,
            self.word(index),
            u64::from(before) - 1,
            time,
        )
    }

    fn bridge(&mut self, key: u32, value: u64, before: u64, time: u64) -> u64 {
        if time - before <= MAX_GAP {
            return before;
        }
        self.recording
            .bumps
            .push([u64::from(key), value, before, time - 1]);
        time - 1
    }

    fn emit(&mut self, operation: usize) {
        let chip = self.plan.chip[operation] as usize;
        let columns = &mut self.recording.chips[chip];
        for (column, &field) in columns.iter_mut().zip(&self.plan.fields[chip]) {
            column.push(self.values[field as usize]);
        }
    }

    fn execute(&mut self, op: &Op) -> Result<(), Stop> {
        let (a, b) = (self.register(op.rs1), self.register(op.rs2));
        let pc = self.state.code_start + 4 * self.at as u64;
        let taken = match op.opcode {
            o::BEQ => h::Equal::holds(a, b),
            o::BNE => h::NotEqual::holds(a, b),
            o::BLT => h::Less::holds(a, b),
            o::BGE => h::NotLess::holds(a, b),
            o::BLTU => h::Below::holds(a, b),
            o::BGEU => h::NotBelow::holds(a, b),
            o::JAL | o::JALR => true,
            o::ECALL => return self.system_call(),
            _ => return self.run_handler(op),
        };
        let immediate = self.plan.immediate[self.at] as u64;
        let target = match op.opcode {
            o::JALR => a.wrapping_add(immediate) & !1,
            _ if taken => pc.wrapping_add(immediate),
            _ => pc + 4,
        };
        if matches!(op.opcode, o::JAL | o::JALR) {
            self.state.x[op.rd as usize] = pc + 4;
        }
        // A target that is not 4-aligned rotates to a number far above any index.
        let index = target.wrapping_sub(self.state.code_start).rotate_right(2);
        if index > self.state.num_words {
            return Err(Stop::JumpOutsideCode);
        }
        self.at = index as usize;
        Ok(())
    }

    fn system_call(&mut self) -> Result<(), Stop> {
        match self.state.x[system::A7] {
            system::EXIT => self.recording.halted = true,
            system::KECCAK_F1600 => {
                // SAFETY: `mem` belongs to `state`; an untraced call does not read the epoch.
                unsafe { system::keccak::<false>(self.state, self.mem, 0) }
                    .map_err(|(stop, _)| stop)?;
            }
            _ => return Err(Stop::UnknownSyscall),
        }
        self.at += 1;
        Ok(())
    }

    /// Runs one handler and nothing behind it.
    fn run_handler(&mut self, op: &Op) -> Result<(), Stop> {
        let mut pair = [*op, *op];
        pair[1].handler = stop_step;
        self.state.stop = Stop::Running;
        // SAFETY: the contract of handlers, for a program of this instruction alone; none of those called here reads
        // its own place. `mem` belongs to `state`.
        unsafe { (op.handler)(&raw mut pair[0], self.state, self.mem, 0, 0, 0) };
        self.at += 1;
        match self.state.stop {
            Stop::Running => Ok(()),
            stop => Err(stop),
        }
    }
}

/// Slot of a register key: its number, 0 for x0 and `DISCARD` for what swallows writes. The plan comes from Python.
fn slot_of(key: u32) -> Result<usize, Stop> {
    match key.wrapping_sub(FIRST_REGISTER_KEY) {
        ZERO_OFFSET => Ok(0),
        DISCARD_OFFSET => Ok(DISCARD),
        slot @ 1..32 => Ok(slot as usize),
        _ => Err(Stop::UnknownInstruction),
    }
}

/// The key of a slot.
fn key_of(slot: usize) -> u32 {
    FIRST_REGISTER_KEY
        + match slot {
            0 => ZERO_OFFSET,
            DISCARD => DISCARD_OFFSET,
            _ => slot as u32,
        }
}

/// Bytes that a load or store moves; 0 for everything else.
fn access_bytes(opcode: u8) -> u64 {
    match opcode {
        o::LB | o::LBU | o::SB => 1,
        o::LH | o::LHU | o::SH => 2,
        o::LW | o::LWU | o::SW => 4,
        o::LD | o::SD => 8,
        _ => 0,
    }
}
