//! Judging a block: every rule of the contract, in its order; executing it.
//!
//! Sources: EIP-8025; execution-specs, `state_transition` and `apply_body`.
use crate::bloom::{self, Bloom};
use crate::crypto;
use crate::database::WitnessDatabase;
use crate::environment::Environment;
use crate::forks::{self, Fork, ForkSource};
use crate::machine::Machine;
use crate::ordered;
use crate::payload::{Block, withdrawal_fields};
use crate::reasons::{Judged, Reason};
use crate::requests;
use crate::rlp;
use crate::rules::{self, GAS_PER_BLOB};
use crate::ssz::{Input, Payload, WITHDRAWAL_BYTES};
use crate::state;
use crate::transactions::Transaction;
use crate::trie::Tries;
use crate::witness::{Ancestors, Index};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, Log, TxKind, U256, address};
use revm::context::result::{EVMError, ExecutionResult};
use revm::context::{BlockEnv, CfgEnv, Context, Journal};
use revm::context_interface::JournalTr;
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::handler::{EthFrame, Handler, MainnetHandler};
use revm::interpreter::interpreter::EthInterpreter;

const SYSTEM_CALLER: Address = address!("fffffffffffffffffffffffffffffffffffffffe");
const SYSTEM_CALL_GAS: u64 = 30_000_000;
const BEACON_ROOTS: Address = address!("000f3df6d732807ef1319fb7b8bb8522d0beac02"); // EIP-4788
const HISTORY_STORAGE: Address = address!("0000f90827f1c53a10cb7a02335b175320002935"); // EIP-2935
const WITHDRAWAL_REQUESTS: Address = address!("00000961ef480eb55e80d19ad83579a64c007002"); // EIP-7002
const CONSOLIDATION_REQUESTS: Address = address!("0000bbddc7ce488642fb579f8b00f3a590007251"); // EIP-7251
const MAX_TRANSACTION_GAS: u64 = 1 << 24; // EIP-7825
const MAX_BLOBS_OF_TRANSACTION: u64 = 6; // EIP-7594
const WEI_PER_GWEI: u64 = 1_000_000_000;

pub type EvmContext = Context<BlockEnv, Environment, CfgEnv, WitnessDatabase, Journal<WitnessDatabase>, ()>;
type EvmHandler = MainnetHandler<Machine, EVMError<Reason>, EthFrame<EthInterpreter>>;

/// What the transactions have left behind so far.
struct Progress {
    gas_used: u64,
    blob_gas_used: u64,
    receipts: Vec<Vec<u8>>,
    bloom: Bloom,
    deposits: Vec<u8>,
}

/// Judges a block; returning means that it is valid.
pub fn validate(bytes: &'static [u8], input: &Input, source: ForkSource) -> Judged<()> {
    let payload = &input.request.payload;
    let block = Block::of_request(&input.request)?;
    let fork = forks::fork_of(input.chain_id, payload.timestamp, input.fork, source)?;
    if fork == Fork::Amsterdam {
        return Err(Reason::ForkUnsupported); // its block access list is not judged here
    }
    let ancestors = Ancestors::new(&input.headers, payload.parent_hash)?;
    rules::check_header(payload, &ancestors.parent, fork)?;
    rules::check_size(payload, &block.header, fork)?;
    let is_of_chain =
        |transaction: &Transaction| transaction.chain_id.is_none_or(|chain_id| chain_id == U256::from(input.chain_id));
    if !block.transactions.iter().all(is_of_chain) {
        return Err(Reason::TransactionInvalid);
    }
    let tries = Tries::new(bytes, Index::new(input.nodes));
    let database = WitnessDatabase::new(tries, Index::new(input.codes), ancestors);
    let mut machine = make_machine(input, fork, database)?;
    execute(&mut machine, input, block.transactions, fork)
}

