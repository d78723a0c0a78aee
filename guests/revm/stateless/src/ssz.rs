//! SSZ: strict decoding of a stateless input (newest dialect) into slices of it.
//!
//! Sources: consensus-specs ssz/simple-serialize.md; EIP-8025 for the containers, whose field order is the encoding.
use crate::forks::Fork;

/// Not the one encoding of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

type Bytes = &'static [u8];

const OFFSET_BYTES: usize = 4;
const MAX_EXTRA_DATA_BYTES: usize = 32;
const MAX_NODE_BYTES: usize = 1 << 20;
const MAX_CODE_BYTES: usize = 1 << 24;
const MAX_HEADER_BYTES: usize = 1 << 10;
const MAX_HEADERS: usize = 256;

pub const WITHDRAWAL_BYTES: usize = 44;
/// Bytes of each kind of request, in the order of their types (EIP-6110, EIP-7002, EIP-7251; EIP-8282 in Amsterdam).
pub const REQUEST_BYTES: [usize; 5] = [192, 76, 116, 184, 68];

/// A list of byte strings: its offsets were checked when it was decoded.
#[derive(Clone, Copy)]
pub struct Strings {
    data: Bytes,
}

impl Strings {
    fn offset(&self, index: usize) -> usize {
        read_offset(self.data, OFFSET_BYTES * index)
    }

    /// Number of strings.
    pub fn len(&self) -> usize {
        if self.data.is_empty() { 0 } else { self.offset(0) / OFFSET_BYTES }
    }

    /// The string at `index`, below `len`.
    pub fn get(&self, index: usize) -> Bytes {
        let end = if index + 1 < self.len() { self.offset(index + 1) } else { self.data.len() };
        &self.data[self.offset(index)..end]
    }

    pub fn iter(&self) -> impl Iterator<Item = Bytes> {
        let this = *self;
        (0..this.len()).map(move |index| this.get(index))
    }

    fn decode(data: Bytes, max_count: usize, max_bytes: usize) -> Result<Self, Malformed> {
        let list = Self { data };
        if data.is_empty() {
            return Ok(list);
        }
        let first = if data.len() < OFFSET_BYTES { 0 } else { list.offset(0) };
        if first == 0 || first % OFFSET_BYTES != 0 || first > data.len() || first / OFFSET_BYTES > max_count {
            return Err(Malformed);
        }
        let mut begin = first;
        for index in 1..=list.len() {
            let end = if index < list.len() { list.offset(index) } else { data.len() };
            if end < begin || end - begin > max_bytes || end > data.len() {
                return Err(Malformed);
            }
            begin = end;
        }
        Ok(list)
    }
}

/// The execution payload; numbers are decoded, the rest are slices.
pub struct Payload {
    pub parent_hash: &'static [u8; 32],
    pub fee_recipient: &'static [u8; 20],
    pub state_root: &'static [u8; 32],
    pub receipts_root: &'static [u8; 32],
    pub logs_bloom: &'static [u8; 256],
    pub prev_randao: &'static [u8; 32],
    pub number: u64,
    pub gas_limit: u64,
    pub gas_used: u64,
    pub timestamp: u64,
    pub extra_data: Bytes,
    /// Little-endian.
    pub base_fee_per_gas: &'static [u8; 32],
    pub block_hash: &'static [u8; 32],
    pub transactions: Strings,
    /// Records of `WITHDRAWAL_BYTES`.
    pub withdrawals: Bytes,
    pub blob_gas_used: u64,
    pub excess_blob_gas: u64,
    pub amsterdam: Option<AmsterdamFields>,
}

/// What Amsterdam's payload has more.
pub struct AmsterdamFields {
    pub block_access_list: Bytes,
    pub slot_number: u64,
}

/// What the proof is about.
pub struct Request {
    pub payload: Payload,
    /// Records of 32 bytes.
    pub versioned_hashes: Bytes,
    pub parent_beacon_block_root: &'static [u8; 32],
    /// One list of records for each type; three types before Amsterdam.
    pub execution_requests: [Bytes; 5],
}

/// A decoded stateless input.
pub struct Input {
    pub schema_id: u16,
    pub fork: Fork,
    pub request: Request,
    pub nodes: Strings,
    pub codes: Strings,
    pub headers: Strings,
    pub chain_id: u64,
}

/// Reads the fixed part of a record from its beginning; lists are cut off at the end.
struct Fixed<const LISTS: usize> {
    data: Bytes,
    at: usize,
    offsets: [usize; LISTS],
    count: usize,
}

fn read_offset(data: Bytes, at: usize) -> usize {
    let mut digits = [0; OFFSET_BYTES];
    digits.copy_from_slice(&data[at..at + OFFSET_BYTES]);
    u32::from_le_bytes(digits) as usize
}

impl<const LISTS: usize> Fixed<LISTS> {
    /// `size` is that of the fixed part, offsets included.
    fn new(data: Bytes, size: usize) -> Result<Self, Malformed> {
        if data.len() < size {
            return Err(Malformed);
        }
        Ok(Self { data, at: 0, offsets: [0; LISTS], count: 0 })
    }

