//! One handler for each instruction. Hot paths are leaf functions: everything rare (misaligned accesses, first touches,
//! faults) is another handler that is jumped to with the same arguments and does the whole instruction again.
//!
//! Safety of this module: every handler is called only through `go` and `enter`, whose contract is that `op` points
//! into the op array of `s`, `s` is the machine's state, `mem` is the base of its memory, and nobody else uses them.
//! Register numbers in ops are at most 32 (`translate` writes them), so the unchecked register accesses stay in bounds.

use crate::memory::{RAM_BYTES, UNTOUCHED, WRITABLE, flag_at, marker_at};
use crate::state::{Op, State, Stop, enter, fault, go, pc_of, touch};

/// Reads a register.
#[inline(always)]
unsafe fn get(s: *const State, register: u8) -> u64 {
    // SAFETY: register <= 32 and x has 33 slots.
    unsafe { *(&raw const (*s).x).cast::<u64>().add(register as usize) }
}

/// Writes a register or the sink.
#[inline(always)]
unsafe fn set(s: *mut State, register: u8, value: u64) {
    // SAFETY: register <= 32 and x has 33 slots.
    unsafe { *(&raw mut (*s).x).cast::<u64>().add(register as usize) = value }
}

macro_rules! handlers {
    ($($name:ident = |$o:ident, $s:ident| $result:expr;)*) => { $(
        /// rd = the expression; next instruction.
        pub unsafe extern "C" fn $name(
            op: *mut Op, s: *mut State, mem: *mut u8, cycles: i64, cells: i64, epoch: u64,
        ) {
            // SAFETY: see the module; the next op exists because a sentinel ends the array.
            unsafe {
                let ($o, $s) = (op, s);
                set(s, (*op).rd, $result);
                go(op.add(1), s, mem, cycles, cells, epoch)
            }
        }
    )* };
}

macro_rules! register_and_immediate {
    ($($register:ident $immediate:ident = |$a:ident, $b:ident| $result:expr;)*) => {
        handlers! { $(
            $register = |op, s| { let ($a, $b) = (get(s, (*op).rs1), get(s, (*op).rs2)); $result };
            $immediate = |op, s| { let ($a, $b) = (get(s, (*op).rs1), (*op).immediate as u64); $result };
        )* }
    };
}

macro_rules! register_only {
    ($($register:ident = |$a:ident, $b:ident| $result:expr;)*) => {
        handlers! { $( $register = |op, s| { let ($a, $b) = (get(s, (*op).rs1), get(s, (*op).rs2)); $result }; )* }
    };
}

/// The low 32 bits, sign-extended.
#[inline(always)]
fn word(value: u64) -> u64 {
    value as i32 as u64
}

handlers! {
    constant = |op, _s| (*op).immediate as u64; // lui, auipc, addi from x0: known when the program is translated
    nothing = |op, s| get(s, (*op).rd); // fence, and computations into x0
    copy = |op, s| get(s, (*op).rs1);
}

register_and_immediate! {
    add addi = |a, b| a.wrapping_add(b);
    xor xori = |a, b| a ^ b;
    or ori = |a, b| a | b;
    and andi = |a, b| a & b;
    slt slti = |a, b| u64::from((a as i64) < (b as i64));
    sltu sltiu = |a, b| u64::from(a < b);
    sll slli = |a, b| a << (b & 63);
    srl srli = |a, b| a >> (b & 63);
    sra srai = |a, b| ((a as i64) >> (b & 63)) as u64;
    addw addiw = |a, b| word(a.wrapping_add(b));
    sllw slliw = |a, b| word(u64::from((a as u32) << (b & 31)));
    srlw srliw = |a, b| word(u64::from((a as u32) >> (b & 31)));
    sraw sraiw = |a, b| ((a as i32) >> (b & 31)) as u64;
}

register_only! {
    sub = |a, b| a.wrapping_sub(b);
    subw = |a, b| word(a.wrapping_sub(b));
    mul = |a, b| a.wrapping_mul(b);
    mulh = |a, b| ((i128::from(a as i64) * i128::from(b as i64)) >> 64) as u64;
    mulhsu = |a, b| ((i128::from(a as i64) * i128::from(b)) >> 64) as u64;
    mulhu = |a, b| ((u128::from(a) * u128::from(b)) >> 64) as u64;
    mulw = |a, b| word(a.wrapping_mul(b));
    div = |a, b| if b == 0 { u64::MAX } else { (a as i64).wrapping_div(b as i64) as u64 };
    divu = |a, b| a.checked_div(b).unwrap_or(u64::MAX);
    rem = |a, b| if b == 0 { a } else { (a as i64).wrapping_rem(b as i64) as u64 };
    remu = |a, b| a.checked_rem(b).unwrap_or(a);
    divw = |a, b| if b as i32 == 0 { u64::MAX } else { (a as i32).wrapping_div(b as i32) as u64 };
    divuw = |a, b| word(u64::from((a as u32).checked_div(b as u32).unwrap_or(u32::MAX)));
    remw = |a, b| if b as i32 == 0 { word(a) } else { (a as i32).wrapping_rem(b as i32) as u64 };
    remuw = |a, b| word(u64::from((a as u32).checked_rem(b as u32).unwrap_or(a as u32)));
}

