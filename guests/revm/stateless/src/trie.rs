//! Sparse Merkle-Patricia tries over a witness: many tries in one arena, nodes read from the input when they are
//! needed, changes in place.
//!
//! Leaves and extensions hold a whole key of 32 bytes, of which their place in the trie tells the part that they stand
//! for; so cutting and joining paths moves no nibbles. A child that did not change is copied into its parent's encoding
//! as it stands in the input.
//!
//! A node that is not at hand is an error wherever it is needed: in reads, in insertions, and when a deletion leaves a
//! branch with one child, whose kind decides what becomes of it.
use crate::crypto::{Digest, keccak256};
use crate::node::{EMPTY, FULL_BRANCH_BYTES, Link, Parsed, Parser, Path, UNSEEN};
use crate::reasons::{Judged, Reason};
use crate::witness::Index;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Root of the trie without keys.
pub const EMPTY_ROOT: Digest = [
    0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b, 0x48, 0xe0,
    0x1b, 0x99, 0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
];

/// The hash of an account's address or of a slot's number.
pub type Key = [u8; 32];
const NUM_NIBBLES: usize = 64;

enum Value {
    Input(&'static [u8]),
    Changed(Box<[u8]>),
}

enum Node {
    Leaf {
        key: Key,
        value: Value,
    },
    /// Ends before nibble `end` of the key; leads to a branch.
    Extension {
        key: Key,
        end: usize,
        child: Link,
    },
    Branch([Link; 16]),
}

struct Slot {
    node: Node,
    /// Where the reference to this node stands in the input, while it is unchanged; `EMPTY` after a change.
    origin: Link,
    /// Where a branch with sixteen hashes stood in the input when it was read; `EMPTY` for every other node.
    full_branch: Link,
}

/// All tries of a block.
pub struct Tries {
    parser: Parser,
    witness: Index,
    nodes: Vec<Slot>,
}

fn nibble(key: &Key, at: usize) -> usize {
    let byte = key[at / 2];
    usize::from(if at.is_multiple_of(2) { byte >> 4 } else { byte & 15 })
}

fn set_nibble(key: &mut Key, at: usize, value: u8) {
    let byte = &mut key[at / 2];
    *byte = if at.is_multiple_of(2) { *byte & 15 | value << 4 } else { *byte & 0xf0 | value };
}

/// The first nibble from `from` on, before `end`, in which two keys differ; `end` when there is none.
fn first_difference(left: &Key, right: &Key, from: usize, end: usize) -> usize {
    (from..end).find(|&at| nibble(left, at) != nibble(right, at)).unwrap_or(end)
}

/// The key that begins like `key` and goes on with `path` after `depth` nibbles.
fn extended(key: &Key, depth: usize, path: Path) -> Key {
    let mut whole = *key;
    let mut at = depth;
    if let Some(first) = path.first {
        set_nibble(&mut whole, at, first);
        at += 1;
    }
    if at.is_multiple_of(2) {
        whole[at / 2..at / 2 + path.bytes.len()].copy_from_slice(path.bytes);
        return whole;
    }
    for byte in path.bytes {
        set_nibble(&mut whole, at, byte >> 4);
        set_nibble(&mut whole, at + 1, byte & 15);
        at += 2;
    }
    whole
}

impl Tries {
    /// Tries whose nodes are those of the index.
    pub fn new(input: &'static [u8], witness: Index) -> Self {
        let unused = Slot { node: Node::Branch([EMPTY; 16]), origin: EMPTY, full_branch: EMPTY }; // number 0 means "no child"
        let mut nodes = Vec::with_capacity(2 * witness.len() + 64);
        nodes.push(unused);
        Self { parser: Parser { input }, witness, nodes }
    }

    /// The root of a trie, from its RLP item in the input.
    pub fn root_at(&self, item: &'static [u8]) -> Link {
        if item[1..] == EMPTY_ROOT { EMPTY } else { self.parser.place(item) }
    }

    fn push(&mut self, node: Node, origin: Link) -> Link {
        self.nodes.push(Slot { node, origin, full_branch: EMPTY });
        (self.nodes.len() - 1) as Link
    }

