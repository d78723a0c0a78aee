//! What the witness holds: nodes and codes by hash, ancestors. Everything is hashed here.
use crate::crypto::{Digest, keccak256};
use crate::headers::{self, Ancestor};
use crate::reasons::{Judged, Reason};
use crate::ssz::Strings;
use alloc::vec::Vec;

/// Byte strings by their hash: an open-addressing table of numbers.
pub struct Index {
    strings: Strings,
    hashes: Vec<Digest>,
    table: Vec<u32>,
}

const FREE: u32 = u32::MAX;

impl Index {
    /// Hashes every string.
    pub fn new(strings: Strings) -> Self {
        let hashes: Vec<Digest> = strings.iter().map(keccak256).collect();
        let mut table = alloc::vec![FREE; (2 * hashes.len() + 2).next_power_of_two()];
        for (number, hash) in hashes.iter().enumerate() {
            let mut at = Self::start(hash, table.len());
            while table[at] != FREE {
                at = (at + 1) & (table.len() - 1);
            }
            table[at] = number as u32;
        }
        Self { strings, hashes, table }
    }

    fn start(hash: &[u8], size: usize) -> usize {
        let mut first = [0; 8];
        first.copy_from_slice(&hash[..8]);
        u64::from_le_bytes(first) as usize & (size - 1)
    }

    /// Number of strings.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The string with a hash (32 bytes).
    pub fn find(&self, hash: &[u8]) -> Option<&'static [u8]> {
        let mut at = Self::start(hash, self.table.len());
        loop {
            let number = self.table[at];
            if number == FREE {
                return None;
            }
            if self.hashes[number as usize] == hash {
                return Some(self.strings.get(number as usize));
            }
            at = (at + 1) & (self.table.len() - 1);
        }
    }
}

/// The checked headers before a block, oldest first.
pub struct Ancestors {
    pub parent: Ancestor,
    hashes: Vec<Digest>,
}

impl Ancestors {
    /// Checks that each header is the parent of the next, and the last one the block's parent.
    pub fn new(encoded: &Strings, parent_hash: &Digest) -> Judged<Self> {
        let mut hashes: Vec<Digest> = Vec::with_capacity(encoded.len());
        let mut last: Option<Ancestor> = None;
        for data in encoded.iter() {
            let header = headers::decode(data).map_err(|_| Reason::MalformedHeader)?;
            if let (Some(before), Some(hash)) = (&last, hashes.last())
                && (header.parent_hash != hash || Some(header.number) != before.number.checked_add(1))
            {
                return Err(Reason::HeadersNotContiguous);
            }
            hashes.push(keccak256(data));
            last = Some(header);
        }
        let parent = last.ok_or(Reason::ParentHeaderMissing)?;
        if hashes.last() != Some(parent_hash) {
            return Err(Reason::ParentHeaderWrong);
        }
        Ok(Self { parent, hashes })
    }

    /// Hash of the ancestor with a number; an older one than the witness has is missing, not zero.
    pub fn hash(&self, number: u64) -> Judged<Digest> {
        let back = self.parent.number.checked_sub(number).ok_or(Reason::MissingHeader)?;
        let place = (self.hashes.len() as u64 - 1).checked_sub(back).ok_or(Reason::MissingHeader)?;
        Ok(self.hashes[place as usize])
    }
}