/// Conditions of branches, as types so that each gets handlers of its own.
pub trait Condition {
    /// Whether the branch is taken.
    fn holds(a: u64, b: u64) -> bool;
}

macro_rules! conditions {
    ($($name:ident = |$a:ident, $b:ident| $holds:expr;)*) => { $(
        /// A branch condition.
        pub struct $name;
        impl Condition for $name {
            #[inline(always)]
            fn holds($a: u64, $b: u64) -> bool { $holds }
        }
    )* };
}

conditions! {
    Equal = |a, b| a == b;
    NotEqual = |a, b| a != b;
    Less = |a, b| (a as i64) < (b as i64);
    NotLess = |a, b| (a as i64) >= (b as i64);
    Below = |a, b| a < b;
    NotBelow = |a, b| a >= b;
}

/// A conditional branch whose target is code.
pub unsafe extern "C" fn branch<C: Condition, const TRACED: bool>(
    op: *mut Op,
    s: *mut State,
    mem: *mut u8,
    cycles: i64,
    cells: i64,
    epoch: u64,
) {
    // SAFETY: see the module; `translate` checked that the target is in the array.
    unsafe {
        if C::holds(get(s, (*op).rs1), get(s, (*op).rs2)) {
            enter::<TRACED>(
                op.byte_offset((*op).immediate as isize),
                s,
                mem,
                cycles,
                cells,
                epoch,
            )
        } else {
            enter::<TRACED>(op.add(1), s, mem, cycles, cells, epoch)
        }
    }
}

/// A conditional branch whose target no jump may have: a fault if taken.
pub unsafe extern "C" fn branch_nowhere<C: Condition, const TRACED: bool>(
    op: *mut Op,
    s: *mut State,
    mem: *mut u8,
    cycles: i64,
    cells: i64,
    epoch: u64,
) {
    // SAFETY: see the module.
    unsafe {
        if C::holds(get(s, (*op).rs1), get(s, (*op).rs2)) {
            jump_nowhere(op, s, mem, cycles, cells, epoch)
        } else {
            enter::<TRACED>(op.add(1), s, mem, cycles, cells, epoch)
        }
    }
}

/// A direct jump, always a fault; here `immediate` is the distance in bytes of code.
#[cold]
#[inline(never)]
pub unsafe extern "C" fn jump_nowhere(
    op: *mut Op,
    s: *mut State,
    _: *mut u8,
    cycles: i64,
    _: i64,
    _: u64,
) {
    // SAFETY: see the module.
    unsafe {
        let target = pc_of(op, s).wrapping_add((*op).immediate as u64);
        let reason = if !target.is_multiple_of(4) {
            Stop::MisalignedJump
        } else {
            Stop::JumpOutsideCode
        };
        fault(op, s, cycles, reason, target)
    }
}

/// jal to code.
pub unsafe extern "C" fn jal<const TRACED: bool>(
    op: *mut Op,
    s: *mut State,
    mem: *mut u8,
    cycles: i64,
    cells: i64,
    epoch: u64,
) {
    // SAFETY: see the module; `translate` checked that the target is in the array.
    unsafe {
        set(s, (*op).rd, pc_of(op, s) + 4);
        enter::<TRACED>(
            op.byte_offset((*op).immediate as isize),
            s,
            mem,
            cycles,
            cells,
            epoch,
        )
    }
}

/// jalr.
pub unsafe extern "C" fn jalr<const TRACED: bool>(
    op: *mut Op,
    s: *mut State,
    mem: *mut u8,
    cycles: i64,
    cells: i64,
    epoch: u64,
) {
    // SAFETY: see the module; the index is checked before it is used.
    unsafe {
        let target = get(s, (*op).rs1).wrapping_add((*op).immediate as u64) & !1;
        // A target that is not 4-aligned rotates to a number far above any index.
        let index = target.wrapping_sub((*s).code_start).rotate_right(2);
        if index >= (*s).num_words {
            return jalr_nowhere(op, s, mem, cycles, cells, epoch);
        }
        set(s, (*op).rd, pc_of(op, s) + 4);
        enter::<TRACED>((*s).ops.add(index as usize), s, mem, cycles, cells, epoch)
    }
}