    fn slot(&mut self, link: Link) -> &mut Slot {
        &mut self.nodes[link as usize]
    }

    fn touch(&mut self, link: Link) -> Link {
        self.slot(link).origin = EMPTY;
        link
    }

    /// Follows a reference to a node below the first `depth` nibbles of `key`.
    fn seen(&mut self, link: Link, key: &Key, depth: usize) -> Judged<Link> {
        if link & UNSEEN == 0 {
            return Ok(link);
        }
        let reference = self.parser.reference(link);
        let data = match reference.strip_prefix(&[0xa0]) {
            Some(hash) => self.witness.find(hash).ok_or(Reason::MissingNode)?,
            None => reference,
        };
        let node = match self.parser.parse(data).map_err(|_| Reason::MalformedNode)? {
            Parsed::Branch(children) if depth < NUM_NIBBLES => Node::Branch(children),
            Parsed::Leaf { path, value } if depth + path.len() == NUM_NIBBLES => {
                Node::Leaf { key: extended(key, depth, path), value: Value::Input(value) }
            }
            Parsed::Extension { path, child } if depth + path.len() < NUM_NIBBLES => {
                Node::Extension { key: extended(key, depth, path), end: depth + path.len(), child }
            }
            _ => return Err(Reason::MalformedNode),
        };
        let is_full = data.len() == FULL_BRANCH_BYTES && matches!(node, Node::Branch(_));
        let number = self.push(node, link);
        if is_full {
            self.slot(number).full_branch = self.parser.place(data);
        }
        Ok(number)
    }

    fn is_branch(&self, link: Link) -> bool {
        matches!(self.nodes[link as usize].node, Node::Branch(_))
    }

    /// The branch that an extension leads to.
    fn branch_below(&mut self, extension: Link, key: &Key) -> Judged<Link> {
        let Node::Extension { end, child, .. } = self.slot(extension).node else {
            return Err(Reason::MalformedNode);
        };
        let branch = self.seen(child, key, end)?;
        if !self.is_branch(branch) {
            return Err(Reason::MalformedNode);
        }
        if let Node::Extension { child, .. } = &mut self.slot(extension).node {
            *child = branch;
        }
        Ok(branch)
    }

    /// The value of a key in a trie that was not changed, or `None` when the trie proves that there is none.
    pub fn get(&mut self, root: &mut Link, key: &Key) -> Judged<Option<&'static [u8]>> {
        *root = self.seen(*root, key, 0)?;
        let (mut link, mut depth) = (*root, 0);
        while link != EMPTY {
            match &self.slot(link).node {
                Node::Leaf { key: found, value: Value::Input(value) } => {
                    return Ok(if found == key { Some(value) } else { None });
                }
                Node::Leaf { .. } => return Err(Reason::MalformedNode),
                Node::Extension { key: path, end, .. } => {
                    let end = *end;
                    if first_difference(path, key, depth, end) < end {
                        return Ok(None);
                    }
                    link = self.branch_below(link, key)?;
                    depth = end;
                }
                Node::Branch(children) => {
                    let digit = nibble(key, depth);
                    let child = children[digit];
                    depth += 1;
                    let next = self.seen(child, key, depth)?;
                    if next != child
                        && let Node::Branch(children) = &mut self.slot(link).node
                    {
                        children[digit] = next;
                    }
                    link = next;
                }
            }
        }
        Ok(None)
    }

    /// Inserts or changes the value of a key.
    pub fn set(&mut self, root: &mut Link, key: &Key, value: Vec<u8>) -> Judged<()> {
        *root = self.insert(*root, key, 0, Value::Changed(value.into_boxed_slice()))?;
        Ok(())
    }

