//! Root of the trie that maps the RLP of 0, 1, 2, ... to values: transactions, withdrawals, receipts.
use crate::crypto::{Digest, keccak256};
use crate::rlp;
use crate::trie::EMPTY_ROOT;
use alloc::vec::Vec;

/// The nibbles of a key: the RLP of an index takes at most 9 bytes.
struct Entry<'a> {
    nibbles: [u8; 18],
    length: usize,
    value: &'a [u8],
}

fn entry(index: usize, value: &[u8]) -> Entry<'_> {
    let mut key = Vec::with_capacity(9);
    rlp::push_u64(&mut key, index as u64);
    let mut nibbles = [0; 18];
    for (at, byte) in key.iter().enumerate() {
        nibbles[2 * at] = byte >> 4;
        nibbles[2 * at + 1] = byte & 15;
    }
    Entry { nibbles, length: 2 * key.len(), value }
}

fn push_path(out: &mut Vec<u8>, nibbles: &[u8], is_leaf: bool) {
    let flag = if is_leaf { 2 } else { 0 };
    let odd = nibbles.len() % 2;
    let mut path = Vec::with_capacity(10);
    path.push(if odd == 1 { (flag + 1) << 4 | nibbles[0] } else { flag << 4 });
    path.extend(nibbles[odd..].chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]));
    rlp::push_bytes(out, &path);
}

/// The node of entries that share their first `depth` nibbles; sorted, at least one.
fn node(entries: &[Entry<'_>], depth: usize) -> Vec<u8> {
    let (first, last) = (&entries[0], &entries[entries.len() - 1]);
    let mut items = Vec::with_capacity(600);
    if entries.len() == 1 {
        push_path(&mut items, &first.nibbles[depth..first.length], true);
        rlp::push_bytes(&mut items, first.value);
        return rlp::wrap(&items);
    }
    let shared = (depth..).take_while(|&at| first.nibbles[at] == last.nibbles[at]).count();
    if shared > 0 {
        push_path(&mut items, &first.nibbles[depth..depth + shared], false);
        push_reference(&mut items, &node(entries, depth + shared));
        return rlp::wrap(&items);
    }
    let mut rest = entries;
    for digit in 0..16 {
        let count = rest.iter().take_while(|entry| entry.nibbles[depth] == digit).count();
        if count == 0 {
            items.push(0x80);
        } else {
            push_reference(&mut items, &node(&rest[..count], depth + 1));
        }
        rest = &rest[count..];
    }
    items.push(0x80);
    rlp::wrap(&items)
}

fn push_reference(out: &mut Vec<u8>, node: &[u8]) {
    if node.len() < 32 {
        out.extend_from_slice(node);
    } else {
        rlp::push_bytes(out, &keccak256(node));
    }
}

/// The root; values are not empty.
pub fn root<'a>(values: impl Iterator<Item = &'a [u8]>) -> Digest {
    let mut entries: Vec<Entry<'a>> = values.enumerate().map(|(index, value)| entry(index, value)).collect();
    if entries.is_empty() {
        return EMPTY_ROOT;
    }
    entries.sort_unstable_by_key(|entry| entry.nibbles);
    keccak256(&node(&entries, 0))
}
