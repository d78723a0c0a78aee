//! Header rules against the parent, and the size of the block. What the payload cannot say (difficulty, nonce, ommers)
//! is fixed by the header that it implies.
//!
//! Sources: EIP-1559, EIP-4844, EIP-7918, EIP-7934; execution-specs, `validate_header`.
use crate::forks::Fork;
use crate::headers::Ancestor;
use crate::reasons::{Judged, Reason};
use crate::rlp;
use crate::ssz::{Payload, WITHDRAWAL_BYTES};
use alloy_primitives::U256;

pub const GAS_PER_BLOB: u64 = 1 << 17;
const BLOB_BASE_COST: u64 = 1 << 13; // EIP-7918
const GAS_LIMIT_FACTOR: u64 = 1024;
const MIN_GAS_LIMIT: u64 = 5000;
const ELASTICITY: u64 = 2;
const MAX_CHANGE: u64 = 8;
const MAX_BLOCK_BYTES: usize = (10 << 20) - (2 << 20); // EIP-7934

fn require(holds: bool, reason: Reason) -> Judged<()> {
    if holds { Ok(()) } else { Err(reason) }
}

fn gas_limit_fits(limit: u64, parent: u64) -> bool {
    let step = u128::from(parent / GAS_LIMIT_FACTOR);
    let (limit, parent) = (u128::from(limit), u128::from(parent));
    limit < parent + step && limit + step > parent && limit >= u128::from(MIN_GAS_LIMIT)
}

/// The base fee that follows from the parent (EIP-1559).
fn base_fee(parent: &Ancestor) -> Judged<U256> {
    let target = parent.gas_limit / ELASTICITY;
    let fee = parent.base_fee_per_gas;
    if parent.gas_used == target {
        return Ok(fee);
    }
    if target == 0 {
        return Err(Reason::BaseFeeWrong);
    }
    let distance = U256::from(parent.gas_used.abs_diff(target));
    let change = fee.checked_mul(distance).ok_or(Reason::BeyondRange)? / U256::from(target) / U256::from(MAX_CHANGE);
    if parent.gas_used > target {
        return fee.checked_add(change.max(U256::ONE)).ok_or(Reason::BeyondRange);
    }
    Ok(fee - change)
}

/// The price of blob gas: e^(excess / fraction), by the series of EIP-4844.
pub fn blob_base_fee(excess: u64, fraction: u64) -> Judged<u128> {
    let (mut sum, mut term) = (U256::ZERO, U256::from(fraction));
    let mut index = 1u64;
    while !term.is_zero() {
        sum = sum.checked_add(term).ok_or(Reason::BeyondRange)?;
        let grown = term.checked_mul(U256::from(excess)).ok_or(Reason::BeyondRange)?;
        term = grown / (U256::from(fraction) * U256::from(index));
        index += 1;
    }
    u128::try_from(sum / U256::from(fraction)).map_err(|_| Reason::BeyondRange)
}

/// The excess blob gas that follows from the parent (EIP-4844; EIP-7918 from Osaka).
fn excess_blob_gas(parent: &Ancestor, fork: Fork) -> Judged<u64> {
    let blobs = fork.blobs();
    let sum = parent.excess_blob_gas.checked_add(parent.blob_gas_used).ok_or(Reason::ExcessBlobGasWrong)?;
    let target = blobs.target * GAS_PER_BLOB;
    if sum < target {
        return Ok(0);
    }
    if fork >= Fork::Osaka {
        let price = U256::from(blob_base_fee(parent.excess_blob_gas, blobs.update_fraction)?);
        let base_cost = parent.base_fee_per_gas.checked_mul(U256::from(BLOB_BASE_COST)).ok_or(Reason::BeyondRange)?;
        if base_cost > price * U256::from(GAS_PER_BLOB) {
            let kept = parent.blob_gas_used.checked_mul(blobs.max - blobs.target).ok_or(Reason::ExcessBlobGasWrong)?;
            return Ok(parent.excess_blob_gas + kept / blobs.max);
        }
    }
    Ok(sum - target)
}

/// Checks a payload's header fields against the parent. The extra data's length is bounded by its encoding.
pub fn check_header(payload: &Payload, parent: &Ancestor, fork: Fork) -> Judged<()> {
    require(Some(payload.number) == parent.number.checked_add(1), Reason::BlockNumberWrong)?;
    require(payload.timestamp > parent.timestamp, Reason::TimestampWrong)?;
    require(gas_limit_fits(payload.gas_limit, parent.gas_limit), Reason::GasLimitWrong)?;
    require(payload.gas_used <= payload.gas_limit, Reason::GasUsedAboveLimit)?;
    require(U256::from_le_bytes(*payload.base_fee_per_gas) == base_fee(parent)?, Reason::BaseFeeWrong)?;
    require(payload.excess_blob_gas == excess_blob_gas(parent, fork)?, Reason::ExcessBlobGasWrong)
}

/// Checks the size of the block's RLP, of which the header is given (EIP-7934, from Osaka).
pub fn check_size(payload: &Payload, header: &[u8], fork: Fork) -> Judged<()> {
    if fork < Fork::Osaka {
        return Ok(());
    }
    let transactions: usize =
        payload.transactions.iter().map(|raw| if raw[0] >= 0xc0 { raw.len() } else { rlp::string_size(raw) }).sum();
    let withdrawals: usize =
        payload.withdrawals.chunks_exact(WITHDRAWAL_BYTES).map(|record| crate::payload::withdrawal(record).len()).sum();
    let ommers = rlp::list_size(0);
    let size = header.len() + rlp::list_size(transactions) + ommers + rlp::list_size(withdrawals);
    require(rlp::list_size(size) <= MAX_BLOCK_BYTES, Reason::BlockTooLarge)
}
