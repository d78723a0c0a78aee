//! SSZ hash-tree root of a payload request.
//!
//! Sources: consensus-specs ssz/simple-serialize.md; EIP-7495 and EIP-7916 (progressive containers and lists).
use crate::crypto::{Digest, sha256_pair};
use crate::ssz::{Payload, REQUEST_BYTES, Request, Strings, WITHDRAWAL_BYTES};
use alloc::vec::Vec;

const ZERO: Digest = [0; 32];
const WITHDRAWAL_FIELDS: &[usize] = &[8, 8, 20, 8];
const REQUEST_FIELDS: [&[usize]; 5] = [&[48, 32, 8, 96, 8], &[20, 48, 8], &[20, 48, 48], &[48, 32, 8, 96], &[20, 48]];

fn u64_leaf(value: u64) -> Digest {
    let mut leaf = ZERO;
    leaf[..8].copy_from_slice(&value.to_le_bytes());
    leaf
}

fn padded(bytes: &[u8]) -> Digest {
    let mut leaf = ZERO;
    leaf[..bytes.len()].copy_from_slice(bytes);
    leaf
}

/// The leaves of a byte string.
fn chunks(bytes: &[u8]) -> Vec<Digest> {
    bytes.chunks(32).map(padded).collect()
}

/// Hashes values; keeps the roots of all-zero trees by depth, made when they are needed.
struct Merkle {
    zeros: Vec<Digest>,
}

impl Merkle {
    fn zero(&mut self, depth: usize) -> Digest {
        while self.zeros.len() <= depth {
            let last = self.zeros[self.zeros.len() - 1];
            self.zeros.push(sha256_pair(&last, &last));
        }
        self.zeros[depth]
    }

    /// Root of a tree with 2^depth leaves, of which the given ones come first; overwrites them.
    fn tree(&mut self, leaves: &mut [Digest], depth: usize) -> Digest {
        let mut count = leaves.len();
        if count == 0 {
            return self.zero(depth);
        }
        for level in 0..depth {
            let half = count.div_ceil(2);
            for index in 0..half {
                let right = if 2 * index + 1 < count { leaves[2 * index + 1] } else { self.zero(level) };
                leaves[index] = sha256_pair(&leaves[2 * index], &right);
            }
            count = half;
        }
        leaves[0]
    }

    /// Root of the smallest tree that holds the leaves.
    fn full_tree(&mut self, leaves: &mut [Digest]) -> Digest {
        self.tree(leaves, leaves.len().next_power_of_two().trailing_zeros() as usize)
    }

    /// Root of a progressive tree: subtrees of 1, 4, 16, ... leaves.
    fn progressive(&mut self, leaves: &mut [Digest]) -> Digest {
        let mut subtrees = Vec::new();
        let (mut rest, mut depth) = (leaves, 0);
        while !rest.is_empty() {
            let (these, others) = rest.split_at_mut(rest.len().min(1 << depth));
            subtrees.push(self.tree(these, depth));
            (rest, depth) = (others, depth + 2);
        }
        subtrees.iter().rev().fold(ZERO, |below, subtree| sha256_pair(subtree, &below))
    }

    /// Root of a progressive list from the roots of its elements, or from its packed bytes.
    fn list(&mut self, mut leaves: Vec<Digest>, length: usize) -> Digest {
        sha256_pair(&self.progressive(&mut leaves), &u64_leaf(length as u64))
    }

    fn byte_list(&mut self, bytes: &[u8]) -> Digest {
        self.list(chunks(bytes), bytes.len())
    }

    /// Root of a record of fixed-size fields of the given widths.
    fn record(&mut self, record: &[u8], widths: &[usize]) -> Digest {
        let mut leaves = Vec::with_capacity(8);
        let mut rest = record;
        for width in widths {
            let (field, others) = rest.split_at(*width);
            leaves.push(self.full_tree(&mut chunks(field)));
            rest = others;
        }
        self.full_tree(&mut leaves)
    }

    fn records(&mut self, data: &[u8], size: usize, widths: &[usize]) -> Digest {
        let leaves: Vec<Digest> = data.chunks_exact(size).map(|record| self.record(record, widths)).collect();
        let count = leaves.len();
        self.list(leaves, count)
    }

    /// Root of a progressive container in which every field is active.
    fn progressive_container(&mut self, mut fields: Vec<Digest>) -> Digest {
        let active = (1u64 << fields.len()) - 1;
        sha256_pair(&self.progressive(&mut fields), &u64_leaf(active))
    }

    fn transactions(&mut self, transactions: &Strings) -> Digest {
        let leaves: Vec<Digest> = transactions.iter().map(|raw| self.byte_list(raw)).collect();
        self.list(leaves, transactions.len())
    }

    fn payload(&mut self, payload: &Payload) -> Digest {
        let extra_data = padded(payload.extra_data); // at most 32 bytes
        let mut fields = alloc::vec![
            *payload.parent_hash,
            padded(payload.fee_recipient),
            *payload.state_root,
            *payload.receipts_root,
            self.full_tree(&mut chunks(payload.logs_bloom)),
            *payload.prev_randao,
            u64_leaf(payload.number),
            u64_leaf(payload.gas_limit),
            u64_leaf(payload.gas_used),
            u64_leaf(payload.timestamp),
            sha256_pair(&extra_data, &u64_leaf(payload.extra_data.len() as u64)),
            *payload.base_fee_per_gas,
            *payload.block_hash,
            self.transactions(&payload.transactions),
            self.records(payload.withdrawals, WITHDRAWAL_BYTES, WITHDRAWAL_FIELDS),
            u64_leaf(payload.blob_gas_used),
            u64_leaf(payload.excess_blob_gas),
        ];
        if let Some(amsterdam) = &payload.amsterdam {
            fields.push(self.byte_list(amsterdam.block_access_list));
            fields.push(u64_leaf(amsterdam.slot_number));
        }
        self.progressive_container(fields)
    }
}

/// The root of the payload request (EIP-8025: a plain container over progressive ones).
pub fn request_root(request: &Request) -> Digest {
    let mut merkle = Merkle { zeros: alloc::vec![ZERO] };
    let num_types = if request.payload.amsterdam.is_some() { 5 } else { 3 };
    let mut lists = Vec::with_capacity(num_types);
    for kind in 0..num_types {
        lists.push(merkle.records(request.execution_requests[kind], REQUEST_BYTES[kind], REQUEST_FIELDS[kind]));
    }
    let hashes = chunks(request.versioned_hashes);
    let num_hashes = hashes.len();
    let mut fields = [
        merkle.payload(&request.payload),
        merkle.list(hashes, num_hashes),
        *request.parent_beacon_block_root,
        merkle.progressive_container(lists),
    ];
    merkle.full_tree(&mut fields)
}
