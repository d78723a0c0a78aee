//! Contract code for the interpreter: jump destinations found in one pass, code padded so that no read leaves it.
use alloc::vec::Vec;
use alloy_primitives::{Address, Bytes};
use revm::bytecode::{Bytecode, JumpTable};

const JUMPDEST: u8 = 0x5b;
const PUSH1: u8 = 0x60;
const PUSH32: u8 = 0x7f;
/// A push at the end may read 32 bytes beyond the code, and a STOP must follow.
const PADDING: usize = 33;
/// EIP-7702: a delegation is this prefix and an address.
const DELEGATION: [u8; 3] = [0xef, 0x01, 0x00];

/// The code of an account as the interpreter takes it.
pub fn analyzed(code: &[u8]) -> Bytecode {
    if code.is_empty() {
        return Bytecode::new();
    }
    if code.len() == DELEGATION.len() + 20 && code.starts_with(&DELEGATION) {
        return Bytecode::new_eip7702(Address::from_slice(&code[DELEGATION.len()..]));
    }
    let mut padded = Vec::with_capacity(code.len() + PADDING);
    padded.extend_from_slice(code);
    padded.extend_from_slice(&[0; PADDING]);
    let table = jump_destinations(&mut padded);
    let jumps = JumpTable::from_slice(&table, code.len());
    // SAFETY: 33 zero bytes follow the code, at least as much as the interpreter's own analysis appends.
    unsafe { Bytecode::new_analyzed(Bytes::from(padded), code.len(), jumps) }
}

/// One bit for each byte of the code that is a JUMPDEST and not part of a push. The code is followed by `PADDING` zero
/// bytes, of which the first serves as a stop sign and is put back.
fn jump_destinations(padded: &mut [u8]) -> Vec<u8> {
    let length = padded.len() - PADDING;
    let mut table = alloc::vec![0; length.div_ceil(8)];
    padded[length] = JUMPDEST;
    let mut at = 0;
    loop {
        // Only JUMPDEST to PUSH32 mean something here; every other instruction takes one byte.
        let instruction = loop {
            // SAFETY: `at` is at most `length`, where the stop sign ends this loop.
            let instruction = unsafe { *padded.get_unchecked(at) };
            at += 1;
            if u32::from(instruction).wrapping_sub(JUMPDEST.into()) <= u32::from(PUSH32 - JUMPDEST) {
                break instruction;
            }
        };
        if instruction >= PUSH1 {
            at += usize::from(instruction - PUSH1) + 1;
            if at >= length {
                break;
            }
        } else if instruction == JUMPDEST {
            if at > length {
                break;
            }
            table[(at - 1) / 8] |= 1 << ((at - 1) % 8);
        }
    }
    padded[length] = 0;
    table
}
