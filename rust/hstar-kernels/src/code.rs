//! Reed-Solomon encoding of columns on the subgroup: a zero-padded forward transform, one column at a time.
//!
//! Layout: a codeword is `[2^log_inverse_rate][columns][2^log_height]`. Its entry `[b][j][i]` is column `j` at the
//! position whose bit reversal is `b * 2^log_height + i`. In that order the transform of a column is contiguous, its
//! first layers are multiplications by powers (the padding is zero), hashing reads whole vectors, and the two children
//! of a Merkle node lie half a level apart.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use p3_field::{PackedValue, PrimeCharacteristicRing, TwoAdicField};
use rayon::prelude::*;

use crate::transform::{self, Factors};
use crate::words::{
    Element, FROM_MONTGOMERY, LANES, Packed, as_elements, as_elements_mut, reverse_bits, word,
};

/// What the transform of one size needs: the powers of its root at every layer.
type Roots = Vec<Vec<Element>>;

static ROOTS: LazyLock<Mutex<HashMap<usize, Arc<Roots>>>> = LazyLock::new(Mutex::default);
type Powers = HashMap<(usize, usize, usize), Arc<Vec<Element>>>;
static POWERS: LazyLock<Mutex<Powers>> = LazyLock::new(Mutex::default);

fn roots(log_height: usize) -> Arc<Roots> {
    let mut cache = ROOTS.lock().unwrap_or_else(|e| e.into_inner());
    let make = || {
        Arc::new(if log_height == 0 {
            Vec::new()
        } else {
            Element::roots_of_unity_table(1 << log_height)
        })
    };
    Arc::clone(cache.entry(log_height).or_insert_with(make))
}

/// The first `2^log_height` powers of `g^coset`, where `g` generates the domain of `2^(log_height + log_inverse_rate)`.
fn coset_powers(log_height: usize, log_inverse_rate: usize, coset: usize) -> Arc<Vec<Element>> {
    let mut cache = POWERS.lock().unwrap_or_else(|e| e.into_inner());
    let make = || {
        let base = Element::two_adic_generator(log_height + log_inverse_rate).exp_u64(coset as u64);
        Arc::new(base.powers().collect_n(1 << log_height))
    };
    Arc::clone(
        cache
            .entry((log_height, log_inverse_rate, coset))
            .or_insert_with(make),
    )
}

fn multiply_into(out: &mut [Element], values: &[Element], factors: &[Element]) {
    if out.len() < LANES {
        for ((out, &value), &factor) in out.iter_mut().zip(values).zip(factors) {
            *out = value * factor;
        }
        return;
    }
    let (out, values, factors) = (
        Packed::pack_slice_mut(out),
        Packed::pack_slice(values),
        Packed::pack_slice(factors),
    );
    for ((out, &value), &factor) in out.iter_mut().zip(values).zip(factors) {
        *out = value * factor;
    }
}

/// Encodes `columns` (`[columns][2^log_height]` words) into `codeword`, laid out as described above.
pub fn encode_columns(
    columns: &[u32],
    log_height: usize,
    log_inverse_rate: usize,
    codeword: &mut [u32],
) {
    if columns.is_empty() {
        return;
    }
    let height = 1 << log_height;
    // All blocks of a column are made one after the other, while the column is in the cache.
    let num_columns = columns.len() / height;
    let mut parts: Vec<Vec<&mut [u32]>> = (0..num_columns).map(|_| Vec::new()).collect();
    for (index, part) in codeword.chunks_exact_mut(height).enumerate() {
        parts[index % num_columns].push(part);
    }
    let work = parts
        .into_par_iter()
        .zip(columns.par_chunks_exact(height))
        .flat_map(|(blocks, column)| {
            let column = as_elements(column);
            let blocks = blocks.into_par_iter().map(as_elements_mut);
            blocks
                .enumerate()
                .map(move |(block, out)| (column, block, out))
        });
    if transform::serves(log_height) {
        let factors = Factors::of(log_height + log_inverse_rate);
        work.for_each(|(column, block, out)| transform::transform(column, out, block, &factors));
    } else {
        let roots = roots(log_height);
        let powers: Vec<_> = (0..1 << log_inverse_rate)
            .map(|block| reverse_bits(block, log_inverse_rate))
            .map(|coset| coset_powers(log_height, log_inverse_rate, coset))
            .collect();
        work.for_each(|(column, block, out)| {
            multiply_into(out, column, &powers[block]);
            Element::forward_fft(out, &roots);
        });
    }
}

/// Splits an extension vector into base-field columns.
///
/// `words` are `[n / 16][6][16]` Montgomery words of `n = 2^(log_height + log_interleaving)` elements (rounded up to
/// whole packs); `columns` is `[2^log_interleaving][6][2^log_height]`: coefficient `d` of element
/// `2^log_interleaving * y + u`, canonical, goes to `[u][d][y]`.
pub fn interleaved_columns(
    words: &[u32],
    log_height: usize,
    log_interleaving: usize,
    columns: &mut [u32],
) {
    const DEGREE: usize = 6;
    const PACK: usize = 16;
    let words = as_elements(words);
    columns
        .par_chunks_exact_mut(1 << log_height)
        .enumerate()
        .for_each(|(column, out)| {
            let (u, d) = (column / DEGREE, column % DEGREE);
            for (y, out) in out.iter_mut().enumerate() {
                let index = (y << log_interleaving) + u;
                *out = word(
                    words[(index / PACK * DEGREE + d) * PACK + index % PACK] * FROM_MONTGOMERY,
                );
            }
        });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::TO_MONTGOMERY;

    #[test]
    fn matches_horner() {
        for (log_height, log_inverse_rate, num_columns) in [
            (0, 0, 1),
            (0, 2, 2),
            (1, 1, 3),
            (3, 1, 2),
            (6, 2, 1),
            (8, 1, 2),
            (9, 2, 1),
            (10, 0, 2),
            (11, 1, 1),
            (7, 0, 1),
        ] {
            let height = 1 << log_height;
            let cells: Vec<u32> = (0..num_columns * height)
                .map(|i| (i * i * 77 + 5) as u32)
                .collect();
            let mut codeword = vec![0; cells.len() << log_inverse_rate];
            encode_columns(&cells, log_height, log_inverse_rate, &mut codeword);
            let log_length = log_height + log_inverse_rate;
            let generator = Element::two_adic_generator(log_length);
            for position in 0..1 << log_length {
                let z = generator.exp_u64(position as u64);
                let index = reverse_bits(position, log_length);
                for (j, column) in cells.chunks(height).enumerate() {
                    let value = column.iter().rev().fold(Element::ZERO, |sum, &c| {
                        sum * z + as_elements(&[c])[0] * TO_MONTGOMERY
                    });
                    let found =
                        codeword[(index >> log_height) * cells.len() + j * height + index % height];
                    assert_eq!(found, word(value * FROM_MONTGOMERY));
                }
            }
        }
    }
}
