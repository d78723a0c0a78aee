//! Leaves whose elements lie in columns far apart, brought together a few dozen leaves at a time.
//!
//! The columns of a codeword start a power of two apart, so the words of one leaf compete for the same few cache lines
//! and lie on as many pages as there are columns. Copying runs of several lines from every column into a block that
//! fits the innermost cache costs a few percent of hashing; reading the columns in place cost three times as much.

use rayon::prelude::*;

/// Words of a tile at most, if that leaves `MIN_LEAVES`.
const MAX_WORDS: usize = 1 << 13;
const MAX_LEAVES: usize = 128;
const MIN_LEAVES: usize = 16;

/// Some leaves: element `e` of leaf `t` is `words[e * num_leaves + t]`.
pub struct Tile<'a> {
    words: &'a [u32],
    num_leaves: usize,
}

impl Tile<'_> {
    /// Element `element` of the leaves from `leaf` on.
    #[inline(always)]
    pub fn column(&self, element: usize, leaf: usize) -> &[u32] {
        &self.words[element * self.num_leaves + leaf..(element + 1) * self.num_leaves]
    }
}

/// Calls `hash(tile, digests)` for all leaves, whose element `e` is `words[offsets[e] + t]` for leaf `t`.
///
/// `digests` has `digest_len` items for each leaf; a call gets those of its tile.
pub fn for_each_tile<T: Send>(
    words: &[u32],
    offsets: &[usize],
    digest_len: usize,
    digests: &mut [T],
    hash: impl Fn(&Tile<'_>, &mut [T]) + Sync,
) {
    let per_tile =
        (MAX_WORDS / offsets.len().max(1) / MIN_LEAVES * MIN_LEAVES).clamp(MIN_LEAVES, MAX_LEAVES);
    digests
        .par_chunks_mut(digest_len * per_tile)
        .enumerate()
        .for_each_init(Vec::new, |buffer, (index, digests)| {
            let num_leaves = digests.len() / digest_len;
            let first = index * per_tile;
            buffer.clear();
            for &offset in offsets {
                buffer.extend_from_slice(&words[offset + first..offset + first + num_leaves]);
            }
            hash(
                &Tile {
                    words: buffer,
                    num_leaves,
                },
                digests,
            );
        });
}
