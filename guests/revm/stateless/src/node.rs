//! Nodes of a state trie as they lie in the witness: parsed strictly, children left where they are.
//!
//! Source: Yellow Paper, appendix D.
use crate::rlp::{self, Item, Malformed};

/// A child: 0 when there is none; with the highest bit the place of a reference in the input that was not followed
/// yet (`UNSEEN`); otherwise the number of a node.
pub type Link = u32;
pub const EMPTY: Link = 0;
pub const UNSEEN: Link = 1 << 31;

/// A node as parsed. Paths are hex-prefix encoded, without the flag being looked at again.
pub enum Parsed {
    Leaf { path: Path, value: &'static [u8] },
    Extension { path: Path, child: Link },
    Branch([Link; 16]),
}

/// A path: the first nibble when their number is odd, then whole bytes.
#[derive(Clone, Copy)]
pub struct Path {
    pub first: Option<u8>,
    pub bytes: &'static [u8],
}

impl Path {
    /// Number of nibbles.
    pub fn len(self) -> usize {
        2 * self.bytes.len() + usize::from(self.first.is_some())
    }

    fn parse(encoded: &'static [u8]) -> Result<(bool, Self), Malformed> {
        let (&flag, bytes) = encoded.split_first().ok_or(Malformed)?;
        let (kind, nibble) = (flag >> 4, flag & 15);
        if kind > 3 || (kind % 2 == 0 && nibble != 0) {
            return Err(Malformed);
        }
        Ok((kind >= 2, Self { first: (kind % 2 == 1).then_some(nibble), bytes }))
    }
}

/// Reads nodes of one input.
#[derive(Clone, Copy)]
pub struct Parser {
    pub input: &'static [u8],
}

/// A branch with sixteen hashes and no value.
pub const FULL_BRANCH_BYTES: usize = 3 + 16 * 33 + 1;
const HASH_PREFIX: u8 = 0xa0;
const NO_CHILD: u8 = 0x80;

impl Parser {
    /// The place of a slice of the input.
    pub fn place(self, slice: &'static [u8]) -> Link {
        (slice.as_ptr() as usize - self.input.as_ptr() as usize) as Link | UNSEEN
    }

    /// The reference at a place: a hash's 33 bytes, or a whole short node.
    pub fn reference(self, link: Link) -> &'static [u8] {
        let at = (link & !UNSEEN) as usize;
        let prefix = self.input[at];
        let length = if prefix == HASH_PREFIX { 33 } else { 1 + usize::from(prefix - 0xc0) };
        &self.input[at..at + length]
    }

    /// The branch with sixteen hashes at a place where one was read.
    pub fn full_branch_at(self, link: Link) -> &'static [u8] {
        let at = (link & !UNSEEN) as usize;
        &self.input[at..at + FULL_BRANCH_BYTES]
    }

    /// A node that fills `data`.
    pub fn parse(self, data: &'static [u8]) -> Result<Parsed, Malformed> {
        if data.len() == FULL_BRANCH_BYTES
            && let Some(children) = self.full_branch(data)
        {
            return Ok(Parsed::Branch(children));
        }
        let items = rlp::exact(data)?.list()?;
        let mut rest = items;
        let (first, second) = (rlp::next(&mut rest)?, rlp::next(&mut rest)?);
        if !rest.is_empty() {
            return self.branch(items);
        }
        let (is_leaf, path) = Path::parse(first.bytes()?)?;
        if is_leaf {
            let value = second.bytes()?;
            return if value.is_empty() { Err(Malformed) } else { Ok(Parsed::Leaf { path, value }) };
        }
        let child = self.child(second)?;
        if path.len() == 0 || child == EMPTY || (second.is_list && !self.is_branch(second)) {
            return Err(Malformed);
        }
        Ok(Parsed::Extension { path, child })
    }

    fn is_branch(self, item: Item) -> bool {
        matches!(self.parse(item.encoded), Ok(Parsed::Branch(_)))
    }

    /// The most frequent node: sixteen hashes and no value.
    fn full_branch(self, data: &'static [u8]) -> Option<[Link; 16]> {
        if data[..3] != [0xf9, 0x02, 0x11] || data[FULL_BRANCH_BYTES - 1] != NO_CHILD {
            return None;
        }
        let mut children = [self.place(&data[3..]); 16];
        for (index, child) in children.iter_mut().enumerate() {
            if data[3 + 33 * index] != HASH_PREFIX {
                return None;
            }
            *child += 33 * index as Link;
        }
        Some(children)
    }

    fn branch(self, mut items: &'static [u8]) -> Result<Parsed, Malformed> {
        let mut children = [EMPTY; 16];
        for child in &mut children {
            *child = match items {
                [NO_CHILD, ..] => {
                    items = &items[1..];
                    EMPTY
                }
                [HASH_PREFIX, ..] if items.len() > 32 => {
                    let place = self.place(items);
                    items = &items[33..];
                    place
                }
                _ => self.child(rlp::next(&mut items)?)?,
            };
        }
        let value = rlp::next(&mut items)?;
        let count = children.iter().filter(|&&child| child != EMPTY).count();
        if !items.is_empty() || !value.bytes()?.is_empty() || count < 2 {
            return Err(Malformed);
        }
        Ok(Parsed::Branch(children))
    }

    /// A reference to a child: nothing, a hash, or a node below 32 bytes, which is checked at once.
    fn child(self, item: Item) -> Result<Link, Malformed> {
        if !item.is_list {
            return match item.payload.len() {
                0 => Ok(EMPTY),
                32 => Ok(self.place(item.encoded)),
                _ => Err(Malformed),
            };
        }
        if item.encoded.len() >= 32 {
            return Err(Malformed);
        }
        self.parse(item.encoded)?;
        Ok(self.place(item.encoded))
    }
}
