//! Instructions that differ from the interpreter's own: EXTCODEHASH in what it gives for some accounts, CALLDATALOAD and
//! MSTORE (where it makes memory longer) only in their speed.
//!
//! An account with storage but neither code nor nonce cannot be created again (EIP-7610). The interpreter looks only at
//! nonce and code hash, so such an account has the code hash zero while the block runs (`COLLIDES`): it counts as empty
//! code everywhere, collides with a creation, and is written back as what it is.
use crate::block::EvmContext;
use crate::crypto::EMPTY_CODE_HASH;
use crate::machine::ByteSwap;
use alloy_primitives::{Address, B256, U256};
use revm::bytecode::opcode::{CALLDATALOAD, EXTCODEHASH, MSTORE};
use revm::context_interface::Host;
use revm::handler::instructions::EthInstructions;
use revm::interpreter::instructions::{host, memory, system};
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::{Instruction, InstructionContext, InstructionExecResult};

/// The code hash of an account that has only storage, and perhaps a balance.
pub const COLLIDES: B256 = B256::ZERO;

type Table = EthInstructions<EthInterpreter, EvmContext>;
type Here<'a> = InstructionContext<'a, EvmContext, EthInterpreter>;

/// Puts the instructions of this module in place; their gas stays the same.
pub fn install(table: &mut Table) {
    let table = table.instruction_table_mut();
    table[usize::from(EXTCODEHASH)] = Instruction::new(extcodehash);
    table[usize::from(CALLDATALOAD)] = Instruction::new(calldataload);
    table[usize::from(MSTORE)] = Instruction::new(mstore);
}

/// EXTCODEHASH: the hash of the empty code for an account that `COLLIDES`, unless it is empty.
fn extcodehash(context: Here<'_>) -> InstructionExecResult {
    let InstructionContext { interpreter, host } = context;
    let address = interpreter.stack.data().last().map(|word| Address::from_word(B256::from(*word)));
    host::extcodehash(InstructionContext { interpreter: &mut *interpreter, host: &mut *host })?;
    let account = address.and_then(|address| host.journaled_state.inner.state.get(&address));
    if account.is_some_and(|account| account.info.code_hash == COLLIDES && !account.info.is_empty())
        && let Some(top) = interpreter.stack.data_mut().last_mut()
    {
        *top = U256::from_be_bytes(EMPTY_CODE_HASH);
    }
    Ok(())
}

/// A word as a place in memory or call data; `None` where it is beyond every one.
fn place(word: &U256) -> Option<usize> {
    let [at, middle, high, highest] = *word.as_limbs();
    if middle | high | highest == 0 { usize::try_from(at).ok() } else { None }
}

/// CALLDATALOAD inside the call data; the interpreter does what reaches beyond it.
fn calldataload(context: Here<'_>) -> InstructionExecResult {
    let interpreter = &mut *context.interpreter;
    if let Some(top) = interpreter.stack.data_mut().last_mut()
        && let Some(at) = place(top)
        && let Some(end) = at.checked_add(32)
    {
        let data = interpreter.input.input.as_bytes_memory(&interpreter.memory);
        if let Some(Ok(word)) = data.get(at..end).map(<&[u8; 32]>::try_from) {
            *top = ByteSwap::new().read(word);
            return Ok(());
        }
    }
    system::calldataload(context)
}

/// MSTORE at a place that memory can reach; the interpreter refuses the others.
fn mstore(context: Here<'_>) -> InstructionExecResult {
    let InstructionContext { interpreter, host } = context;
    if let [.., value, at] = *interpreter.stack.data().as_slice()
        && let Some(at) = place(&at)
    {
        interpreter.resize_memory(host.gas_params(), at, 32)?;
        let mut bytes = interpreter.memory.slice_mut(at, 32);
        if let Ok(bytes) = <&mut [u8; 32]>::try_from(&mut *bytes) {
            ByteSwap::new().write(&value, bytes);
            let stack = interpreter.stack.data_mut();
            stack.truncate(stack.len() - 2);
            return Ok(());
        }
    }
    memory::mstore(InstructionContext { interpreter, host })
}
