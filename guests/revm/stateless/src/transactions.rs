//! Transactions of every type: strict decoding, signing hash, sender; into the interpreter's form.
//!
//! Sources: EIP-155 (legacy with chain id), EIP-2930 (type 1), EIP-1559 (type 2), EIP-4844 (type 3), EIP-7702 (type 4);
//! EIP-2 (s in the lower half).
use crate::crypto::{self, Digest};
use crate::environment::Environment;
use crate::reasons::{Judged, Reason};
use crate::rlp::{self, Item, Malformed};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256};
use revm::context::transaction::{
    AccessList, AccessListItem, Authorization, RecoveredAuthority, RecoveredAuthorization,
};

const LEGACY: u8 = 0;
const ACCESS_LIST: u8 = 1;
const FEE_MARKET: u8 = 2;
const BLOB: u8 = 3;
const SET_CODE: u8 = 4;

/// A decoded transaction; the sender is not known yet.
pub struct Transaction {
    pub kind: u8,
    /// `None` for a legacy transaction without EIP-155.
    pub chain_id: Option<U256>,
    nonce: u64,
    max_fee_per_gas: U256,
    max_priority_fee_per_gas: U256,
    gas_limit: U256,
    to: TxKind,
    value: U256,
    data: &'static [u8],
    access_list: AccessList,
    max_fee_per_blob_gas: U256,
    pub blob_hashes: Vec<B256>,
    authorizations: Vec<SignedAuthorization>,
    y_parity: u8,
    signature: [u8; 64],
    signing_hash: Digest,
}

/// An entry of a set-code transaction, and its signer's signature.
struct SignedAuthorization {
    inner: Authorization,
    y_parity: u8,
    signature: [u8; 64],
    signing_hash: Digest,
}

/// r and s as 64 bytes, big-endian.
fn signature(r: U256, s: U256) -> [u8; 64] {
    let mut both = [0; 64];
    both[..32].copy_from_slice(&r.to_be_bytes::<32>());
    both[32..].copy_from_slice(&s.to_be_bytes::<32>());
    both
}

/// Hash of the list of `fields` (already encoded), after a type byte if there is one.
fn hash_of_list(kind: Option<u8>, fields: &[&[u8]]) -> Digest {
    let length = fields.iter().map(|part| part.len()).sum();
    let mut message = Vec::with_capacity(length + 10);
    message.extend(kind);
    rlp::push_list_prefix(&mut message, length);
    fields.iter().for_each(|part| message.extend_from_slice(part));
    crypto::keccak256(&message)
}

fn parity(item: Item) -> Result<u8, Malformed> {
    u8::try_from(item.u64()?).map_err(|_| Malformed)
}

fn recipient(item: Item, kind: u8) -> Result<TxKind, Malformed> {
    match item.bytes()? {
        [] if kind != BLOB && kind != SET_CODE => Ok(TxKind::Create),
        bytes if bytes.len() == 20 => Ok(TxKind::Call(Address::from_slice(bytes))),
        _ => Err(Malformed),
    }
}

fn access_list(item: Item) -> Result<AccessList, Malformed> {
    let mut entries = item.list()?;
    let mut found = Vec::new();
    while !entries.is_empty() {
        let mut fields = rlp::next(&mut entries)?.list()?;
        let address = Address::from(rlp::next(&mut fields)?.fixed::<20>()?);
        let storage_keys = hashes(rlp::next(&mut fields)?)?;
        if !fields.is_empty() {
            return Err(Malformed);
        }
        found.push(AccessListItem { address, storage_keys });
    }
    Ok(AccessList(found))
}

fn hashes(item: Item) -> Result<Vec<B256>, Malformed> {
    let mut entries = item.list()?;
    let mut found = Vec::new();
    while !entries.is_empty() {
        found.push(B256::from(rlp::next(&mut entries)?.fixed::<32>()?));
    }
    Ok(found)
}

fn authorizations(item: Item) -> Result<Vec<SignedAuthorization>, Malformed> {
    const MAGIC: u8 = 5; // EIP-7702
    let mut entries = item.list()?;
    let mut found = Vec::new();
    while !entries.is_empty() {
        let mut fields = rlp::next(&mut entries)?.list()?;
        let signed = fields;
        let chain_id = rlp::next(&mut fields)?.u256()?;
        let address = Address::from(rlp::next(&mut fields)?.fixed::<20>()?);
        let nonce = rlp::next(&mut fields)?.u64()?;
        let signing_hash = hash_of_list(Some(MAGIC), &[&signed[..signed.len() - fields.len()]]);
        let y_parity = parity(rlp::next(&mut fields)?)?;
        let (r, s) = (rlp::next(&mut fields)?.u256()?, rlp::next(&mut fields)?.u256()?);
        if !fields.is_empty() {
            return Err(Malformed);
        }
        let inner = Authorization { chain_id, address, nonce };
        found.push(SignedAuthorization { inner, y_parity, signature: signature(r, s), signing_hash });
    }
    Ok(found)
}

