//! The BLAKE2b suite on eight messages at a time: digests of 33 bytes with a 16-byte `person` field.
//!
//! Each of the sixteen state words is a register of eight lanes, or a single word for one message. Source: RFC 7693.

use rayon::prelude::*;

use crate::lanes::Lanes;
use crate::tiles::for_each_tile;

/// Messages hashed at a time.
pub const LANES: usize = 8;
/// Bytes of a digest.
pub const DIGEST: usize = 33;
const BLOCK_WORDS: usize = 16;
const ELEMENTS_PER_BLOCK: usize = 32;
/// Packs handled by one task.
const PACKS_PER_TASK: usize = 16;

/// A `person` field.
pub type Person = [u8; 16];
/// A pack of digests; of the last word only the lowest byte belongs to them.
pub type Digests = [[u64; LANES]; 5];
/// The words of a block of each message.
pub type Block = [Lanes; BLOCK_WORDS];

/// A word of the state: of one message, or of each of several.
pub trait Word: Copy {
    /// The same word in every lane.
    fn splat(word: u64) -> Self;
    /// Sums modulo `2^64`.
    fn add(self, other: Self) -> Self;
    /// Exclusive or.
    fn xor(self, other: Self) -> Self;
    /// Rotates every word.
    fn rotate_right<const BITS: i32>(self) -> Self;
}

impl Word for Lanes {
    #[inline(always)]
    fn splat(word: u64) -> Self {
        Self::splat(word)
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.add(other)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self.xor(other)
    }

    #[inline(always)]
    fn rotate_right<const BITS: i32>(self) -> Self {
        self.rotate_right::<BITS>()
    }
}

impl Word for u64 {
    #[inline(always)]
    fn splat(word: u64) -> Self {
        word
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self ^ other
    }

    #[inline(always)]
    fn rotate_right<const BITS: i32>(self) -> Self {
        self.rotate_right(BITS.unsigned_abs())
    }
}

const INITIAL: [u64; 8] = [
    0x6A09_E667_F3BC_C908,
    0xBB67_AE85_84CA_A73B,
    0x3C6E_F372_FE94_F82B,
    0xA54F_F53A_5F1D_36F1,
    0x510E_527F_ADE6_82D1,
    0x9B05_688C_2B3E_6C1F,
    0x1F83_D9AB_FB41_BD6B,
    0x5BE0_CD19_137E_2179,
];

const SCHEDULE: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

#[inline(always)]
fn mix<W: Word>(v: &mut [W; BLOCK_WORDS], [a, b, c, d]: [usize; 4], x: W, y: W) {
    v[a] = v[a].add(v[b]).add(x);
    v[d] = v[d].xor(v[a]).rotate_right::<32>();
    v[c] = v[c].add(v[d]);
    v[b] = v[b].xor(v[c]).rotate_right::<24>();
    v[a] = v[a].add(v[b]).add(y);
    v[d] = v[d].xor(v[a]).rotate_right::<16>();
    v[c] = v[c].add(v[d]);
    v[b] = v[b].xor(v[c]).rotate_right::<63>();
}

/// One round; the round number is a constant so that every message word has a fixed place.
#[inline(always)]
fn round<const ROUND: usize, W: Word>(v: &mut [W; BLOCK_WORDS], message: &[W; BLOCK_WORDS]) {
    let s = const { SCHEDULE[ROUND % 10] };
    mix(v, [0, 4, 8, 12], message[s[0]], message[s[1]]);
    mix(v, [1, 5, 9, 13], message[s[2]], message[s[3]]);
    mix(v, [2, 6, 10, 14], message[s[4]], message[s[5]]);
    mix(v, [3, 7, 11, 15], message[s[6]], message[s[7]]);
    mix(v, [0, 5, 10, 15], message[s[8]], message[s[9]]);
    mix(v, [1, 6, 11, 12], message[s[10]], message[s[11]]);
    mix(v, [2, 7, 8, 13], message[s[12]], message[s[13]]);
    mix(v, [3, 4, 9, 14], message[s[14]], message[s[15]]);
}

/// The state before the first block.
#[inline]
#[must_use]
pub fn start<W: Word>(person: &Person) -> [W; 8] {
    let (low, high) = person.split_at(8);
    let mut words = INITIAL;
    words[0] ^= 0x0101_0000 ^ DIGEST as u64;
    words[6] ^= u64::from_le_bytes(low.try_into().expect("8 bytes"));
    words[7] ^= u64::from_le_bytes(high.try_into().expect("8 bytes"));
    words.map(W::splat)
}

