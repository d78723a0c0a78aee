//! From a payload request to the block that it stands for: header, transactions, withdrawals.
use crate::crypto::keccak256;
use crate::headers::{self, BodyRoots};
use crate::ordered;
use crate::reasons::{Judged, Reason};
use crate::requests;
use crate::rlp;
use crate::ssz::{Request, WITHDRAWAL_BYTES};
use crate::transactions::{self, Transaction};
use alloc::vec::Vec;

/// The four fields of a withdrawal's SSZ record: index, validator, address, amount.
pub fn withdrawal_fields(record: &[u8]) -> (u64, u64, &[u8], u64) {
    let number = |at: usize| record[at..at + 8].iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    (number(0), number(8), &record[16..36], number(36))
}

/// The RLP of a withdrawal.
pub fn withdrawal(record: &[u8]) -> Vec<u8> {
    let (index, validator, address, amount) = withdrawal_fields(record);
    let mut fields = Vec::with_capacity(48);
    rlp::push_u64(&mut fields, index);
    rlp::push_u64(&mut fields, validator);
    rlp::push_bytes(&mut fields, address);
    rlp::push_u64(&mut fields, amount);
    rlp::wrap(&fields)
}

/// A block whose hash and versioned hashes are those that its request names.
pub struct Block {
    pub header: Vec<u8>,
    pub transactions: Vec<Transaction>,
}

impl Block {
    /// Decodes the transactions; checks block hash and versioned hashes.
    pub fn of_request(request: &Request) -> Judged<Self> {
        let payload = &request.payload;
        if payload.transactions.iter().any(<[u8]>::is_empty) {
            return Err(Reason::TransactionEmpty);
        }
        let withdrawals: Vec<Vec<u8>> = payload.withdrawals.chunks_exact(WITHDRAWAL_BYTES).map(withdrawal).collect();
        let roots = BodyRoots {
            transactions: ordered::root(payload.transactions.iter()),
            withdrawals: ordered::root(withdrawals.iter().map(Vec::as_slice)),
            requests: requests::hash(&request.execution_requests),
        };
        let header = headers::encode(request, &roots);
        if keccak256(&header) != *payload.block_hash {
            return Err(Reason::BlockHashWrong);
        }
        let transactions = payload
            .transactions
            .iter()
            .map(|raw| transactions::decode(raw).map_err(|_| Reason::TransactionMalformed))
            .collect::<Judged<Vec<Transaction>>>()?;
        let hashes = transactions.iter().flat_map(|transaction| &transaction.blob_hashes).map(|hash| hash.as_slice());
        if !hashes.eq(request.versioned_hashes.chunks_exact(32)) {
            return Err(Reason::VersionedHashesWrong);
        }
        Ok(Self { header, transactions })
    }
}
