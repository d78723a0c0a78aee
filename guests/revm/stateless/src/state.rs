//! The state root after the block: changes written into the tries, updates before deletions.
use crate::crypto::{Digest, EMPTY_CODE_HASH, keccak256};
use crate::database::{ReadAccount, WitnessDatabase};
use crate::instructions::COLLIDES;
use crate::node::Link;
use crate::reasons::{Judged, Reason};
use crate::rlp;
use crate::trie::{Key, Tries};
use alloc::vec::Vec;
use alloy_primitives::U256;
use revm::state::{Account, AccountInfo, EvmState};

/// A key and its new value; `None` removes it.
type Change = (Key, Option<Vec<u8>>);

/// Writes changes of a trie: updates before deletions, so that which siblings a deletion needs is determined.
fn apply(tries: &mut Tries, root: &mut Link, changes: Vec<Change>) -> Judged<()> {
    let mut removed = Vec::new();
    for (key, value) in changes {
        match value {
            Some(value) => tries.set(root, &key, value)?,
            None => removed.push(key),
        }
    }
    removed.iter().try_for_each(|key| tries.remove(root, key))
}

fn slot_leaf(value: U256) -> Option<Vec<u8>> {
    if value.is_zero() {
        return None;
    }
    let mut leaf = Vec::with_capacity(33);
    rlp::push_u256(&mut leaf, &value);
    Some(leaf)
}

/// The storage root of an account after the block.
fn storage_root(tries: &mut Tries, read: &mut ReadAccount, account: &Account) -> Judged<Digest> {
    let mut changes = Vec::new();
    if account.is_created() {
        // It had no storage before the block: an account that has some cannot be created.
        for (number, slot) in &account.storage {
            if let Some(leaf) = slot_leaf(slot.present_value) {
                changes.push((keccak256(&number.to_be_bytes::<32>()), Some(leaf)));
            }
        }
    } else {
        for slot in &read.slots {
            let present = account.storage.get(&slot.number).map_or(slot.value, |now| now.present_value);
            if present != slot.value {
                changes.push((slot.key, slot_leaf(present)));
            }
        }
    }
    if changes.is_empty() {
        return Ok(read.storage_root);
    }
    apply(tries, &mut read.storage, changes)?;
    Ok(tries.root(read.storage))
}

fn account_leaf(info: &AccountInfo, storage_root: &Digest) -> Vec<u8> {
    let mut fields = Vec::with_capacity(120);
    rlp::push_u64(&mut fields, info.nonce);
    rlp::push_u256(&mut fields, &info.balance);
    rlp::push_bytes(&mut fields, storage_root);
    let code_hash = if info.code_hash == COLLIDES { &EMPTY_CODE_HASH } else { &info.code_hash.0 };
    rlp::push_bytes(&mut fields, code_hash);
    rlp::wrap(&fields)
}

/// The value of an account after the block; `None` when there is none.
fn leaf_after(tries: &mut Tries, read: &mut ReadAccount, account: &Account) -> Judged<Option<Vec<u8>>> {
    if account.is_selfdestructed_locally() || account.info.is_empty() {
        return Ok(None);
    }
    let root = storage_root(tries, read, account)?;
    Ok(Some(account_leaf(&account.info, &root)))
}

/// The state root after all transactions, system calls and withdrawals.
pub fn root_after(database: &mut WitnessDatabase, state: &EvmState) -> Judged<Digest> {
    let WitnessDatabase { tries, root, accounts, .. } = database;
    let mut changes = Vec::new();
    for (address, account) in state {
        if !account.is_touched() {
            continue;
        }
        let read = accounts.get_mut(address).ok_or(Reason::MissingNode)?;
        let leaf = leaf_after(tries, read, account)?;
        if leaf.as_deref() != read.leaf {
            changes.push((read.key, leaf));
        }
    }
    apply(tries, root, changes)?;
    Ok(tries.root(*root))
}