/// One compression; `num_bytes` counts what was hashed up to the end of this block.
#[inline]
pub fn compress<W: Word>(
    state: &mut [W; 8],
    message: &[W; BLOCK_WORDS],
    num_bytes: u64,
    is_last: bool,
) {
    let mut v: [W; BLOCK_WORDS] = core::array::from_fn(|i| {
        if i < 8 {
            state[i]
        } else {
            W::splat(INITIAL[i - 8])
        }
    });
    v[12] = v[12].xor(W::splat(num_bytes));
    if is_last {
        v[14] = v[14].xor(W::splat(u64::MAX));
    }
    round::<0, _>(&mut v, message);
    round::<1, _>(&mut v, message);
    round::<2, _>(&mut v, message);
    round::<3, _>(&mut v, message);
    round::<4, _>(&mut v, message);
    round::<5, _>(&mut v, message);
    round::<6, _>(&mut v, message);
    round::<7, _>(&mut v, message);
    round::<8, _>(&mut v, message);
    round::<9, _>(&mut v, message);
    round::<10, _>(&mut v, message);
    round::<11, _>(&mut v, message);
    for (i, word) in state.iter_mut().enumerate() {
        *word = word.xor(v[i]).xor(v[i + 8]);
    }
}

/// Hashes messages of at most one block, given as zero-padded words.
#[inline]
#[must_use]
pub fn hash_block(start: &[Lanes; 8], message: &Block, num_bytes: u64) -> Digests {
    let mut state = *start;
    compress(&mut state, message, num_bytes, true);
    core::array::from_fn(|i| state[i].to_array())
}

/// Hashes one message.
#[must_use]
pub fn hash_bytes(person: &Person, message: &[u8]) -> [u8; DIGEST] {
    let mut state: [u64; 8] = start(person);
    let mut blocks = message.chunks(8 * BLOCK_WORDS);
    let mut block = blocks.next().unwrap_or(&[]);
    let mut num_bytes = 0;
    loop {
        let next = blocks.next();
        num_bytes += block.len() as u64;
        let mut bytes = [0; 8 * BLOCK_WORDS];
        bytes[..block.len()].copy_from_slice(block);
        let (words, _) = bytes.as_chunks();
        let words = core::array::from_fn(|i| u64::from_le_bytes(words[i]));
        compress(&mut state, &words, num_bytes, next.is_none());
        match next {
            Some(following) => block = following,
            None => break,
        }
    }
    let mut digest = [0; DIGEST];
    for (bytes, word) in digest.chunks_mut(8).zip(state) {
        bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
    }
    digest
}

/// Hashes `LANES` messages of `num_elements` words of 4 bytes; `fill(element)` yields that word of every message.
#[inline]
pub(crate) fn hash_elements(
    start: &[Lanes; 8],
    num_elements: usize,
    mut fill: impl FnMut(usize) -> [u32; LANES],
) -> Digests {
    let mut state = *start;
    let mut first = 0;
    loop {
        let count = ELEMENTS_PER_BLOCK.min(num_elements - first);
        let mut message = [Lanes::splat(0); BLOCK_WORDS];
        for (pair, word) in message[..count.div_ceil(2)].iter_mut().enumerate() {
            let low = fill(first + 2 * pair);
            let high = if 2 * pair + 1 < count {
                fill(first + 2 * pair + 1)
            } else {
                [0; LANES]
            };
            *word = Lanes::from_halves(low, high);
        }
        let is_last = first + count == num_elements;
        compress(&mut state, &message, 4 * (first + count) as u64, is_last);
        if is_last {
            return core::array::from_fn(|i| state[i].to_array());
        }
        first += count;
    }
}

/// Writes a pack of digests as rows of bytes; `rows` may end early.
pub(crate) fn store_digests(digests: &Digests, rows: &mut [u8]) {
    for (lane, row) in rows.chunks_exact_mut(DIGEST).enumerate() {
        for (word, bytes) in digests.iter().zip(row[..32].chunks_exact_mut(8)) {
            bytes.copy_from_slice(&word[lane].to_le_bytes());
        }
        row[32] = digests[4][lane] as u8;
    }
}