    fn insert(&mut self, link: Link, key: &Key, depth: usize, value: Value) -> Judged<Link> {
        if link == EMPTY {
            return Ok(self.push(Node::Leaf { key: *key, value }, EMPTY));
        }
        let link = self.seen(link, key, depth)?;
        match &mut self.slot(link).node {
            Node::Leaf { key: found, value: old } if found == key => *old = value,
            Node::Leaf { key: found, .. } => {
                let found = *found;
                let at = first_difference(&found, key, depth, NUM_NIBBLES);
                return Ok(self.split(link, &found, at, depth, key, value));
            }
            Node::Extension { key: path, end, .. } => {
                let (path, end) = (*path, *end);
                let at = first_difference(&path, key, depth, end);
                if at < end {
                    return Ok(self.split(link, &path, at, depth, key, value));
                }
                let branch = self.branch_below(link, key)?;
                self.insert(branch, key, end, value)?; // a branch stays where it is
            }
            Node::Branch(children) => {
                let digit = nibble(key, depth);
                let child = children[digit];
                let changed = self.insert(child, key, depth + 1, value)?;
                if let Node::Branch(children) = &mut self.slot(link).node {
                    children[digit] = changed;
                }
            }
        }
        Ok(self.touch(link))
    }

    /// A branch at nibble `at` for a leaf or extension (with key `path`) and a new leaf, under an extension if they
    /// share nibbles from `depth` on.
    fn split(&mut self, link: Link, path: &Key, at: usize, depth: usize, key: &Key, value: Value) -> Link {
        let old = match self.slot(link).node {
            Node::Extension { end, child, .. } if end == at + 1 => child,
            _ => self.touch(link),
        };
        let mut children = [EMPTY; 16];
        children[nibble(path, at)] = old;
        children[nibble(key, at)] = self.push(Node::Leaf { key: *key, value }, EMPTY);
        let branch = self.push(Node::Branch(children), EMPTY);
        if at == depth {
            return branch;
        }
        self.push(Node::Extension { key: *key, end: at, child: branch }, EMPTY)
    }

    /// Removes a key that is in the trie.
    pub fn remove(&mut self, root: &mut Link, key: &Key) -> Judged<()> {
        *root = self.removed(*root, key, 0)?;
        Ok(())
    }

    /// What is left of a subtree without `key`, which is in it.
    fn removed(&mut self, link: Link, key: &Key, depth: usize) -> Judged<Link> {
        let link = self.seen(link, key, depth)?;
        match &self.slot(link).node {
            Node::Leaf { .. } => Ok(EMPTY),
            Node::Extension { key: path, end, .. } => {
                let (path, end) = (*path, *end);
                let branch = self.branch_below(link, key)?;
                let rest = self.removed(branch, key, end)?;
                self.joined(&path, end, rest)
            }
            Node::Branch(children) => {
                let (digit, mut children) = (nibble(key, depth), *children);
                children[digit] = self.removed(children[digit], key, depth + 1)?;
                let mut kept = (0..16).filter(|&digit| children[digit] != EMPTY);
                if let (Some(only), None) = (kept.next(), kept.next()) {
                    let mut path = *key;
                    set_nibble(&mut path, depth, only as u8);
                    return self.joined(&path, depth + 1, children[only]);
                }
                self.slot(link).node = Node::Branch(children);
                Ok(self.touch(link))
            }
        }
    }

    /// What stands for `child` below the first `end` nibbles of `path` when nothing else is there.
    fn joined(&mut self, path: &Key, end: usize, child: Link) -> Judged<Link> {
        if child == EMPTY {
            return Err(Reason::MalformedNode);
        }
        let child = self.seen(child, path, end)?;
        if self.is_branch(child) {
            return Ok(self.push(Node::Extension { key: *path, end, child }, EMPTY));
        }
        Ok(self.touch(child)) // its path begins earlier now
    }

    /// The root hash.
    pub fn root(&self, root: Link) -> Digest {
        let mut reference = Vec::with_capacity(1024);
        if root == EMPTY {
            return EMPTY_ROOT;
        }
        if root & UNSEEN != 0 || self.nodes[root as usize].origin != EMPTY {
            self.push_reference(&mut reference, root, 0);
            return reference[1..].try_into().unwrap_or(EMPTY_ROOT); // the root's item holds a hash
        }
        let begin = self.push_node(&mut reference, root, 0);
        keccak256(&reference[begin..])
    }

