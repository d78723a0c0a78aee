//! The records that handlers work on, how they hand over to each other, and how they stop.
//!
//! Every instruction of the program is pre-decoded into one `Op` that carries its handler. A handler does its work and
//! calls the next one in tail position, which optimised builds compile to a jump. Where that is not certain (debug
//! builds, other processors) handlers return instead and a loop calls the next one: `TAIL_CALLS` says which.

use crate::memory::{Memory, UNTOUCHED, WRITABLE, flag_at, marker_at};

/// Whether handlers jump to each other. A test runs millions of them on a small stack.
pub const TAIL_CALLS: bool = cfg!(all(
    not(debug_assertions),
    any(target_arch = "x86_64", target_arch = "aarch64")
));

/// More cells than any segment has; a block makes fewer than 2^26 charges of it.
pub const EXHAUSTED_CELLS: i64 = 1 << 36;

/// Register slot that swallows writes to x0.
pub const SINK: u8 = 32;

/// One instruction's code. Arguments: the op, the state, RAM, cycles left, cells left, number of the epoch.
pub type Handler = unsafe extern "C" fn(*mut Op, *mut State, *mut u8, i64, i64, u64);

/// A pre-decoded instruction.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Op {
    /// What runs.
    pub handler: Handler,
    /// Immediate; for direct jumps the distance in bytes of the op array.
    pub immediate: i64,
    /// Destination; `SINK` for x0.
    pub rd: u8,
    /// First source.
    pub rs1: u8,
    /// Second source.
    pub rs2: u8,
    /// Number in the instruction table; 0 for words that are none.
    pub opcode: u8,
    /// Instructions from here to the end of the block, this one included.
    pub run: u32,
    /// Cells of the same instructions.
    pub cost: u32,
    /// How often a block was entered here since the counts were last collected.
    pub count: u32,
}

/// Why handlers stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stop {
    /// They have not.
    Running = 0,
    /// The block at `op` does not fit the cycles or cells left; it was not entered.
    BlockTooLong = 1,
    /// The program ended by itself.
    Halted = 2,
    /// The word is no instruction.
    UnknownInstruction = 3,
    /// ebreak.
    Breakpoint = 4,
    /// Unknown number in a7.
    UnknownSyscall = 5,
    /// Jump target not 4-aligned.
    MisalignedJump = 6,
    /// Jump target outside the code.
    JumpOutsideCode = 7,
    /// Access outside RAM.
    AddressOutOfRange = 8,
    /// Store into code.
    StoreToCode = 9,
    /// A system call got an address that is not 8-aligned.
    MisalignedArgument = 10,
    /// More pages than allowed.
    MemoryLimit = 11,
    /// The next block would exceed the limit on cycles.
    CycleLimit = 12,
    /// More segments than there are numbers.
    SegmentLimit = 13,
    /// One block is larger than a segment.
    SizeClassTooSmall = 14,
}

/// Costs of dynamic events, in cells.
#[derive(Clone, Copy, Debug, Default)]
pub struct EventCells {
    /// First touch of a doubleword in a segment.
    pub touch: u32,
    /// Wide load: misaligned, or off a base outside RAM.
    pub wide_load: u32,
    /// Wide store.
    pub wide_store: u32,
    /// Precompile call.
    pub call: u32,
    /// Access to a doubleword that was last touched two or more epochs ago in the same segment.
    pub bridge: u32,
    /// Cells of the boundary group for a first touch.
    pub touch_boundary: u32,
    /// The same for a precompile call.
    pub call_boundary: u32,
}

/// A doubleword's state when a segment first touched it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Doubleword index.
    pub index: u32,
    /// Last segment before that touched it.
    pub previous: u16,
    /// Value then.
    pub value: u64,
}