/// Chain id and parity of a legacy transaction's `v` (EIP-155).
fn split_v(v: U256) -> Result<(Option<U256>, u8), Malformed> {
    const UNPROTECTED: U256 = U256::from_limbs([27, 0, 0, 0]);
    const PROTECTED: U256 = U256::from_limbs([35, 0, 0, 0]);
    if let Some(rest) = v.checked_sub(PROTECTED) {
        return Ok((Some(rest >> 1), rest.bit(0).into()));
    }
    match v.checked_sub(UNPROTECTED) {
        Some(rest) if rest <= U256::ONE => Ok((None, rest.bit(0).into())),
        _ => Err(Malformed),
    }
}

/// A transaction from its canonical bytes.
pub fn decode(raw: &'static [u8]) -> Result<Transaction, Malformed> {
    let kind = match *raw.first().ok_or(Malformed)? {
        0xc0.. => LEGACY,
        kind @ ACCESS_LIST..=SET_CODE => kind,
        _ => return Err(Malformed),
    };
    let fields = rlp::exact(if kind == LEGACY { raw } else { &raw[1..] })?.list()?;
    let mut rest = fields;
    let mut next = || rlp::next(&mut rest);
    let chain_id = if kind == LEGACY { None } else { Some(next()?.u256()?) };
    let nonce = next()?.u64()?;
    let max_priority_fee_per_gas = next()?.u256()?;
    let max_fee_per_gas = if kind >= FEE_MARKET { next()?.u256()? } else { max_priority_fee_per_gas };
    let gas_limit = next()?.u256()?;
    let to = recipient(next()?, kind)?;
    let value = next()?.u256()?;
    let data = next()?.bytes()?;
    let access_list = if kind == LEGACY { AccessList::default() } else { access_list(next()?)? };
    let mut transaction = Transaction {
        kind,
        chain_id,
        nonce,
        max_fee_per_gas,
        max_priority_fee_per_gas,
        gas_limit,
        to,
        value,
        data,
        access_list,
        max_fee_per_blob_gas: U256::ZERO,
        blob_hashes: Vec::new(),
        authorizations: Vec::new(),
        y_parity: 0,
        signature: [0; 64],
        signing_hash: [0; 32],
    };
    if kind == BLOB {
        transaction.max_fee_per_blob_gas = next()?.u256()?;
        transaction.blob_hashes = hashes(next()?)?;
    } else if kind == SET_CODE {
        transaction.authorizations = authorizations(next()?)?;
    }
    let signed = &fields[..fields.len() - rest.len()];
    read_signature(&mut transaction, signed, &mut rest)?;
    if rest.is_empty() { Ok(transaction) } else { Err(Malformed) }
}

/// Reads the last three fields and hashes the ones before them.
fn read_signature(
    transaction: &mut Transaction,
    signed: &'static [u8],
    rest: &mut &'static [u8],
) -> Result<(), Malformed> {
    let first = rlp::next(rest)?;
    transaction.signature = signature(rlp::next(rest)?.u256()?, rlp::next(rest)?.u256()?);
    if transaction.kind != LEGACY {
        transaction.y_parity = parity(first)?;
        transaction.signing_hash = hash_of_list(Some(transaction.kind), &[signed]);
        return Ok(());
    }
    (transaction.chain_id, transaction.y_parity) = split_v(first.u256()?)?;
    let mut protection = Vec::new();
    if let Some(chain_id) = &transaction.chain_id {
        rlp::push_u256(&mut protection, chain_id);
        protection.extend_from_slice(&[0x80, 0x80]);
    }
    transaction.signing_hash = hash_of_list(None, &[signed, &protection]);
    Ok(())
}

impl SignedAuthorization {
    /// The entry with its signer, whose signature is checked here.
    fn recovered(self) -> RecoveredAuthorization {
        let authority = match crypto::recover_signer(&self.signing_hash, self.y_parity, &self.signature) {
            Some(address) => RecoveredAuthority::Valid(address),
            None => RecoveredAuthority::Invalid,
        };
        RecoveredAuthorization::new_unchecked(self.inner, authority)
    }
}

impl Transaction {
    /// Gas limit; none that a block can hold is larger.
    pub fn gas_limit(&self) -> u64 {
        self.gas_limit.saturating_to()
    }

    /// The transaction as the interpreter takes it, with its recovered sender.
    pub fn into_environment(self) -> Judged<Environment> {
        let caller =
            crypto::recover_signer(&self.signing_hash, self.y_parity, &self.signature).ok_or(Reason::SignatureWrong)?;
        let fee = |value: U256| u128::try_from(value).map_err(|_| Reason::BeyondRange);
        Ok(Environment {
            tx_type: self.kind,
            caller,
            gas_limit: self.gas_limit(),
            gas_price: fee(self.max_fee_per_gas)?,
            kind: self.to,
            value: self.value,
            data: Bytes::from_static(self.data),
            nonce: self.nonce,
            chain_id: self.chain_id.map(|chain_id| chain_id.saturating_to()),
            access_list: self.access_list,
            gas_priority_fee: if self.kind >= FEE_MARKET { Some(fee(self.max_priority_fee_per_gas)?) } else { None },
            blob_hashes: self.blob_hashes,
            max_fee_per_blob_gas: fee(self.max_fee_per_blob_gas)?,
            authorizations: self.authorizations.into_iter().map(SignedAuthorization::recovered).collect(),
        })
    }
}