/// An interpreter for the block.
fn make_machine(input: &Input, fork: Fork, database: WitnessDatabase) -> Judged<Machine> {
    let payload = &input.request.payload;
    let base_fee = U256::from_le_bytes(*payload.base_fee_per_gas);
    let blob_price = rules::blob_base_fee(payload.excess_blob_gas, fork.blobs().update_fraction)?;
    let mut cfg = CfgEnv::new().with_spec_and_mainnet_gas_params(fork.spec()).with_chain_id(input.chain_id);
    let osaka = fork >= Fork::Osaka;
    cfg.max_blobs_per_tx = Some(if osaka { MAX_BLOBS_OF_TRANSACTION } else { fork.blobs().max });
    cfg.tx_gas_limit_cap = Some(if osaka { MAX_TRANSACTION_GAS } else { u64::MAX });
    let env = BlockEnv {
        number: U256::from(payload.number),
        beneficiary: Address::from(payload.fee_recipient),
        timestamp: U256::from(payload.timestamp),
        gas_limit: payload.gas_limit,
        basefee: base_fee.try_into().map_err(|_| Reason::BeyondRange)?,
        difficulty: U256::ZERO,
        prevrandao: Some(B256::from(payload.prev_randao)),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice {
            excess_blob_gas: payload.excess_blob_gas,
            blob_gasprice: blob_price,
        }),
        slot_num: 0,
    };
    let context: EvmContext = Context::new(database, fork.spec());
    Ok(Machine::new(context.with_cfg(cfg).with_block(env), fork.spec()))
}

/// Runs the block and compares what comes out with the payload.
fn execute(machine: &mut Machine, input: &Input, transactions: Vec<Transaction>, fork: Fork) -> Judged<()> {
    let payload = &input.request.payload;
    system_call(machine, BEACON_ROOTS, Bytes::from_static(input.request.parent_beacon_block_root))?;
    system_call(machine, HISTORY_STORAGE, Bytes::from_static(payload.parent_hash))?;
    let mut progress =
        Progress { gas_used: 0, blob_gas_used: 0, receipts: Vec::new(), bloom: [0; 256], deposits: Vec::new() };
    for transaction in transactions {
        run_transaction(machine, transaction, payload, fork, &mut progress)?;
    }
    pay_withdrawals(machine, payload.withdrawals)?;
    let withdrawals = checked_system_call(machine, WITHDRAWAL_REQUESTS)?;
    let consolidations = checked_system_call(machine, CONSOLIDATION_REQUESTS)?;
    let found: [&[u8]; 3] = [&progress.deposits, &withdrawals, &consolidations];
    let journal = &mut machine.0.ctx.journaled_state;
    let after = journal.finalize();
    let database = &mut journal.database;
    let state_root = state::root_after(database, &after)?;
    compare(&progress, payload, found == input.request.execution_requests[..3], &state_root)
}

fn compare(progress: &Progress, payload: &Payload, requests_fit: bool, state_root: &[u8; 32]) -> Judged<()> {
    let receipts_root = ordered::root(progress.receipts.iter().map(Vec::as_slice));
    for (holds, reason) in [
        (progress.gas_used == payload.gas_used, Reason::GasUsedWrong),
        (progress.blob_gas_used == payload.blob_gas_used, Reason::BlobGasUsedWrong),
        (receipts_root == *payload.receipts_root, Reason::ReceiptsRootWrong),
        (progress.bloom == *payload.logs_bloom, Reason::LogsBloomWrong),
        (requests_fit, Reason::RequestsHashWrong),
        (state_root == payload.state_root, Reason::StateRootWrong),
    ] {
        if !holds {
            return Err(reason);
        }
    }
    Ok(())
}

/// A call by the protocol, which pays no gas; `None` when the call failed.
fn system_call(machine: &mut Machine, contract: Address, data: Bytes) -> Judged<Option<Bytes>> {
    machine.0.ctx.tx = Environment {
        caller: SYSTEM_CALLER,
        gas_limit: SYSTEM_CALL_GAS,
        kind: TxKind::Call(contract),
        data,
        ..Environment::default()
    };
    match EvmHandler::default().run_system_call(machine) {
        Ok(ExecutionResult::Success { output, .. }) => Ok(Some(output.into_data())),
        Ok(_) => Ok(None),
        Err(EVMError::Database(reason)) => Err(reason),
        Err(_) => Err(Reason::SystemCallFailed),
    }
}

