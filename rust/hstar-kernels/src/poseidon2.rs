//! The Poseidon2 suite on packs of `LANES` states: permutation, sponge, compression.

use std::sync::LazyLock;

use p3_field::{PackedValue, PrimeCharacteristicRing};
#[cfg(all(target_arch = "x86_64", target_feature = "avx512bw"))]
use p3_koala_bear::{
    KOALABEAR_POSEIDON2_RC_24_EXTERNAL_FINAL, KOALABEAR_POSEIDON2_RC_24_EXTERNAL_INITIAL,
    KOALABEAR_POSEIDON2_RC_24_INTERNAL, Poseidon2ExternalLayerKoalaBear,
};
#[cfg(not(all(target_arch = "x86_64", target_feature = "avx512bw")))]
use p3_koala_bear::{Poseidon2KoalaBear, default_koalabear_poseidon2_24};
#[cfg(all(target_arch = "x86_64", target_feature = "avx512bw"))]
use p3_poseidon2::{ExternalLayer, ExternalLayerConstants, ExternalLayerConstructor};
#[cfg(not(all(target_arch = "x86_64", target_feature = "avx512bw")))]
use p3_symmetric::Permutation;
use rayon::prelude::*;

#[cfg(all(target_arch = "x86_64", target_feature = "avx512bw"))]
use crate::poseidon2_avx512::partial_rounds;
use crate::tiles::for_each_tile;
use crate::words::{
    Element, FROM_MONTGOMERY, LANES, Packed, TO_MONTGOMERY, as_elements, as_elements_mut, load,
};

/// Lanes of the permutation.
pub const WIDTH: usize = 24;
/// Lanes that take in a message.
pub const RATE: usize = 15;
/// Elements of a digest.
pub const DIGEST: usize = 9;
const RIGHT_LANE: usize = 12;
const LENGTH_LANE: usize = 22;
const TAG_LANE: usize = 23;
/// Packs handled by one task, so that a task takes tens of microseconds.
const PACKS_PER_TASK: usize = 8;

#[cfg(not(all(target_arch = "x86_64", target_feature = "avx512bw")))]
static PERMUTATION: LazyLock<Poseidon2KoalaBear<WIDTH>> =
    LazyLock::new(default_koalabear_poseidon2_24);

/// One permutation on each of `LANES` states, in Montgomery form.
#[inline]
#[cfg(not(all(target_arch = "x86_64", target_feature = "avx512bw")))]
pub fn permute(state: &mut [Packed; WIDTH]) {
    PERMUTATION.permute_mut(state);
}

#[cfg(all(target_arch = "x86_64", target_feature = "avx512bw"))]
static FULL_ROUNDS: LazyLock<Poseidon2ExternalLayerKoalaBear<WIDTH>> = LazyLock::new(|| {
    Poseidon2ExternalLayerKoalaBear::new_from_constants(ExternalLayerConstants::new(
        KOALABEAR_POSEIDON2_RC_24_EXTERNAL_INITIAL.to_vec(),
        KOALABEAR_POSEIDON2_RC_24_EXTERNAL_FINAL.to_vec(),
    ))
});

/// One permutation on each of `LANES` states, in Montgomery form.
#[inline]
#[cfg(all(target_arch = "x86_64", target_feature = "avx512bw"))]
pub fn permute(state: &mut [Packed; WIDTH]) {
    FULL_ROUNDS.permute_state_initial(state);
    partial_rounds(&KOALABEAR_POSEIDON2_RC_24_INTERNAL, state);
    FULL_ROUNDS.permute_state_terminal(state);
}

/// Broadcasts an integer as an element in Montgomery form.
fn constant(value: u32) -> Packed {
    Packed::from(Element::new(value))
}

/// The sponge on `LANES` messages of `num_elements` canonical words each.
///
/// `fill(first, block)` writes the words of elements `first ..` of every message into `block`.
#[inline]
pub fn sponge(
    num_elements: usize,
    tag: u32,
    mut fill: impl FnMut(usize, &mut [Packed]),
) -> [Packed; DIGEST] {
    let mut state = [Packed::ZERO; WIDTH];
    state[LENGTH_LANE] = constant(num_elements as u32);
    state[TAG_LANE] = constant(tag);
    let mut first = 0;
    loop {
        let count = RATE.min(num_elements - first);
        fill(first, &mut state[..count]);
        for lane in &mut state[..count] {
            *lane *= TO_MONTGOMERY;
        }
        state[count..RATE].fill(Packed::ZERO);
        permute(&mut state);
        first += RATE;
        if first >= num_elements {
            return core::array::from_fn(|i| state[i]);
        }
    }
}

/// The compression of `LANES` pairs of digests, all in Montgomery form.
#[inline]
#[must_use]
pub fn compress(
    tag: Packed,
    left: &[Packed; DIGEST],
    right: &[Packed; DIGEST],
) -> [Packed; DIGEST] {
    let mut state = [Packed::ZERO; WIDTH];
    state[..DIGEST].copy_from_slice(left);
    state[RIGHT_LANE..RIGHT_LANE + DIGEST].copy_from_slice(right);
    state[TAG_LANE] = tag;
    permute(&mut state);
    core::array::from_fn(|i| state[i] + left[i])
}

/// Writes a pack of digests in Montgomery form as rows of canonical words; `rows` may end early.
#[inline(always)]
fn store_digests(digests: &[Packed; DIGEST], rows: &mut [u32]) {
    store_rows(digests.map(|plane| plane * FROM_MONTGOMERY), rows);
}

