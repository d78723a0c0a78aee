//! Contract code for the interpreter: jump destinations found in one pass, code padded so that no read leaves it.
use alloc::vec::Vec;
use alloy_primitives::{Address, Bytes};
use revm::bytecode::{Bytecode, JumpTable};

const JUMPDEST: u8 = 0x5b;
const PUSH1: u8 = 0x60;
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
/// bytes, which serve as stop signs and are put back.
fn jump_destinations(padded: &mut [u8]) -> Vec<u8> {
    let length = padded.len() - PADDING;
    let mut table = alloc::vec![0; length.div_ceil(8)];
    padded[length..].fill(JUMPDEST); // a push at the end leads to one of them
    let begin = padded.as_ptr();
    let mut next = begin;
    loop {
        // Only JUMPDEST to PUSH32 mean something here, and they are the largest bytes when read with a sign; every
        // other instruction takes one byte.
        let instruction = loop {
            // SAFETY: `next` is at most 32 bytes behind the code, where a stop sign ends this loop.
            let instruction = unsafe { *next.cast::<i8>() };
            next = next.wrapping_add(1);
            if instruction >= JUMPDEST as i8 {
                break instruction as u8;
            }
        };
        if instruction >= PUSH1 {
            next = next.wrapping_add(usize::from(instruction - PUSH1) + 1);
        } else if instruction == JUMPDEST {
            let at = next as usize - begin as usize - 1;
            if at >= length {
                break;
            }
            table[at / 8] |= 1 << (at % 8);
        }
    }
    padded[length..].fill(0);
    table
}
