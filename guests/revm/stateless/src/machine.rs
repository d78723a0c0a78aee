//! The interpreter's machine with a quicker loop.
//!
//! The most frequent instructions run in one function that keeps code pointer, stack pointer and gas in registers. It
//! does an instruction only where nothing can go wrong: enough gas, enough words and room on the stack, a valid jump,
//! memory that is already there. Everything else, and every other instruction, is left to the interpreter as it is.
use crate::block::EvmContext;
use crate::instructions;
use crate::precompiles::Precompiles;
use crate::reasons::Reason;
use alloy_primitives::U256;
use revm::bytecode::opcode as op;
use revm::context::{ContextError, Evm, FrameStack};
use revm::handler::evm::{FrameInitResult, FrameTr};
use revm::handler::instructions::EthInstructions;
use revm::handler::{EthFrame, EvmTr, FrameInitOrResult};
use revm::interpreter::instructions::{GasTable, InstructionTable, gas_table};
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_types::{Jumps, LoopControl};
use revm::interpreter::{Interpreter, InterpreterAction};
use revm::primitives::hardfork::SpecId;

type Instructions = EthInstructions<EthInterpreter, EvmContext>;
type Frame = EthFrame<EthInterpreter>;
type Inner = Evm<EvmContext, (), Instructions, Precompiles, Frame>;
const MAX_DEPTH: usize = 1024;
const PREALLOCATED_FRAMES: usize = 8; // as many as revm
const WORD_BYTES: usize = 32;

/// Gas of an instruction.
const fn cost<const OPCODE: u8>() -> i64 {
    const COSTS: GasTable = gas_table();
    COSTS[OPCODE as usize] as i64
}

/// `revm`'s machine; only the loop, the precompiles and a few instructions differ.
pub struct Machine(pub Inner);

impl Machine {
    pub fn new(context: EvmContext, spec: SpecId) -> Self {
        let mut instructions = Instructions::new_mainnet_with_spec(spec);
        instructions::install(&mut instructions);
        Self(Evm {
            ctx: context,
            inspector: (),
            instruction: instructions,
            precompiles: Precompiles::new(spec),
            frame_stack: FrameStack::new_prealloc(PREALLOCATED_FRAMES),
        })
    }
}

impl EvmTr for Machine {
    type Context = EvmContext;
    type Instructions = Instructions;
    type Precompiles = Precompiles;
    type Frame = Frame;

    fn all(&self) -> (&EvmContext, &Instructions, &Precompiles, &FrameStack<Frame>) {
        self.0.all()
    }

    fn all_mut(&mut self) -> (&mut EvmContext, &mut Instructions, &mut Precompiles, &mut FrameStack<Frame>) {
        self.0.all_mut()
    }

    fn frame_init(
        &mut self,
        input: <Frame as FrameTr>::FrameInit,
    ) -> Result<FrameInitResult<'_, Frame>, ContextError<Reason>> {
        self.0.frame_init(input)
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Frame>, ContextError<Reason>> {
        let frame = self.0.frame_stack.get();
        let instructions = &self.0.instruction;
        let action =
            run(&mut frame.interpreter, instructions.instruction_table(), instructions.gas_table(), &mut self.0.ctx);
        let next = frame.process_next_action::<_, ContextError<Reason>>(&mut self.0.ctx, action)?;
        if next.is_result() {
            frame.set_finished(true);
        }
        Ok(next)
    }

    fn frame_return_result(
        &mut self,
        result: <Frame as FrameTr>::FrameResult,
    ) -> Result<Option<<Frame as FrameTr>::FrameResult>, ContextError<Reason>> {
        self.0.frame_return_result(result)
    }
}

/// Runs a frame until it ends or calls another.
#[inline(never)]
fn run(
    interpreter: &mut Interpreter<EthInterpreter>,
    instructions: &InstructionTable<EthInterpreter, EvmContext>,
    costs: &GasTable,
    host: &mut EvmContext,
) -> InterpreterAction {
    let frame = Fixed::of(interpreter);
    let end = loop {
        if let Some(frame) = &frame {
            quick(interpreter, frame);
        }
        if let Err(end) = interpreter.step(instructions, costs, host) {
            break end;
        }
    };
    if interpreter.bytecode.action().is_none() {
        interpreter.halt(end);
    }
    interpreter.take_next_action()
}

