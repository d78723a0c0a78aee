//! The state before the block, read from the witness when the interpreter asks for it.
use crate::code;
use crate::crypto::{Digest, EMPTY_CODE_HASH, keccak256};
use crate::instructions::COLLIDES;
use crate::node::{EMPTY, Link};
use crate::reasons::{Judged, Reason};
use crate::rlp::{self, Malformed};
use crate::trie::{Key, Tries};
use crate::witness::{Ancestors, Index};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use hashbrown::HashMap;
use revm::Database;
use revm::bytecode::Bytecode;
use revm::primitives::map::DefaultHashBuilder;
use revm::state::AccountInfo;

type Map<K, V> = HashMap<K, V, DefaultHashBuilder>;

/// A slot as it was before the block.
pub struct ReadSlot {
    pub number: U256,
    pub key: Key,
    pub value: U256,
}

/// An account as it was before the block.
pub struct ReadAccount {
    pub key: Key,
    /// Its value in the trie; `None` when there was no account.
    pub leaf: Option<&'static [u8]>,
    pub storage: Link,
    pub storage_root: Digest,
    pub slots: Vec<ReadSlot>,
}

/// What the interpreter reads from.
pub struct WitnessDatabase {
    pub tries: Tries,
    pub root: Link,
    pub accounts: Map<Address, ReadAccount>,
    codes: Index,
    analyzed: Map<B256, Bytecode>,
    ancestors: Ancestors,
}

struct Leaf {
    nonce: u64,
    balance: U256,
    storage_item: &'static [u8],
    code_hash: Digest,
}

fn parse_account(leaf: &'static [u8]) -> Result<Leaf, Malformed> {
    let mut items = rlp::exact(leaf)?.list()?;
    let nonce = rlp::next(&mut items)?.u64()?;
    let balance = rlp::next(&mut items)?.u256()?;
    let storage = rlp::next(&mut items)?;
    storage.fixed::<32>()?;
    let code_hash = *rlp::next(&mut items)?.fixed::<32>()?;
    if !items.is_empty() {
        return Err(Malformed);
    }
    Ok(Leaf { nonce, balance, storage_item: storage.encoded, code_hash })
}

fn parse_slot(leaf: &'static [u8]) -> Judged<U256> {
    let value = rlp::exact(leaf).and_then(rlp::Item::u256).map_err(|_| Reason::MalformedNode)?;
    if value.is_zero() { Err(Reason::MalformedNode) } else { Ok(value) }
}

impl WitnessDatabase {
    /// The state with the parent's root.
    pub fn new(tries: Tries, codes: Index, ancestors: Ancestors) -> Self {
        let root = tries.root_at(ancestors.parent.state_root_item);
        let (accounts, analyzed) = (Map::default(), Map::default());
        Self { tries, root, accounts, codes, analyzed, ancestors }
    }
}

impl Database for WitnessDatabase {
    type Error = Reason;

    fn basic(&mut self, address: Address) -> Judged<Option<AccountInfo>> {
        let key = keccak256(address.as_slice());
        let leaf = self.tries.get(&mut self.root, &key)?;
        let mut read =
            ReadAccount { key, leaf, storage: EMPTY, storage_root: crate::trie::EMPTY_ROOT, slots: Vec::new() };
        let mut info = None;
        if let Some(leaf) = leaf {
            let account = parse_account(leaf).map_err(|_| Reason::MalformedNode)?;
            read.storage = self.tries.root_at(account.storage_item);
            read.storage_root.copy_from_slice(&account.storage_item[1..]);
            let (nonce, balance) = (account.nonce, account.balance);
            let only_storage =
                nonce == 0 && account.code_hash == EMPTY_CODE_HASH && read.storage_root != crate::trie::EMPTY_ROOT;
            let code_hash = if only_storage { COLLIDES } else { B256::new(account.code_hash) };
            info = Some(AccountInfo { balance, nonce, code_hash, account_id: None, code: None });
        }
        self.accounts.insert(address, read);
        Ok(info)
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Judged<Bytecode> {
        if code_hash == EMPTY_CODE_HASH || code_hash == COLLIDES {
            return Ok(Bytecode::new());
        }
        if let Some(known) = self.analyzed.get(&code_hash) {
            return Ok(known.clone());
        }
        let code = self.codes.find(code_hash.as_slice()).ok_or(Reason::MissingCode)?;
        let bytecode = code::analyzed(code);
        self.analyzed.insert(code_hash, bytecode.clone());
        Ok(bytecode)
    }

    fn storage(&mut self, address: Address, number: U256) -> Judged<U256> {
        let Some(account) = self.accounts.get_mut(&address) else {
            return Ok(U256::ZERO);
        };
        let key = keccak256(&number.to_be_bytes::<32>());
        let value = match self.tries.get(&mut account.storage, &key)? {
            Some(leaf) => parse_slot(leaf)?,
            None => U256::ZERO,
        };
        account.slots.push(ReadSlot { number, key, value });
        Ok(value)
    }

    fn block_hash(&mut self, number: u64) -> Judged<B256> {
        self.ancestors.hash(number).map(B256::new)
    }
}
