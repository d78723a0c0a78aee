//! A transaction as the interpreter sees it: signatures are recovered before. (revm's own type can also hold
//! authorizations that it recovers itself, which would put a second library for signatures into the program.)
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use revm::context::transaction::{AccessList, AccessListItem, RecoveredAuthorization};
use revm::context_interface::Transaction;

/// What one transaction, or one call by the protocol, asks for.
#[derive(Default)]
pub struct Environment {
    pub tx_type: u8,
    pub caller: Address,
    pub gas_limit: u64,
    /// Of the fee market's transactions the most that is paid.
    pub gas_price: u128,
    pub kind: TxKind,
    pub value: U256,
    pub data: Bytes,
    pub nonce: u64,
    pub chain_id: Option<u64>,
    pub access_list: AccessList,
    pub gas_priority_fee: Option<u128>,
    pub blob_hashes: Vec<B256>,
    pub max_fee_per_blob_gas: u128,
    pub authorizations: Vec<RecoveredAuthorization>,
}

impl Transaction for Environment {
    type AccessListItem<'a> = &'a AccessListItem;
    type Authorization<'a> = &'a RecoveredAuthorization;

    fn tx_type(&self) -> u8 {
        self.tx_type
    }

    fn caller(&self) -> Address {
        self.caller
    }

    fn gas_limit(&self) -> u64 {
        self.gas_limit
    }

    fn value(&self) -> U256 {
        self.value
    }

    fn input(&self) -> &Bytes {
        &self.data
    }

    fn nonce(&self) -> u64 {
        self.nonce
    }

    fn kind(&self) -> TxKind {
        self.kind
    }

    fn chain_id(&self) -> Option<u64> {
        self.chain_id
    }

    fn gas_price(&self) -> u128 {
        self.gas_price
    }

    fn access_list(&self) -> Option<impl Iterator<Item = Self::AccessListItem<'_>>> {
        Some(self.access_list.0.iter())
    }

    fn blob_versioned_hashes(&self) -> &[B256] {
        &self.blob_hashes
    }

    fn max_fee_per_blob_gas(&self) -> u128 {
        self.max_fee_per_blob_gas
    }

    fn authorization_list_len(&self) -> usize {
        self.authorizations.len()
    }

    fn authorization_list(&self) -> impl Iterator<Item = Self::Authorization<'_>> {
        self.authorizations.iter()
    }

    fn max_priority_fee_per_gas(&self) -> Option<u128> {
        self.gas_priority_fee
    }
}
