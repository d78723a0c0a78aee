//! Instructions that differ from the interpreter's own.
//!
//! An account with storage but neither code nor nonce cannot be created again (EIP-7610). The interpreter looks only at
//! nonce and code hash, so such an account has the code hash zero while the block runs (`COLLIDES`): it counts as empty
//! code everywhere, collides with a creation, and is written back as what it is.
use crate::block::EvmContext;
use crate::crypto::EMPTY_CODE_HASH;
use alloy_primitives::{Address, B256, U256};
use revm::bytecode::opcode::EXTCODEHASH;
use revm::handler::instructions::EthInstructions;
use revm::interpreter::instructions::host;
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::{Instruction, InstructionContext, InstructionExecResult};

/// The code hash of an account that has only storage, and perhaps a balance.
pub const COLLIDES: B256 = B256::ZERO;

type Table = EthInstructions<EthInterpreter, EvmContext>;

/// Puts the instructions of this module in place; their gas stays the same.
pub fn install(table: &mut Table) {
    table.instruction_table_mut()[usize::from(EXTCODEHASH)] = Instruction::new(extcodehash);
}

/// EXTCODEHASH: the hash of the empty code for an account that `COLLIDES`, unless it is empty.
fn extcodehash(context: InstructionContext<'_, EvmContext, EthInterpreter>) -> InstructionExecResult {
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