/// Everything that is not in an `Op` or in RAM.
#[repr(C)]
pub struct State {
    /// x0 .. x31 and the sink.
    pub x: [u64; 33],
    /// First op.
    pub ops: *mut Op,
    /// Address of the first op's word.
    pub code_start: u64,
    /// Number of words in the code table.
    pub num_words: u64,
    /// Why it stopped.
    pub stop: Stop,
    /// Address or number that belongs to `stop`.
    pub detail: u64,
    /// Where it stopped.
    pub op: *mut Op,
    /// Cycles left then.
    pub cycles: i64,
    /// Cells left then.
    pub cells: i64,
    /// Prices of dynamic events.
    pub events: EventCells,
    /// Cells of the boundary group that the segment has left; below 0 it ends with the block.
    pub boundary_left: i64,
    /// Bridging rows that the segment has left; below 0 it ends with the block.
    pub bridges_left: i64,
    /// Byte ranges of code, in ascending order.
    pub code_ranges: Vec<(u64, u64)>,
    /// Pages touched, and how many may be.
    pub pages: u64,
    /// The limit on `pages`.
    pub max_pages: u64,
    /// Misaligned loads so far.
    pub misaligned_loads: u64,
    /// Misaligned stores so far.
    pub misaligned_stores: u64,
    /// Wide loads so far in runs with segments.
    pub wide_loads: u64,
    /// Wide stores so far in runs with segments.
    pub wide_stores: u64,
    /// Precompile calls so far.
    pub calls: u64,
    /// Accesses so far that may need a bridging row.
    pub bridges: u64,
    /// First epoch of each segment so far.
    pub first_epochs: Vec<u32>,
    /// First touches of this segment, in order.
    pub touched: Vec<Touch>,
    /// Doublewords ever touched, with the values they had before.
    pub first_touched: Vec<(u32, u64)>,
    /// Ops at which blocks were entered in this segment.
    pub visited: Vec<*mut Op>,
}

/// Hands over to `op`.
///
/// # Safety
/// `op` points into the op array of `s`; `mem` is the base of the machine's memory; nobody else uses either.
#[inline(always)]
pub unsafe fn go(op: *mut Op, s: *mut State, mem: *mut u8, cycles: i64, cells: i64, epoch: u64) {
    // SAFETY: passed on to the handler, whose contract is this function's.
    unsafe {
        if TAIL_CALLS {
            ((*op).handler)(op, s, mem, cycles, cells, epoch);
        } else {
            ((*s).op, (*s).cycles, (*s).cells) = (op, cycles, cells);
        }
    }
}

/// Stops at `op` for `reason`; the instruction and what follows it in its block did not run.
///
/// # Safety
/// As `go`.
#[cold]
#[inline(never)]
pub unsafe extern "C" fn fault(op: *mut Op, s: *mut State, cycles: i64, reason: Stop, detail: u64) {
    // SAFETY: `op` and `s` are valid by contract.
    unsafe {
        ((*s).op, (*s).cycles) = (op, cycles + i64::from((*op).run));
        ((*s).stop, (*s).detail) = (reason, detail);
    }
}

#[cold]
#[inline(never)]
unsafe extern "C" fn stop_before(
    op: *mut Op,
    s: *mut State,
    _: *mut u8,
    cycles: i64,
    cells: i64,
    _: u64,
) {
    // SAFETY: `s` is valid by contract.
    unsafe {
        ((*s).op, (*s).cycles, (*s).cells) = (op, cycles, cells);
        (*s).stop = Stop::BlockTooLong;
    }
}

#[cold]
#[inline(never)]
unsafe extern "C" fn first_visit(
    op: *mut Op,
    s: *mut State,
    mem: *mut u8,
    cycles: i64,
    cells: i64,
    epoch: u64,
) {
    // SAFETY: `s` is valid by contract; `go` gets what this got.
    unsafe {
        (*s).visited.push(op);
        go(op, s, mem, cycles, cells, epoch);
    }
}