/// What does not change while a frame runs.
struct Fixed {
    /// The first word of the stack, which has room for `MAX_DEPTH` words and does not move.
    bottom: *mut U256,
    destinations: Destinations,
    swap: ByteSwap,
}

impl Fixed {
    /// `None` where the quick loop cannot help.
    fn of(interpreter: &mut Interpreter<EthInterpreter>) -> Option<Self> {
        let table = interpreter.bytecode.legacy_jump_table()?;
        let begin = interpreter.bytecode.bytecode_ptr();
        let destinations = Destinations { begin, table: table.as_slice().as_ptr(), length: table.len() };
        let stack = interpreter.stack.data_mut();
        if stack.capacity() < MAX_DEPTH || i64::try_from(interpreter.gas.remaining()).is_err() {
            return None;
        }
        Some(Self { bottom: stack.as_mut_ptr(), destinations, swap: ByteSwap::new() })
    }
}

/// Reverses the bytes of a limb: the machine has no instruction for it. The compiler must not know the masks, or it
/// recognises a byte swap and writes one of its own, which is twice as long.
pub struct ByteSwap {
    bytes: u64,
    pairs: u64,
}

impl ByteSwap {
    #[inline(always)]
    pub fn new() -> Self {
        let masks = core::hint::black_box([0x00ff_00ff_00ff_00ff, 0x0000_ffff_0000_ffff]);
        Self { bytes: masks[0], pairs: masks[1] }
    }

    #[inline(always)]
    fn limb(&self, limb: u64) -> u64 {
        let limb = limb >> 8 & self.bytes | (limb & self.bytes) << 8;
        let limb = limb >> 16 & self.pairs | (limb & self.pairs) << 16;
        limb.rotate_left(32)
    }

    /// The word whose big-endian bytes these are.
    #[inline(always)]
    pub fn read(&self, bytes: &[u8; WORD_BYTES]) -> U256 {
        // SAFETY: 32 bytes are four limbs; the alignment is that of bytes.
        let limbs = unsafe { bytes.as_ptr().cast::<[u64; 4]>().read_unaligned() };
        U256::from_limbs(core::array::from_fn(|at| self.limb(u64::from_le(limbs[3 - at]))))
    }

    /// Writes the big-endian bytes of a word.
    #[inline(always)]
    pub fn write(&self, word: &U256, bytes: &mut [u8; WORD_BYTES]) {
        let limbs: [u64; 4] = core::array::from_fn(|at| self.limb(word.as_limbs()[3 - at]).to_le());
        // SAFETY: as in `read`.
        unsafe { bytes.as_mut_ptr().cast::<[u64; 4]>().write_unaligned(limbs) };
    }
}

/// A frame's state in registers. `top` is one beyond the last word of the stack, `limit` beyond its last place.
struct Registers {
    code: *const u8,
    bottom: *mut U256,
    top: *mut U256,
    limit: *mut U256,
    gas: i64,
}

impl Registers {
    /// The gas after an instruction, if there is enough, `pops` words, and room for what it pushes beyond them.
    #[inline(always)]
    fn afford<const OPCODE: u8>(&self, pops: usize, pushes: usize) -> Option<i64> {
        let gas = self.gas - cost::<OPCODE>();
        let fits =
            (pops == 0 || self.top >= self.bottom.wrapping_add(pops)) && (pushes <= pops || self.top != self.limit);
        (gas >= 0 && fits).then_some(gas)
    }

    /// Spends the gas of an instruction and steps over it, if it can be afforded.
    #[inline(always)]
    fn take<const OPCODE: u8>(&mut self, pops: usize, pushes: usize) -> bool {
        let Some(gas) = self.afford::<OPCODE>(pops, pushes) else {
            return false;
        };
        self.gas = gas;
        self.code = self.code.wrapping_add(1);
        true
    }

