//! Execution requests: deposits from logs, the hash in the header.
//!
//! Sources: EIP-7685; EIP-6110 for the deposit contract's event.
use crate::crypto::{Digest, sha256};
use crate::reasons::{Judged, Reason};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Log, U256, address, b256};

const DEPOSIT_CONTRACT: Address = address!("00000000219ab540356cbb839cbe05303d7705fa");
/// Keccak-256 of `DepositEvent(bytes,bytes,bytes,bytes,bytes)`.
const DEPOSIT_EVENT: B256 = b256!("649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5");
/// Bytes of public key, withdrawal credentials, amount, signature, index.
const DEPOSIT_FIELDS: [usize; 5] = [48, 32, 8, 96, 8];

/// The hash of the requests of all types, each a list of records: types without requests do not count.
pub fn hash(requests: &[&[u8]]) -> Digest {
    let mut hashes = Vec::new();
    for (kind, records) in requests.iter().enumerate().filter(|(_, records)| !records.is_empty()) {
        let mut flat = alloc::vec![kind as u8];
        flat.extend_from_slice(records);
        hashes.extend_from_slice(&sha256(&flat));
    }
    sha256(&hashes)
}

/// Appends the deposits among a transaction's logs.
pub fn push_deposits(out: &mut Vec<u8>, logs: &[Log]) -> Judged<()> {
    for log in logs {
        if log.address == DEPOSIT_CONTRACT && log.topics().first() == Some(&DEPOSIT_EVENT) {
            push_deposit(out, &log.data.data)?;
        }
    }
    Ok(())
}

/// Appends the record in an event's data: five byte strings in the ABI's encoding, in one fixed layout.
fn push_deposit(out: &mut Vec<u8>, data: &[u8]) -> Judged<()> {
    const WORD: usize = 32;
    let word = |at: usize| data.get(at..at + WORD).map(U256::from_be_slice).ok_or(Reason::DepositLogMalformed);
    let mut offset = WORD * DEPOSIT_FIELDS.len();
    for (index, length) in DEPOSIT_FIELDS.into_iter().enumerate() {
        if word(WORD * index)? != U256::from(offset) || word(offset)? != U256::from(length) {
            return Err(Reason::DepositLogMalformed);
        }
        offset += WORD;
        out.extend_from_slice(data.get(offset..offset + length).ok_or(Reason::DepositLogMalformed)?);
        offset += length.next_multiple_of(WORD);
    }
    if data.len() == offset { Ok(()) } else { Err(Reason::DepositLogMalformed) }
}