/// Enters the block that starts at `op`, or stops before it when it does not fit.
///
/// # Safety
/// As `go`.
#[inline(always)]
pub unsafe fn enter<const TRACED: bool>(
    op: *mut Op,
    s: *mut State,
    mem: *mut u8,
    cycles: i64,
    cells: i64,
    epoch: u64,
) {
    // SAFETY: `op` is valid by contract; the rest is passed on.
    unsafe {
        let cycles_after = cycles - i64::from((*op).run);
        let cells_after = if TRACED {
            cells - i64::from((*op).cost)
        } else {
            0
        };
        if (cycles_after | cells_after) < 0 {
            return stop_before(op, s, mem, cycles, cells, epoch);
        }
        (*op).count += 1;
        if TRACED && (*op).count == 1 {
            return first_visit(op, s, mem, cycles_after, cells_after, epoch);
        }
        go(op, s, mem, cycles_after, cells_after, epoch);
    }
}

/// Address of the instruction of `op`.
///
/// # Safety
/// `op` points into the op array of `s`.
#[inline(always)]
pub unsafe fn pc_of(op: *mut Op, s: *const State) -> u64 {
    // SAFETY: both pointers are into the same array.
    unsafe { (*s).code_start + 4 * op.offset_from((*s).ops) as u64 }
}

/// Accounts for an access to doubleword `index < 2^29`; returns the cells it cost, or None at the memory limit.
///
/// # Safety
/// `mem` is the base of the machine's memory and `s` its state.
pub unsafe fn touch<const TRACED: bool>(
    index: u64,
    s: *mut State,
    mem: *mut u8,
    epoch: u64,
) -> Option<i64> {
    // SAFETY: `index < 2^29`, so the address is inside RAM; `s` is valid by contract.
    unsafe {
        let flag = flag_at(mem, index << 3);
        if *flag == UNTOUCHED {
            if (*s).pages >= (*s).max_pages {
                return None;
            }
            (*s).pages += 1;
            *flag = WRITABLE;
        }
        let marker = marker_at(mem, index << 3);
        let (before, now) = (*marker, epoch as u32);
        if !TRACED || before == now {
            return Some(0);
        }
        *marker = now;
        if (*s)
            .first_epochs
            .last()
            .is_some_and(|&first| before >= first)
        {
            let far = now - before >= 2;
            return Some(if far { (*s).charge_bridges(1) } else { 0 });
        }
        let value = mem.cast::<u64>().add(index as usize).read();
        if before == 0 {
            (*s).first_touched.push((index as u32, value));
        }
        let previous = (*s).segment_of(before);
        (*s).touched.push(Touch {
            index: index as u32,
            previous,
            value,
        });
        Some(i64::from((*s).events.touch) + (*s).charge_boundary((*s).events.touch_boundary))
    }
}

impl State {
    /// Takes cells of the boundary group; what this costs besides: all that is left once there are none.
    pub fn charge_boundary(&mut self, cells: u32) -> i64 {
        self.boundary_left -= i64::from(cells);
        if self.boundary_left < 0 {
            EXHAUSTED_CELLS
        } else {
            0
        }
    }

    /// Counts bridging rows; their cells, and all that are left once there are no rows left.
    pub fn charge_bridges(&mut self, rows: u64) -> i64 {
        self.bridges += rows;
        self.bridges_left -= rows as i64;
        let exhausted = if self.bridges_left < 0 {
            EXHAUSTED_CELLS
        } else {
            0
        };
        rows as i64 * i64::from(self.events.bridge) + exhausted
    }

    /// The segment that an epoch belongs to; 0 for epoch 0, which stands for "never".
    #[must_use]
    pub fn segment_of(&self, epoch: u32) -> u16 {
        self.first_epochs.partition_point(|&first| first <= epoch) as u16
    }

    /// Whether an access to `[address, address + bytes)` shares a doubleword with code.
    #[must_use]
    pub fn touches_code(&self, address: u64, bytes: u64) -> bool {
        let (first, last) = (address >> 3, (address + bytes - 1) >> 3);
        self.code_ranges
            .iter()
            .any(|&(start, end)| first <= (end - 1) >> 3 && last >= start >> 3)
    }

    /// Marks the pages of code in `memory`.
    pub fn protect_code(&self, memory: &mut Memory) {
        for &(start, end) in &self.code_ranges {
            for page in start >> 12..=(end - 1) >> 12 {
                memory.set_flag(page as u32, crate::memory::HOLDS_CODE);
            }
        }
    }
}