    /// The `place`-th word from the top, from 1 on.
    ///
    /// # Safety
    /// The stack has that many words.
    #[inline(always)]
    unsafe fn word(&mut self, place: usize) -> &mut U256 {
        // SAFETY: the caller's promise.
        unsafe { &mut *self.top.sub(place) }
    }

    /// Replaces the two topmost words by a function of them.
    #[inline(always)]
    fn binary<const OPCODE: u8>(&mut self, function: impl Fn(&U256, &U256) -> U256) -> bool {
        if !self.take::<OPCODE>(2, 1) {
            return false;
        }
        // SAFETY: `take` saw two words.
        unsafe {
            let result = function(&*self.top.sub(1), &*self.top.sub(2));
            self.top = self.top.sub(1);
            *self.word(1) = result;
        }
        true
    }

    /// Replaces the topmost word by a function of it.
    #[inline(always)]
    fn unary<const OPCODE: u8>(&mut self, function: impl Fn(&U256) -> U256) -> bool {
        if !self.take::<OPCODE>(1, 1) {
            return false;
        }
        // SAFETY: `take` saw a word.
        unsafe { *self.word(1) = function(self.word(1)) };
        true
    }

    #[inline(always)]
    fn push(&mut self, value: U256) {
        // SAFETY: callers have made sure by `take` that there is room.
        unsafe {
            *self.top = value;
            self.top = self.top.add(1);
        }
    }

    /// PUSH1 to PUSH32.
    #[inline(always)]
    fn push_bytes<const COUNT: usize>(&mut self, swap: &ByteSwap) -> bool {
        if !self.take::<{ op::PUSH1 }>(0, 1) {
            return false;
        }
        // SAFETY: code is padded, so that the bytes of its last push are there.
        let bytes = unsafe { &*self.code.cast::<[u8; COUNT]>() };
        self.push(if COUNT <= 8 {
            U256::from_limbs([bytes.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte)), 0, 0, 0])
        } else {
            let mut padded = [0; WORD_BYTES];
            padded[WORD_BYTES - COUNT..].copy_from_slice(bytes);
            swap.read(&padded)
        });
        self.code = self.code.wrapping_add(COUNT);
        true
    }

    #[inline(always)]
    fn dup<const PLACE: usize>(&mut self) -> bool {
        if !self.take::<{ op::DUP1 }>(PLACE, PLACE + 1) {
            return false;
        }
        // SAFETY: `take` saw `PLACE` words.
        let value = unsafe { *self.word(PLACE) };
        self.push(value);
        true
    }

    /// Swaps the topmost word with the one `PLACE` below it.
    #[inline(always)]
    fn swap<const PLACE: usize>(&mut self) -> bool {
        if !self.take::<{ op::SWAP1 }>(PLACE + 1, PLACE + 1) {
            return false;
        }
        // SAFETY: `take` saw `PLACE + 1` words, and `PLACE` is not 0.
        unsafe { core::ptr::swap_nonoverlapping(self.top.sub(1), self.top.sub(PLACE + 1), 1) };
        true
    }

    #[inline(always)]
    fn pop(&mut self) -> bool {
        let taken = self.take::<{ op::POP }>(1, 0);
        if taken {
            // SAFETY: `take` saw a word.
            self.top = unsafe { self.top.sub(1) };
        }
        taken
    }
}

/// Valid jump destinations of the code: one bit for each byte.
struct Destinations {
    begin: *const u8,
    table: *const u8,
    length: usize,
}

impl Destinations {
    /// Where a jump leads, if it is valid.
    #[inline(always)]
    fn find(&self, target: &U256) -> Option<*const u8> {
        let [at, middle, high, highest] = *target.as_limbs();
        let at = at as usize;
        if middle | high | highest != 0 || at >= self.length {
            return None;
        }
        // SAFETY: the table has a bit for each of the code's `length` bytes.
        let is_valid = unsafe { *self.table.add(at / 8) } >> (at % 8) & 1 == 1;
        is_valid.then(|| self.begin.wrapping_add(at))
    }
}