/// Hashes rows of `num_columns` canonical words into rows of `DIGEST` bytes.
pub fn hash_rows(matrix: &[u32], num_columns: usize, person: &Person, digests: &mut [u8]) {
    let start = start(person);
    digests
        .par_chunks_mut(DIGEST * LANES)
        .zip(matrix.par_chunks(num_columns * LANES))
        .for_each(|(digests, rows)| {
            let fill = |element: usize| {
                core::array::from_fn(|lane| {
                    rows.get(lane * num_columns + element).copied().unwrap_or(0)
                })
            };
            store_digests(&hash_elements(&start, num_columns, fill), digests);
        });
}

/// Hashes leaves whose element `e` is `words[offsets[e] + t]` for leaf `t`; one row of `digests` for each leaf.
pub fn hash_columns(words: &[u32], offsets: &[usize], person: &Person, digests: &mut [u8]) {
    let start = start(person);
    for_each_tile(words, offsets, DIGEST, digests, |tile, digests| {
        for (pack, digests) in digests.chunks_mut(DIGEST * LANES).enumerate() {
            let fill = |element: usize| {
                let column = tile.column(element, pack * LANES);
                match column.first_chunk::<LANES>() {
                    Some(full) => *full,
                    None => core::array::from_fn(|lane| column.get(lane).copied().unwrap_or(0)),
                }
            };
            store_digests(&hash_elements(&start, offsets.len(), fill), digests);
        }
    });
}

/// The words of a digest; the last one is a single byte.
#[inline(always)]
fn digest_words(row: &[u8; DIGEST]) -> [u64; 5] {
    core::array::from_fn(|i| match row[8 * i..].first_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => u64::from(row[8 * i]),
    })
}

/// The bytes of two digests, one after the other, as zero-padded words: the right one starts at byte 33.
#[inline(always)]
pub(crate) fn pair_message<'a>(
    pairs: impl Iterator<Item = (&'a [u8; DIGEST], &'a [u8; DIGEST])>,
) -> Block {
    let mut words = [[0; LANES]; 9];
    for (lane, (left, right)) in pairs.take(LANES).enumerate() {
        let (left, right) = (digest_words(left), digest_words(right));
        for i in 0..4 {
            words[i][lane] = left[i];
            words[4 + i][lane] |= right[i] << 8;
            words[5 + i][lane] = right[i] >> 56;
        }
        words[4][lane] |= left[4];
        words[8][lane] |= right[4] << 8;
    }
    let mut message = [Lanes::splat(0); BLOCK_WORDS];
    for (lanes, word) in message.iter_mut().zip(words) {
        *lanes = Lanes::from_array(word);
    }
    message
}

/// Compresses row `t` of `left` with row `t` of `right` into row `t` of `parents`.
pub fn compress_rows(left: &[u8], right: &[u8], person: &Person, parents: &mut [u8]) {
    let start = start(person);
    let pack = DIGEST * LANES;
    let task = pack * PACKS_PER_TASK;
    parents
        .par_chunks_mut(task)
        .zip(left.par_chunks(task).zip(right.par_chunks(task)))
        .for_each(|(parents, (left, right))| {
            for ((parents, left), right) in parents
                .chunks_mut(pack)
                .zip(left.chunks(pack))
                .zip(right.chunks(pack))
            {
                let (left, right) = (left.as_chunks().0, right.as_chunks().0);
                let message = pair_message(left.iter().zip(right));
                store_digests(&hash_block(&start, &message, 2 * DIGEST as u64), parents);
            }
        });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `hashlib.blake2b(bytes(range(252)), digest_size=33, person=b"hstar leaf\0\0\0\0\0\0")`, the words of 4 bytes of a
    /// row that fills almost two blocks.
    const EXPECTED: &str = "1452d993d7b342cd1d310fe71372352f8566cb1c1f3e514ee1c0bbba8398f4cfc8";

    #[test]
    fn known_answer_in_every_lane() {
        let row: Vec<u32> = (0..63u32)
            .map(|i| u32::from_le_bytes([4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3].map(|x| x as u8)))
            .collect();
        let matrix: Vec<u32> = row.iter().copied().cycle().take(63 * 11).collect();
        let mut digests = [0; 11 * DIGEST];
        hash_rows(&matrix, 63, b"hstar leaf\0\0\0\0\0\0", &mut digests);
        for digest in digests.chunks(DIGEST) {
            let text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(text, EXPECTED);
        }
        let bytes: Vec<u8> = row.iter().flat_map(|word| word.to_le_bytes()).collect();
        let single = hash_bytes(b"hstar leaf\0\0\0\0\0\0", &bytes);
        assert_eq!(single, digests[..DIGEST]);
    }
}
