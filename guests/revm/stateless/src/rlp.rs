//! RLP: strict decoding without copies, and encoding into buffers. Source: Yellow Paper, appendix B.
use alloc::vec::Vec;
use alloy_primitives::U256;

/// Not the one encoding of an item, or not of the kind that is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// One item: its payload, and the whole encoding.
#[derive(Clone, Copy)]
pub struct Item {
    pub is_list: bool,
    pub payload: &'static [u8],
    pub encoded: &'static [u8],
}

const SHORT_LIMIT: usize = 56;

/// (payload start, end) of an item whose length takes `count` bytes.
fn long(data: &[u8], count: usize) -> Result<(usize, usize), Malformed> {
    let digits = data.get(1..1 + count).ok_or(Malformed)?;
    let length = digits.iter().fold(0u64, |sum, &digit| sum << 8 | u64::from(digit));
    if digits[0] == 0 || length < SHORT_LIMIT as u64 {
        return Err(Malformed);
    }
    let start = 1 + count;
    let end = usize::try_from(length).ok().and_then(|length| length.checked_add(start)).ok_or(Malformed)?;
    Ok((start, end))
}

/// Takes the first item off `data`.
#[inline]
pub fn next(data: &mut &'static [u8]) -> Result<Item, Malformed> {
    let all = *data;
    let prefix = *all.first().ok_or(Malformed)?;
    let (start, end) = match prefix {
        0..=0x7f => (0, 1),
        0x80..=0xb7 => (1, 1 + usize::from(prefix - 0x80)),
        0xb8..=0xbf => long(all, usize::from(prefix - 0xb7))?,
        0xc0..=0xf7 => (1, 1 + usize::from(prefix - 0xc0)),
        _ => long(all, usize::from(prefix - 0xf7))?,
    };
    let payload = all.get(start..end).ok_or(Malformed)?;
    if prefix == 0x81 && payload[0] < 0x80 {
        return Err(Malformed);
    }
    *data = &all[end..];
    Ok(Item { is_list: prefix >= 0xc0, payload, encoded: &all[..end] })
}

/// The one item that fills `data`.
pub fn exact(mut data: &'static [u8]) -> Result<Item, Malformed> {
    let item = next(&mut data)?;
    if data.is_empty() { Ok(item) } else { Err(Malformed) }
}

impl Item {
    /// The items of a list, one after the other.
    pub fn list(self) -> Result<&'static [u8], Malformed> {
        if self.is_list { Ok(self.payload) } else { Err(Malformed) }
    }

    /// A byte string.
    pub fn bytes(self) -> Result<&'static [u8], Malformed> {
        if self.is_list { Err(Malformed) } else { Ok(self.payload) }
    }

    /// A byte string of a known length.
    pub fn fixed<const N: usize>(self) -> Result<&'static [u8; N], Malformed> {
        self.bytes()?.try_into().map_err(|_| Malformed)
    }

    fn digits(self, limit: usize) -> Result<&'static [u8], Malformed> {
        let digits = self.bytes()?;
        if digits.len() > limit || digits.first() == Some(&0) {
            return Err(Malformed);
        }
        Ok(digits)
    }

    /// An integer below 2^64.
    pub fn u64(self) -> Result<u64, Malformed> {
        Ok(self.digits(8)?.iter().fold(0, |sum, &digit| sum << 8 | u64::from(digit)))
    }

    /// An integer below 2^256.
    pub fn u256(self) -> Result<U256, Malformed> {
        let digits = self.digits(32)?;
        let mut padded = [0; 32];
        padded[32 - digits.len()..].copy_from_slice(digits);
        Ok(U256::from_be_bytes(padded))
    }
}

/// Appends the prefix of a string or list (`base` 0x80 or 0xc0) of `length` bytes.
fn push_prefix(out: &mut Vec<u8>, base: u8, length: usize) {
    if length < SHORT_LIMIT {
        out.push(base + length as u8);
        return;
    }
    let digits = (length as u64).to_be_bytes();
    let skip = digits.iter().take_while(|&&digit| digit == 0).count();
    out.push(base + 55 + (8 - skip) as u8);
    out.extend_from_slice(&digits[skip..]);
}

/// Appends the prefix of a list whose items take `length` bytes.
pub fn push_list_prefix(out: &mut Vec<u8>, length: usize) {
    push_prefix(out, 0xc0, length);
}

/// Appends a byte string.
pub fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    if let [byte] = bytes
        && *byte < 0x80
    {
        out.push(*byte);
        return;
    }
    push_prefix(out, 0x80, bytes.len());
    out.extend_from_slice(bytes);
}

fn push_digits(out: &mut Vec<u8>, digits: &[u8]) {
    let skip = digits.iter().take_while(|&&digit| digit == 0).count();
    push_bytes(out, &digits[skip..]);
}

/// Appends an integer.
pub fn push_u64(out: &mut Vec<u8>, value: u64) {
    push_digits(out, &value.to_be_bytes());
}

/// Appends an integer.
pub fn push_u256(out: &mut Vec<u8>, value: &U256) {
    push_digits(out, &value.to_be_bytes::<32>());
}

/// The list of already encoded items.
pub fn wrap(items: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(items.len() + 9);
    push_list_prefix(&mut out, items.len());
    out.extend_from_slice(items);
    out
}

/// Bytes of a string's encoding.
pub fn string_size(bytes: &[u8]) -> usize {
    match bytes {
        [byte] if *byte < 0x80 => 1,
        _ => list_size(bytes.len()),
    }
}

/// Bytes of a list (or longer string) of `length` bytes of items.
pub fn list_size(length: usize) -> usize {
    let prefix = if length < SHORT_LIMIT { 1 } else { 9 - (length as u64).leading_zeros() as usize / 8 };
    prefix + length
}