/// Reads a pack of digests from rows of canonical words into Montgomery form; missing rows are zero.
#[inline(always)]
fn load_digests(rows: &[u32]) -> [Packed; DIGEST] {
    load_rows(rows).map(|plane| plane * TO_MONTGOMERY)
}

/// Transposes up to `LANES` rows of `N` words.
#[inline(always)]
fn load_rows<const N: usize>(rows: &[u32]) -> [Packed; N] {
    let mut planes = [[Element::ZERO; LANES]; N];
    for (lane, row) in as_elements(rows)
        .as_chunks::<N>()
        .0
        .iter()
        .take(LANES)
        .enumerate()
    {
        for i in 0..N {
            planes[i][lane] = row[i];
        }
    }
    planes.map(|plane| *Packed::from_slice(&plane))
}

/// Undoes `load_rows`.
#[inline(always)]
fn store_rows<const N: usize>(planes: [Packed; N], rows: &mut [u32]) {
    let mut words = [[Element::ZERO; LANES]; N];
    for (plane, packed) in words.iter_mut().zip(&planes) {
        plane.copy_from_slice(packed.as_slice());
    }
    for (lane, row) in as_elements_mut(rows)
        .as_chunks_mut::<N>()
        .0
        .iter_mut()
        .take(LANES)
        .enumerate()
    {
        for i in 0..N {
            row[i] = words[i][lane];
        }
    }
}

/// Permutes each row of `states`, which holds rows of `WIDTH` canonical words; results go to `out`.
pub fn permute_rows(states: &[u32], out: &mut [u32]) {
    let pack = WIDTH * LANES;
    out.par_chunks_mut(pack)
        .zip(states.par_chunks(pack))
        .for_each(|(out, states)| {
            let mut state = load_rows::<WIDTH>(states).map(|plane| plane * TO_MONTGOMERY);
            permute(&mut state);
            store_rows(state.map(|plane| plane * FROM_MONTGOMERY), out);
        });
}

/// Hashes rows of `num_columns` canonical words into rows of `DIGEST` words.
///
/// `num_columns` is positive; `digests` has one row for each row of `matrix`.
pub fn hash_rows(matrix: &[u32], num_columns: usize, tag: u32, digests: &mut [u32]) {
    digests
        .par_chunks_mut(DIGEST * LANES)
        .zip(matrix.par_chunks(num_columns * LANES))
        .for_each(|(digests, rows)| {
            let rows = as_elements(rows);
            let fill = |first: usize, block: &mut [Packed]| {
                for (e, lane_of_state) in block.iter_mut().enumerate() {
                    *lane_of_state = Packed::from_fn(|lane| {
                        let index = lane * num_columns + first + e;
                        rows.get(index).copied().unwrap_or(Element::ZERO)
                    });
                }
            };
            store_digests(&sponge(num_columns, tag, fill), digests);
        });
}

/// Hashes leaves whose element `e` is `words[offsets[e] + t]` for leaf `t`; one row of `digests` for each leaf.
pub fn hash_columns(words: &[u32], offsets: &[usize], tag: u32, digests: &mut [u32]) {
    for_each_tile(words, offsets, DIGEST, digests, |tile, digests| {
        for (pack, digests) in digests.chunks_mut(DIGEST * LANES).enumerate() {
            let fill = |first: usize, block: &mut [Packed]| {
                for (e, lane) in block.iter_mut().enumerate() {
                    *lane = load(tile.column(first + e, pack * LANES));
                }
            };
            store_digests(&sponge(offsets.len(), tag, fill), digests);
        }
    });
}

/// Compresses row `t` of `left` with row `t` of `right` into row `t` of `parents`.
pub fn compress_rows(left: &[u32], right: &[u32], tag: u32, parents: &mut [u32]) {
    let tag = constant(tag);
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
                store_digests(
                    &compress(tag, &load_digests(left), &load_digests(right)),
                    parents,
                );
            }
        });
}

#[cfg(test)]
mod tests {
    use p3_field::PrimeField32;

    use super::*;

    #[test]
    fn known_answer() {
        let mut state: [Packed; WIDTH] = core::array::from_fn(|i| constant(i as u32));
        permute(&mut state);
        let first: Vec<u32> = (0..4)
            .map(|i| state[i].as_slice()[LANES - 1].as_canonical_u32())
            .collect();
        assert_eq!(first, [723_511_737, 87_131_171, 587_052_829, 1_323_145_575]);
    }

    #[test]
    fn rows_and_columns_agree() {
        for (num_rows, num_columns) in [(1, 1), (3, 15), (16, 16), (37, 31), (300, 2)] {
            let matrix: Vec<u32> = (0..num_rows * num_columns)
                .map(|i| i as u32 * 1_000_003 % 2_130_706_433)
                .collect();
            let transposed: Vec<u32> = (0..num_columns)
                .flat_map(|c| (0..num_rows).map(move |r| (r, c)))
                .map(|(r, c)| matrix[r * num_columns + c])
                .collect();
            let offsets: Vec<usize> = (0..num_columns).map(|c| c * num_rows).collect();
            let mut from_rows = vec![0; num_rows * DIGEST];
            let mut from_columns = vec![1; num_rows * DIGEST];
            hash_rows(&matrix, num_columns, 7, &mut from_rows);
            hash_columns(&transposed, &offsets, 7, &mut from_columns);
            assert_eq!(from_rows, from_columns);
        }
    }
}