#[cold]
#[inline(never)]
unsafe extern "C" fn jalr_nowhere(
    op: *mut Op,
    s: *mut State,
    _: *mut u8,
    cycles: i64,
    _: i64,
    _: u64,
) {
    // SAFETY: see the module.
    unsafe {
        let target = get(s, (*op).rs1).wrapping_add((*op).immediate as u64) & !1;
        let reason = if !target.is_multiple_of(4) {
            Stop::MisalignedJump
        } else {
            Stop::JumpOutsideCode
        };
        fault(op, s, cycles, reason, target)
    }
}

/// Whether an access of `1 << LOG_BYTES` bytes is misaligned or outside RAM: one rotation brings both kinds of wrong
/// bits to the top. Runs with segments also want to know of a base outside RAM.
#[inline(always)]
fn is_unusual<const LOG_BYTES: u32, const TRACED: bool>(base: u64, address: u64) -> bool {
    let outside = if TRACED { base >> LOG_BYTES } else { 0 };
    (address.rotate_right(LOG_BYTES) | outside) >= RAM_BYTES >> LOG_BYTES
}

#[inline(always)]
unsafe fn read<const LOG_BYTES: u32, const SIGNED: bool>(mem: *mut u8, address: u64) -> u64 {
    // SAFETY: the caller checked that the bytes are inside RAM. All supported hosts are little-endian.
    unsafe {
        let at = mem.add(address as usize);
        match (LOG_BYTES, SIGNED) {
            (0, true) => at.cast::<i8>().read() as u64,
            (0, false) => u64::from(at.read()),
            (1, true) => at.cast::<i16>().read_unaligned() as u64,
            (1, false) => u64::from(at.cast::<u16>().read_unaligned()),
            (2, true) => at.cast::<i32>().read_unaligned() as u64,
            (2, false) => u64::from(at.cast::<u32>().read_unaligned()),
            _ => at.cast::<u64>().read_unaligned(),
        }
    }
}

#[inline(always)]
unsafe fn write<const LOG_BYTES: u32>(mem: *mut u8, address: u64, value: u64) {
    // SAFETY: the caller checked that the bytes are inside RAM.
    unsafe {
        let at = mem.add(address as usize);
        match LOG_BYTES {
            0 => at.write(value as u8),
            1 => at.cast::<u16>().write_unaligned(value as u16),
            2 => at.cast::<u32>().write_unaligned(value as u32),
            _ => at.cast::<u64>().write_unaligned(value),
        }
    }
}

/// A load.
pub unsafe extern "C" fn load<const LOG_BYTES: u32, const SIGNED: bool, const TRACED: bool>(
    op: *mut Op,
    s: *mut State,
    mem: *mut u8,
    cycles: i64,
    cells: i64,
    epoch: u64,
) {
    // SAFETY: see the module; the address is checked before it is used.
    unsafe {
        let base = get(s, (*op).rs1);
        let address = base.wrapping_add((*op).immediate as u64);
        if is_unusual::<LOG_BYTES, TRACED>(base, address)
            || (if TRACED {
                *marker_at(mem, address) != epoch as u32
            } else {
                *flag_at(mem, address) == UNTOUCHED
            })
        {
            return load_slow::<LOG_BYTES, SIGNED, TRACED>(op, s, mem, cycles, cells, epoch);
        }
        set(s, (*op).rd, read::<LOG_BYTES, SIGNED>(mem, address));
        go(op.add(1), s, mem, cycles, cells, epoch)
    }
}

/// A store.
pub unsafe extern "C" fn store<const LOG_BYTES: u32, const TRACED: bool>(
    op: *mut Op,
    s: *mut State,
    mem: *mut u8,
    cycles: i64,
    cells: i64,
    epoch: u64,
) {
    // SAFETY: see the module; the address is checked before it is used.
    unsafe {
        let base = get(s, (*op).rs1);
        let address = base.wrapping_add((*op).immediate as u64);
        if is_unusual::<LOG_BYTES, TRACED>(base, address)
            || *flag_at(mem, address) != WRITABLE
            || (TRACED && *marker_at(mem, address) != epoch as u32)
        {
            return store_slow::<LOG_BYTES, TRACED>(op, s, mem, cycles, cells, epoch);
        }
        write::<LOG_BYTES>(mem, address, get(s, (*op).rs2));
        go(op.add(1), s, mem, cycles, cells, epoch)
    }
}