    fn bytes<const N: usize>(&mut self) -> Result<&'static [u8; N], Malformed> {
        let found = self.data.get(self.at..self.at + N).ok_or(Malformed)?;
        self.at += N;
        found.try_into().map_err(|_| Malformed)
    }

    fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(*self.bytes()?))
    }

    fn list(&mut self) -> Result<(), Malformed> {
        self.offsets[self.count] = u32::from_le_bytes(*self.bytes()?) as usize;
        self.count += 1;
        Ok(())
    }

    /// The contents of the lists; the first begins where the fixed part ends.
    fn lists(self) -> Result<[Bytes; LISTS], Malformed> {
        if self.offsets[0] != self.at {
            return Err(Malformed);
        }
        let mut found: [Bytes; LISTS] = [&[]; LISTS];
        for (index, list) in found.iter_mut().enumerate() {
            let end = self.offsets.get(index + 1).copied().unwrap_or(self.data.len());
            *list = self.data.get(self.offsets[index]..end).ok_or(Malformed)?;
        }
        Ok(found)
    }
}

fn records(data: Bytes, size: usize) -> Result<Bytes, Malformed> {
    if data.len().is_multiple_of(size) { Ok(data) } else { Err(Malformed) }
}

fn decode_payload(data: Bytes, fork: Fork) -> Result<Payload, Malformed> {
    let is_amsterdam = fork == Fork::Amsterdam;
    let mut fixed = Fixed::<4>::new(data, if is_amsterdam { 540 } else { 528 })?;
    let mut payload = Payload {
        parent_hash: fixed.bytes()?,
        fee_recipient: fixed.bytes()?,
        state_root: fixed.bytes()?,
        receipts_root: fixed.bytes()?,
        logs_bloom: fixed.bytes()?,
        prev_randao: fixed.bytes()?,
        number: fixed.u64()?,
        gas_limit: fixed.u64()?,
        gas_used: fixed.u64()?,
        timestamp: fixed.u64()?,
        extra_data: fixed.list().map(|()| -> Bytes { &[] })?,
        base_fee_per_gas: fixed.bytes()?,
        block_hash: fixed.bytes()?,
        transactions: Strings { data: fixed.list().map(|()| -> Bytes { &[] })? },
        withdrawals: fixed.list().map(|()| -> Bytes { &[] })?,
        blob_gas_used: fixed.u64()?,
        excess_blob_gas: fixed.u64()?,
        amsterdam: None,
    };
    let mut slot_number = None;
    if is_amsterdam {
        fixed.list()?;
        slot_number = Some(fixed.u64()?);
    } else {
        fixed.offsets[3] = data.len(); // no fourth list
    }
    let [extra_data, transactions, withdrawals, block_access_list] = fixed.lists()?;
    if extra_data.len() > MAX_EXTRA_DATA_BYTES {
        return Err(Malformed);
    }
    payload.extra_data = extra_data;
    payload.transactions = Strings::decode(transactions, usize::MAX, usize::MAX)?;
    payload.withdrawals = records(withdrawals, WITHDRAWAL_BYTES)?;
    payload.amsterdam = slot_number.map(|slot_number| AmsterdamFields { block_access_list, slot_number });
    Ok(payload)
}

fn decode_execution_requests(data: Bytes, fork: Fork) -> Result<[Bytes; 5], Malformed> {
    let mut found: [Bytes; 5] = [&[]; 5];
    if fork == Fork::Amsterdam {
        let mut fixed = Fixed::<5>::new(data, 20)?;
        (0..5).try_for_each(|_| fixed.list())?;
        found = fixed.lists()?;
    } else {
        let mut fixed = Fixed::<3>::new(data, 12)?;
        (0..3).try_for_each(|_| fixed.list())?;
        found[..3].copy_from_slice(&fixed.lists()?);
    }
    for (list, size) in found.iter().zip(REQUEST_BYTES) {
        records(list, size)?;
    }
    Ok(found)
}

fn decode_request(data: Bytes, fork: Fork) -> Result<Request, Malformed> {
    let mut fixed = Fixed::<3>::new(data, 44)?;
    fixed.list()?;
    fixed.list()?;
    let parent_beacon_block_root = fixed.bytes()?;
    fixed.list()?;
    let [payload, versioned_hashes, execution_requests] = fixed.lists()?;
    Ok(Request {
        payload: decode_payload(payload, fork)?,
        versioned_hashes: records(versioned_hashes, 32)?,
        parent_beacon_block_root,
        execution_requests: decode_execution_requests(execution_requests, fork)?,
    })
}

/// Decodes schema id and body, which fill `data`.
pub fn decode(data: Bytes) -> Result<Input, Malformed> {
    let (schema, body) = data.split_at_checked(2).ok_or(Malformed)?;
    let schema_id = u16::from_be_bytes([schema[0], schema[1]]);
    let fork = Fork::of_schema(schema_id).ok_or(Malformed)?;
    let mut fixed = Fixed::<2>::new(body, 16)?;
    fixed.list()?;
    fixed.list()?;
    let chain_id = fixed.u64()?;
    let [request, witness] = fixed.lists()?;
    let mut lists = Fixed::<3>::new(witness, 12)?;
    (0..3).try_for_each(|_| lists.list())?;
    let [nodes, codes, headers] = lists.lists()?;
    Ok(Input {
        schema_id,
        fork,
        request: decode_request(request, fork)?,
        nodes: Strings::decode(nodes, usize::MAX, MAX_NODE_BYTES)?,
        codes: Strings::decode(codes, usize::MAX, MAX_CODE_BYTES)?,
        headers: Strings::decode(headers, MAX_HEADERS, MAX_HEADER_BYTES)?,
        chain_id,
    })
}
