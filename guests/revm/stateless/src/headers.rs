//! Block headers: 20 fields in Cancun (only as ancestors), 21 from Prague to BPO2, 23 in Amsterdam.
//!
//! Sources: EIP-1559, EIP-4399, EIP-4895, EIP-4844, EIP-4788, EIP-7685; EIP-7928 and EIP-7843 for Amsterdam.
use crate::crypto::{Digest, keccak256};
use crate::rlp::{self, Malformed};
use crate::ssz::Request;
use alloc::vec::Vec;
use alloy_primitives::U256;

/// Keccak-256 of the empty list.
const EMPTY_OMMERS_HASH: Digest = [
    0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5, 0x67, 0xb6, 0xcc, 0xd4, 0x1a, 0xd3, 0x12, 0x45,
    0x1b, 0x94, 0x8a, 0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47,
];

/// What the rules need of an ancestor.
pub struct Ancestor {
    pub parent_hash: &'static [u8; 32],
    /// The state root's RLP item: prefix and 32 bytes.
    pub state_root_item: &'static [u8],
    pub number: u64,
    pub gas_limit: u64,
    pub gas_used: u64,
    pub timestamp: u64,
    pub base_fee_per_gas: U256,
    pub blob_gas_used: u64,
    pub excess_blob_gas: u64,
}

/// Decodes a header strictly: every field, also those that are not kept.
pub fn decode(data: &'static [u8]) -> Result<Ancestor, Malformed> {
    let mut items = rlp::exact(data)?.list()?;
    let mut next = || rlp::next(&mut items);
    let parent_hash = next()?.fixed()?;
    next()?.fixed::<32>()?; // ommers
    next()?.fixed::<20>()?; // fee recipient
    let state_root_item = next()?;
    state_root_item.fixed::<32>()?;
    next()?.fixed::<32>()?; // transactions
    next()?.fixed::<32>()?; // receipts
    next()?.fixed::<256>()?; // bloom
    next()?.u256()?; // difficulty
    let (number, gas_limit, gas_used, timestamp) = (next()?.u64()?, next()?.u64()?, next()?.u64()?, next()?.u64()?);
    next()?.bytes()?; // extra data
    next()?.fixed::<32>()?; // randao
    next()?.fixed::<8>()?; // nonce
    let base_fee_per_gas = next()?.u256()?;
    next()?.fixed::<32>()?; // withdrawals
    let (blob_gas_used, excess_blob_gas) = (next()?.u64()?, next()?.u64()?);
    next()?.fixed::<32>()?; // beacon root
    if !items.is_empty() {
        rlp::next(&mut items)?.fixed::<32>()?; // requests hash
    }
    if !items.is_empty() {
        rlp::next(&mut items)?.fixed::<32>()?; // block access list
        rlp::next(&mut items)?.u64()?; // slot
    }
    if !items.is_empty() {
        return Err(Malformed);
    }
    Ok(Ancestor {
        parent_hash,
        state_root_item: state_root_item.encoded,
        number,
        gas_limit,
        gas_used,
        timestamp,
        base_fee_per_gas,
        blob_gas_used,
        excess_blob_gas,
    })
}

/// Roots that are computed from the contents of a payload request.
pub struct BodyRoots {
    pub transactions: Digest,
    pub withdrawals: Digest,
    pub requests: Digest,
}

/// The RLP of the header that a payload request implies.
pub fn encode(request: &Request, roots: &BodyRoots) -> Vec<u8> {
    let payload = &request.payload;
    let mut fields = Vec::with_capacity(700);
    rlp::push_bytes(&mut fields, payload.parent_hash);
    rlp::push_bytes(&mut fields, &EMPTY_OMMERS_HASH);
    rlp::push_bytes(&mut fields, payload.fee_recipient);
    rlp::push_bytes(&mut fields, payload.state_root);
    rlp::push_bytes(&mut fields, &roots.transactions);
    rlp::push_bytes(&mut fields, payload.receipts_root);
    rlp::push_bytes(&mut fields, payload.logs_bloom);
    rlp::push_u64(&mut fields, 0); // difficulty
    rlp::push_u64(&mut fields, payload.number);
    rlp::push_u64(&mut fields, payload.gas_limit);
    rlp::push_u64(&mut fields, payload.gas_used);
    rlp::push_u64(&mut fields, payload.timestamp);
    rlp::push_bytes(&mut fields, payload.extra_data);
    rlp::push_bytes(&mut fields, payload.prev_randao);
    rlp::push_bytes(&mut fields, &[0; 8]); // nonce
    rlp::push_u256(&mut fields, &U256::from_le_bytes(*payload.base_fee_per_gas));
    rlp::push_bytes(&mut fields, &roots.withdrawals);
    rlp::push_u64(&mut fields, payload.blob_gas_used);
    rlp::push_u64(&mut fields, payload.excess_blob_gas);
    rlp::push_bytes(&mut fields, request.parent_beacon_block_root);
    rlp::push_bytes(&mut fields, &roots.requests);
    if let Some(amsterdam) = &payload.amsterdam {
        rlp::push_bytes(&mut fields, &keccak256(amsterdam.block_access_list));
        rlp::push_u64(&mut fields, amsterdam.slot_number);
    }
    rlp::wrap(&fields)
}