/// Touches the one or two doublewords of an access inside RAM; the cells, or the index that broke the memory limit.
#[inline(always)]
unsafe fn touch_both<const TRACED: bool>(
    address: u64,
    bytes: u64,
    s: *mut State,
    mem: *mut u8,
    epoch: u64,
) -> Result<i64, u64> {
    // SAFETY: the caller checked the range, so both indices are below 2^29.
    unsafe {
        let (first, last) = (address >> 3, (address + bytes - 1) >> 3);
        let mut cells = touch::<TRACED>(first, s, mem, epoch).ok_or(first)?;
        if last != first {
            cells += touch::<TRACED>(last, s, mem, epoch).ok_or(last)?;
        }
        Ok(cells)
    }
}

#[cold]
#[inline(never)]
unsafe extern "C" fn load_slow<const LOG_BYTES: u32, const SIGNED: bool, const TRACED: bool>(
    op: *mut Op,
    s: *mut State,
    mem: *mut u8,
    cycles: i64,
    mut cells: i64,
    epoch: u64,
) {
    // SAFETY: see the module; the range is checked first.
    unsafe {
        let (bytes, base) = (1u64 << LOG_BYTES, get(s, (*op).rs1));
        let address = base.wrapping_add((*op).immediate as u64);
        if address > RAM_BYTES - bytes {
            return fault(op, s, cycles, Stop::AddressOutOfRange, address);
        }
        let is_misaligned = !address.is_multiple_of(bytes);
        (*s).misaligned_loads += u64::from(is_misaligned);
        if TRACED && (is_misaligned || base >= RAM_BYTES) {
            (*s).wide_loads += 1;
            cells -= i64::from((*s).events.wide_load);
        }
        match touch_both::<TRACED>(address, bytes, s, mem, epoch) {
            Ok(cost) => cells -= cost,
            Err(index) => return fault(op, s, cycles, Stop::MemoryLimit, index << 3),
        }
        set(s, (*op).rd, read::<LOG_BYTES, SIGNED>(mem, address));
        go(op.add(1), s, mem, cycles, cells, epoch)
    }
}

#[cold]
#[inline(never)]
unsafe extern "C" fn store_slow<const LOG_BYTES: u32, const TRACED: bool>(
    op: *mut Op,
    s: *mut State,
    mem: *mut u8,
    cycles: i64,
    mut cells: i64,
    epoch: u64,
) {
    // SAFETY: see the module; the range is checked first.
    unsafe {
        let (bytes, base) = (1u64 << LOG_BYTES, get(s, (*op).rs1));
        let address = base.wrapping_add((*op).immediate as u64);
        if address > RAM_BYTES - bytes {
            return fault(op, s, cycles, Stop::AddressOutOfRange, address);
        }
        if (*s).touches_code(address, bytes) {
            return fault(op, s, cycles, Stop::StoreToCode, address);
        }
        let is_misaligned = !address.is_multiple_of(bytes);
        (*s).misaligned_stores += u64::from(is_misaligned);
        if TRACED && (is_misaligned || base >= RAM_BYTES) {
            (*s).wide_stores += 1;
            cells -= i64::from((*s).events.wide_store);
        }
        match touch_both::<TRACED>(address, bytes, s, mem, epoch) {
            Ok(cost) => cells -= cost,
            Err(index) => return fault(op, s, cycles, Stop::MemoryLimit, index << 3),
        }
        write::<LOG_BYTES>(mem, address, get(s, (*op).rs2));
        go(op.add(1), s, mem, cycles, cells, epoch)
    }
}

/// A word that is no instruction.
pub unsafe extern "C" fn unknown(
    op: *mut Op,
    s: *mut State,
    _: *mut u8,
    cycles: i64,
    _: i64,
    _: u64,
) {
    // SAFETY: see the module.
    unsafe { fault(op, s, cycles, Stop::UnknownInstruction, 0) }
}

/// ebreak.
pub unsafe extern "C" fn ebreak(
    op: *mut Op,
    s: *mut State,
    _: *mut u8,
    cycles: i64,
    _: i64,
    _: u64,
) {
    // SAFETY: see the module.
    unsafe { fault(op, s, cycles, Stop::Breakpoint, 0) }
}

/// The sentinel after the last word: control fell off the end of the code.
pub unsafe extern "C" fn fell_off(
    op: *mut Op,
    s: *mut State,
    _: *mut u8,
    cycles: i64,
    _: i64,
    _: u64,
) {
    // SAFETY: see the module.
    unsafe { fault(op, s, cycles, Stop::JumpOutsideCode, pc_of(op, s)) }
}