/// JUMP and JUMPI; `pops` is 1 or 2.
#[inline(always)]
fn jump<const OPCODE: u8>(now: &mut Registers, destinations: &Destinations, pops: usize) -> bool {
    let Some(gas) = now.afford::<OPCODE>(pops, 0) else {
        return false;
    };
    // SAFETY: `afford` saw the words.
    let goes = OPCODE == op::JUMP || unsafe { !now.word(2).is_zero() };
    if goes {
        // SAFETY: as above.
        match destinations.find(unsafe { now.word(1) }) {
            Some(place) => now.code = place,
            None => return false,
        }
    } else {
        now.code = now.code.wrapping_add(1);
    }
    now.gas = gas;
    // SAFETY: as above.
    now.top = unsafe { now.top.sub(pops) };
    true
}

/// The frame's memory as far as it reaches now; looked up when it is first needed.
struct Memory {
    begin: *mut u8,
    length: usize,
}

impl Memory {
    #[cold]
    #[inline(never)]
    fn look_up(&mut self, interpreter: &mut Interpreter<EthInterpreter>) {
        let mut bytes = interpreter.memory.context_memory_mut();
        (self.begin, self.length) = (bytes.as_mut_ptr(), bytes.len());
    }
}

/// MLOAD and MSTORE inside the memory that is there.
#[inline(always)]
fn access_memory<const OPCODE: u8>(
    now: &mut Registers,
    memory: &mut Memory,
    interpreter: &mut Interpreter<EthInterpreter>,
    swap: &ByteSwap,
) -> bool {
    let pops = if OPCODE == op::MSTORE { 2 } else { 1 };
    if now.afford::<OPCODE>(pops, 0).is_none() {
        return false;
    }
    if memory.begin.is_null() {
        memory.look_up(interpreter);
    }
    // SAFETY: `afford` saw the words.
    let [at, middle, high, highest] = *unsafe { now.word(1) }.as_limbs();
    let at = at as usize;
    if middle | high | highest != 0 || memory.length < WORD_BYTES || at > memory.length - WORD_BYTES {
        return false;
    }
    now.take::<OPCODE>(pops, 0);
    // SAFETY: the 32 bytes lie inside the memory, which does not move before the interpreter takes over again; the
    // stack has `pops` words.
    unsafe {
        let bytes = &mut *memory.begin.add(at).cast::<[u8; WORD_BYTES]>();
        if OPCODE == op::MSTORE {
            swap.write(now.word(2), bytes);
            now.top = now.top.sub(2);
        } else {
            *now.word(1) = swap.read(bytes);
        }
    }
    true
}

fn bit(value: bool) -> U256 {
    U256::from_limbs([u64::from(value), 0, 0, 0])
}