    /// Appends what the parent of a node at `depth` holds.
    fn push_reference(&self, out: &mut Vec<u8>, link: Link, depth: usize) {
        if link == EMPTY {
            out.push(0x80);
            return;
        }
        let origin = if link & UNSEEN != 0 { link } else { self.nodes[link as usize].origin };
        if origin != EMPTY {
            match <&[u8; 33]>::try_from(self.parser.reference(origin)) {
                Ok(hash) => out.extend_from_slice(hash), // of known length: copied without a call
                Err(_) => out.extend_from_slice(self.parser.reference(origin)),
            }
            return;
        }
        let before = out.len();
        let begin = self.push_node(out, link, depth);
        let length = out.len() - begin;
        if length < 32 {
            out.copy_within(begin.., before);
            out.truncate(before + length);
            return;
        }
        let digest = keccak256(&out[begin..]);
        out.truncate(before);
        out.push(0xa0);
        out.extend_from_slice(&digest);
    }

    /// Appends a branch as it stood in the input, with the changed hashes put in their places. Appends nothing and
    /// returns false when a child is not a hash any more.
    fn push_full_branch(&self, out: &mut Vec<u8>, full: Link, children: &[Link; 16], depth: usize) -> bool {
        let begin = out.len();
        out.extend_from_slice(self.parser.full_branch_at(full));
        let end = out.len();
        for (index, &child) in children.iter().enumerate() {
            let at = 3 + 33 * index;
            let place = full + at as Link;
            if child == place || (child & UNSEEN == 0 && self.nodes[child as usize].origin == place) {
                continue;
            }
            self.push_reference(out, child, depth + 1);
            if out.len() != end + 33 {
                out.truncate(begin);
                return false;
            }
            out.copy_within(end.., begin + at);
            out.truncate(end);
        }
        true
    }

    /// Appends room for a prefix and the encoding of a changed node; returns where the encoding begins.
    fn push_node(&self, out: &mut Vec<u8>, link: Link, depth: usize) -> usize {
        const ROOM: usize = 9; // the longest prefix of a list
        let before = out.len();
        out.extend_from_slice(&[0; ROOM]);
        match &self.nodes[link as usize].node {
            Node::Leaf { key, value } => {
                push_path(out, key, depth, NUM_NIBBLES, true);
                let bytes: &[u8] = match value {
                    Value::Input(bytes) => bytes,
                    Value::Changed(bytes) => bytes,
                };
                crate::rlp::push_bytes(out, bytes);
            }
            Node::Extension { key, end, child } => {
                push_path(out, key, depth, *end, false);
                self.push_reference(out, *child, *end);
            }
            Node::Branch(children) => {
                let full = self.nodes[link as usize].full_branch;
                if full != EMPTY && self.push_full_branch(out, full, children, depth) {
                    return before + ROOM;
                }
                children.iter().for_each(|&child| self.push_reference(out, child, depth + 1));
                out.push(0x80);
            }
        }
        let mut prefix = Vec::with_capacity(ROOM);
        crate::rlp::push_list_prefix(&mut prefix, out.len() - before - ROOM);
        let begin = before + ROOM - prefix.len();
        out[begin..before + ROOM].copy_from_slice(&prefix);
        begin
    }
}

/// Appends nibbles `from` to `end` of a key, hex-prefix encoded.
fn push_path(out: &mut Vec<u8>, key: &Key, from: usize, end: usize, is_leaf: bool) {
    let flag = if is_leaf { 0x20 } else { 0 };
    let mut path = [0; 33];
    let count = end - from;
    let mut at = from;
    path[0] = flag;
    if count % 2 == 1 {
        path[0] = flag | 0x10 | nibble(key, at) as u8;
        at += 1;
    }
    let bytes = &mut path[1..=count / 2];
    if at.is_multiple_of(2) {
        bytes.copy_from_slice(&key[at / 2..end / 2]);
    } else {
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = (nibble(key, at + 2 * index) << 4 | nibble(key, at + 2 * index + 1)) as u8;
        }
    }
    crate::rlp::push_bytes(out, &path[..=count / 2]);
}
