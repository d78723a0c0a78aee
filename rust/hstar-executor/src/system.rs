//! `ecall`: the program's end and the precompiles. Numbers and arguments: `hstar.machine.syscalls`.

use crate::keccak::keccak_f1600;
use crate::memory::RAM_BYTES;
use crate::state::{Op, State, Stop, enter, fault, touch};

/// Ends the run.
pub const EXIT: u64 = 93;
/// Permutes the 25 doublewords at a0.
pub const KECCAK_F1600: u64 = 0x10000;
const STATE_BYTES: u64 = 200;
/// No state begins in the last bytes of RAM: the circuit compares the upper half of the address only.
const MARGIN: u64 = 1 << 16;
/// First argument.
pub const A0: usize = 10;
/// Number of the call.
pub const A7: usize = 17;

/// ecall.
///
/// # Safety
/// As `crate::handlers`.
#[inline(never)]
pub unsafe extern "C" fn ecall<const TRACED: bool>(
    op: *mut Op,
    s: *mut State,
    mem: *mut u8,
    cycles: i64,
    cells: i64,
    epoch: u64,
) {
    // SAFETY: see the module of handlers.
    unsafe {
        match (*s).x[A7] {
            EXIT => {
                ((*s).op, (*s).cycles, (*s).cells) = (op.add(1), cycles, cells);
                ((*s).stop, (*s).detail) = (Stop::Halted, (*s).x[A0]);
            }
            KECCAK_F1600 => match keccak::<TRACED>(s, mem, epoch) {
                Ok(cost) => enter::<TRACED>(op.add(1), s, mem, cycles, cells - cost, epoch),
                Err((reason, detail)) => fault(op, s, cycles, reason, detail),
            },
            number => fault(op, s, cycles, Stop::UnknownSyscall, number),
        }
    }
}

/// Permutes the 25 doublewords at a0; the cells, or why not.
///
/// # Safety
/// `mem` is the base of the memory of `s`.
pub unsafe fn keccak<const TRACED: bool>(
    s: *mut State,
    mem: *mut u8,
    epoch: u64,
) -> Result<i64, (Stop, u64)> {
    // SAFETY: the range is checked before memory is used.
    unsafe {
        let address = (*s).x[A0];
        if address >= RAM_BYTES - MARGIN {
            return Err((Stop::AddressOutOfRange, address));
        }
        if !address.is_multiple_of(8) {
            return Err((Stop::MisalignedArgument, address));
        }
        if (*s).touches_code(address, STATE_BYTES) {
            return Err((Stop::StoreToCode, address));
        }
        let mut cells = i64::from((*s).events.call);
        if TRACED {
            cells += (*s).charge_boundary((*s).events.call_boundary);
        }
        for index in (address >> 3)..(address + STATE_BYTES) >> 3 {
            cells +=
                touch::<TRACED>(index, s, mem, epoch).ok_or((Stop::MemoryLimit, index << 3))?;
        }
        // SAFETY of the cast: aligned by the check above, and RAM starts on a page.
        keccak_f1600(&mut *mem.add(address as usize).cast::<[u64; 25]>());
        (*s).calls += 1;
        Ok(cells)
    }
}