/// One arm for each opcode, so that the compiler makes one table of jumps of them.
#[inline(always)]
fn run_quickly(now: &mut Registers, frame: &Fixed, interpreter: &mut Interpreter<EthInterpreter>) {
    let mut memory = Memory { begin: core::ptr::null_mut(), length: 0 };
    loop {
        // SAFETY: the code pointer stays inside the code: it ends in STOP, which is not done here.
        let opcode = unsafe { *now.code };
        let done = match opcode {
            op::ADD => now.binary::<{ op::ADD }>(|left, right| left.wrapping_add(*right)),
            op::MUL => now.binary::<{ op::MUL }>(|left, right| left.wrapping_mul(*right)),
            op::SUB => now.binary::<{ op::SUB }>(|left, right| left.wrapping_sub(*right)),
            op::LT => now.binary::<{ op::LT }>(|left, right| bit(left < right)),
            op::GT => now.binary::<{ op::GT }>(|left, right| bit(left > right)),
            op::EQ => now.binary::<{ op::EQ }>(|left, right| bit(left == right)),
            op::ISZERO => now.unary::<{ op::ISZERO }>(|word| bit(word.is_zero())),
            op::AND => now.binary::<{ op::AND }>(|left, right| left & right),
            op::OR => now.binary::<{ op::OR }>(|left, right| left | right),
            op::XOR => now.binary::<{ op::XOR }>(|left, right| left ^ right),
            op::NOT => now.unary::<{ op::NOT }>(|word| !word),
            op::SHL => now.binary::<{ op::SHL }>(|count, word| *word << count.saturating_to::<usize>()),
            op::SHR => now.binary::<{ op::SHR }>(|count, word| *word >> count.saturating_to::<usize>()),
            op::POP => now.pop(),
            op::MLOAD => access_memory::<{ op::MLOAD }>(now, &mut memory, interpreter, &frame.swap),
            op::MSTORE => access_memory::<{ op::MSTORE }>(now, &mut memory, interpreter, &frame.swap),
            op::JUMP => jump::<{ op::JUMP }>(now, &frame.destinations, 1),
            op::JUMPI => jump::<{ op::JUMPI }>(now, &frame.destinations, 2),
            op::JUMPDEST => now.take::<{ op::JUMPDEST }>(0, 0),
            op::PUSH0 => {
                now.take::<{ op::PUSH0 }>(0, 1) && {
                    now.push(U256::ZERO);
                    true
                }
            }
            op::PUSH1 => now.push_bytes::<1>(&frame.swap),
            op::PUSH2 => now.push_bytes::<2>(&frame.swap),
            op::PUSH3 => now.push_bytes::<3>(&frame.swap),
            op::PUSH4 => now.push_bytes::<4>(&frame.swap),
            op::PUSH5 => now.push_bytes::<5>(&frame.swap),
            op::PUSH6 => now.push_bytes::<6>(&frame.swap),
            op::PUSH7 => now.push_bytes::<7>(&frame.swap),
            op::PUSH8 => now.push_bytes::<8>(&frame.swap),
            op::PUSH9 => now.push_bytes::<9>(&frame.swap),
            op::PUSH10 => now.push_bytes::<10>(&frame.swap),
            op::PUSH14 => now.push_bytes::<14>(&frame.swap),
            op::PUSH16 => now.push_bytes::<16>(&frame.swap),
            op::PUSH20 => now.push_bytes::<20>(&frame.swap),
            op::PUSH32 => now.push_bytes::<32>(&frame.swap),
            op::DUP1 => now.dup::<1>(),
            op::DUP2 => now.dup::<2>(),
            op::DUP3 => now.dup::<3>(),
            op::DUP4 => now.dup::<4>(),
            op::DUP5 => now.dup::<5>(),
            op::DUP6 => now.dup::<6>(),
            op::DUP7 => now.dup::<7>(),
            op::DUP8 => now.dup::<8>(),
            op::DUP9 => now.dup::<9>(),
            op::DUP10 => now.dup::<10>(),
            op::DUP11 => now.dup::<11>(),
            op::DUP12 => now.dup::<12>(),
            op::SWAP1 => now.swap::<1>(),
            op::SWAP2 => now.swap::<2>(),
            op::SWAP3 => now.swap::<3>(),
            op::SWAP4 => now.swap::<4>(),
            op::SWAP5 => now.swap::<5>(),
            op::SWAP6 => now.swap::<6>(),
            op::SWAP7 => now.swap::<7>(),
            op::SWAP8 => now.swap::<8>(),
            _ => false,
        };
        if !done {
            return;
        }
    }
}

/// Runs instructions until one that is not among these, or that may fail.
#[inline(always)]
fn quick(interpreter: &mut Interpreter<EthInterpreter>, frame: &Fixed) {
    let (begin, bottom) = (frame.destinations.begin, frame.bottom);
    let before = interpreter.gas.remaining();
    let mut now = Registers {
        code: begin.wrapping_add(interpreter.bytecode.pc()),
        bottom,
        top: bottom.wrapping_add(interpreter.stack.len()),
        limit: bottom.wrapping_add(MAX_DEPTH),
        gas: before as i64, // not above what the frame began with, which fits
    };
    run_quickly(&mut now, frame, interpreter);
    let length = (now.top as usize - bottom as usize) / WORD_BYTES;
    // SAFETY: all words up to `top` are written, and there are at most `MAX_DEPTH` of them.
    unsafe { interpreter.stack.data_mut().set_len(length) };
    let _ = interpreter.gas.record_cost_unsafe(before - now.gas as u64); // no more than was there
    interpreter.bytecode.absolute_jump(now.code as usize - begin as usize);
}