/// A call for requests: the contract must be there, and the call succeed.
fn checked_system_call(machine: &mut Machine, contract: Address) -> Judged<Bytes> {
    let output = system_call(machine, contract, Bytes::new())?.ok_or(Reason::SystemCallFailed)?;
    let has_code = machine
        .0
        .ctx
        .journaled_state
        .inner
        .state
        .get(&contract)
        .is_some_and(|account| account.info.code_hash != crypto::EMPTY_CODE_HASH);
    if has_code { Ok(output) } else { Err(Reason::SystemCallFailed) }
}

/// Runs one transaction and writes its receipt. A function of its own, so that a profile can tell transactions apart.
#[inline(never)]
fn run_transaction(
    machine: &mut Machine,
    transaction: Transaction,
    payload: &Payload,
    fork: Fork,
    progress: &mut Progress,
) -> Judged<()> {
    let kind = transaction.kind;
    let blob_gas = GAS_PER_BLOB * transaction.blob_hashes.len() as u64;
    let max_blob_gas = GAS_PER_BLOB * fork.blobs().max;
    if transaction.gas_limit() > payload.gas_limit - progress.gas_used
        || blob_gas > max_blob_gas - progress.blob_gas_used
    {
        return Err(Reason::TransactionInvalid);
    }
    machine.0.ctx.tx = transaction.into_environment()?;
    let result = EvmHandler::default().run(machine).map_err(|error| match error {
        EVMError::Database(reason) => reason,
        _ => Reason::TransactionInvalid,
    })?;
    progress.gas_used += result.tx_gas_used();
    progress.blob_gas_used += blob_gas;
    let succeeded = result.is_success();
    let logs = if succeeded { result.into_logs() } else { Vec::new() };
    let bloom = bloom::of_logs(&logs);
    progress.bloom.iter_mut().zip(bloom).for_each(|(all, these)| *all |= these);
    requests::push_deposits(&mut progress.deposits, &logs)?;
    progress.receipts.push(receipt(kind, succeeded, progress.gas_used, &bloom, &logs));
    Ok(())
}

/// The bytes of a receipt (EIP-2718, EIP-658).
fn receipt(kind: u8, succeeded: bool, gas_used: u64, bloom: &Bloom, logs: &[Log]) -> Vec<u8> {
    let mut encoded_logs = Vec::new();
    for log in logs {
        let mut fields = Vec::with_capacity(log.data.data.len() + 33 * log.topics().len() + 32);
        rlp::push_bytes(&mut fields, log.address.as_slice());
        rlp::push_list_prefix(&mut fields, 33 * log.topics().len());
        log.topics().iter().for_each(|topic| rlp::push_bytes(&mut fields, topic.as_slice()));
        rlp::push_bytes(&mut fields, &log.data.data);
        rlp::push_list_prefix(&mut encoded_logs, fields.len());
        encoded_logs.extend_from_slice(&fields);
    }
    let mut fields = Vec::with_capacity(encoded_logs.len() + 280);
    rlp::push_u64(&mut fields, succeeded.into());
    rlp::push_u64(&mut fields, gas_used);
    rlp::push_bytes(&mut fields, bloom);
    rlp::push_list_prefix(&mut fields, encoded_logs.len());
    fields.extend_from_slice(&encoded_logs);
    let mut out = Vec::with_capacity(fields.len() + 10);
    if kind != 0 {
        out.push(kind);
    }
    rlp::push_list_prefix(&mut out, fields.len());
    out.extend_from_slice(&fields);
    out
}

/// Adds each withdrawal's amount to its account (EIP-4895). Marks the end of the last transaction in a profile.
#[inline(never)]
fn pay_withdrawals(machine: &mut Machine, records: &[u8]) -> Judged<()> {
    let journal = &mut machine.0.ctx.journaled_state;
    for record in records.chunks_exact(WITHDRAWAL_BYTES) {
        let (_, _, address, amount) = withdrawal_fields(record);
        let wei = U256::from(amount) * U256::from(WEI_PER_GWEI);
        let address = Address::from_slice(address);
        let before = journal.inner.load_account(&mut journal.database, address)?.data.info.balance;
        before.checked_add(wei).ok_or(Reason::BeyondRange)?;
        journal.inner.balance_incr(&mut journal.database, address, wei)?;
    }
    journal.inner.commit_tx();
    Ok(())
}
