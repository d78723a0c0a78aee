//! Opening a Merkle tree at some positions: the leaves, eight at a time, and level by level up to the root.

use super::program::Tree;
use crate::blake2b::{self, DIGEST, LANES, Person};

/// An opening in a proof: its leaves and nodes as they stand there.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// Rows of leaf words, little-endian, in increasing order of their index.
    pub leaves: &'a [u8],
    /// Digests that complete the paths, level by level.
    pub nodes: &'a [u8],
}

/// What opening a tree found.
pub enum Opened {
    /// There are other leaves or nodes than the positions ask for.
    WrongSize,
    /// The paths lead elsewhere.
    WrongRoot,
    /// The indices of the leaves; the opening is good.
    Leaves(Vec<u32>),
}

/// Checks the opening of the leaves that hold some rows.
#[must_use]
pub fn open(
    tree: &Tree,
    opening: Opening<'_>,
    positions: &[u32],
    [leaf_person, node_person]: [&Person; 2],
    root: &[u8; DIGEST],
) -> Opened {
    let mut indices: Vec<u32> = positions
        .iter()
        .map(|position| position >> tree.log_rows_per_leaf)
        .collect();
    indices.sort_unstable();
    indices.dedup();
    let num_nodes = count_nodes(&indices, tree.depth());
    if opening.leaves.len() != 4 * tree.leaf_width() * indices.len()
        || opening.nodes.len() != DIGEST * num_nodes
    {
        return Opened::WrongSize;
    }
    let mut digests = hash_leaves(tree, opening.leaves, indices.len(), leaf_person);
    let (mut level, mut nodes) = (indices.clone(), opening.nodes.as_chunks().0);
    for _ in 0..tree.depth() {
        nodes = climb(&mut level, &mut digests, nodes, node_person);
    }
    if digests == [*root] {
        Opened::Leaves(indices)
    } else {
        Opened::WrongRoot
    }
}

/// How many nodes the leaves do not determine.
fn count_nodes(indices: &[u32], depth: u32) -> usize {
    let (mut level, mut count) = (indices.to_vec(), 0);
    for _ in 0..depth {
        let before = level.len();
        let mut pairs = 0;
        for pair in level.windows(2) {
            pairs += usize::from(pair[0] >> 1 == pair[1] >> 1);
        }
        count += before - 2 * pairs;
        level.iter_mut().for_each(|index| *index >>= 1);
        level.dedup();
    }
    count
}

fn hash_leaves(tree: &Tree, leaves: &[u8], count: usize, person: &Person) -> Vec<[u8; DIGEST]> {
    let start = blake2b::start(person);
    let (width, words) = (tree.leaf_width(), leaves.as_chunks::<4>().0);
    let mut digests = vec![[0; DIGEST]; count];
    for (pack, digests) in digests.chunks_mut(LANES).enumerate() {
        let fill = |element: usize| {
            core::array::from_fn(|lane| {
                words
                    .get((pack * LANES + lane) * width + element)
                    .map_or(0, |word| u32::from_le_bytes(*word))
            })
        };
        let hashed = blake2b::hash_elements(&start, width, fill);
        blake2b::store_digests(&hashed, digests.as_flattened_mut());
    }
    digests
}

/// A node, and where its children stand: among the digests, or among the nodes that were sent.
struct Parent {
    index: u32,
    own: usize,
    sibling: Sibling,
}

enum Sibling {
    Known(usize),
    Sent(usize),
}

/// Replaces a level by the next one; returns the nodes that are left.
fn climb<'a>(
    level: &mut Vec<u32>,
    digests: &mut Vec<[u8; DIGEST]>,
    nodes: &'a [[u8; DIGEST]],
    person: &Person,
) -> &'a [[u8; DIGEST]] {
    let (mut parents, mut place, mut sent) = (Vec::with_capacity(level.len()), 0, 0);
    while place < level.len() {
        let (index, own) = (level[place], place);
        place += 1;
        let sibling = if index & 1 == 0 && level.get(place) == Some(&(index + 1)) {
            place += 1;
            Sibling::Known(place - 1)
        } else {
            sent += 1;
            Sibling::Sent(sent - 1)
        };
        parents.push(Parent {
            index,
            own,
            sibling,
        });
    }
    let start = blake2b::start(person);
    let mut next = vec![[0; DIGEST]; parents.len()];
    for (parents, next) in parents.chunks(LANES).zip(next.chunks_mut(LANES)) {
        let pairs = parents.iter().map(|parent| {
            let own = &digests[parent.own];
            let sibling = match parent.sibling {
                Sibling::Known(place) => &digests[place],
                Sibling::Sent(place) => &nodes[place],
            };
            if parent.index & 1 == 0 {
                (own, sibling)
            } else {
                (sibling, own)
            }
        });
        let message = blake2b::pair_message(pairs);
        let hashed = blake2b::hash_block(&start, &message, 2 * DIGEST as u64);
        blake2b::store_digests(&hashed, next.as_flattened_mut());
    }
    *digests = next;
    level.iter_mut().for_each(|index| *index >>= 1);
    level.dedup();
    &nodes[sent..]
}
