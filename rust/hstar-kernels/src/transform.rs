//! The transform of one column, decomposed from the top.
//!
//! A block of `m` elements at depth `l` and with index `B` holds a polynomial modulo `z^m - c^2`, where `c` is the
//! `B`-th entry of one table for all depths; a layer splits it into its remainders modulo `z^(m/2) - c` (block `2 B`)
//! and `z^(m/2) + c` (block `2 B + 1`): a butterfly with the factor `c` throughout the block. At the end block `B` is
//! the value at `g^q` with `q` the bit reversal of `B`. The codeword of a zero-padded column starts as
//! `2^log_inverse_rate` copies of it, blocks of the first depth at which nothing is padding: cosets cost nothing extra,
//! and no factor depends on the size of the domain.
//!
//! Blocks of 256 elements are finished in registers: four layers between the 16 packs, then, transposed, four layers
//! within them.

use std::sync::{Arc, RwLock};

use p3_field::{PackedFieldPow2, PackedValue, PrimeCharacteristicRing, TwoAdicField};

use crate::butterfly::{radix_2, radix_4, splat};
use crate::words::{Element, LANES, Packed};

const SIDE: usize = 16;
/// Elements of the blocks that are finished in registers.
pub const LOG_FINISHED: usize = 8;
/// Factors of the last four layers of such a block.
const TAIL_FACTORS: usize = SIDE - 1;

/// The factors of all butterflies.
pub struct Factors {
    /// The factor of block `B`, for the layers that work on whole packs.
    by_block: Vec<Element>,
    /// For each block of 256 elements, those of the last four layers: entry `2^k - 1 + s` of layer `k` belongs to part
    /// `s` of the block of 16 elements in each lane.
    tails: Vec<[Packed; TAIL_FACTORS]>,
}

static FACTORS: RwLock<Option<Arc<Factors>>> = RwLock::new(None);

impl Factors {
    /// The factors of a domain of `2^log_length` positions. One set serves all smaller ones; it is kept.
    #[must_use]
    pub fn of(log_length: usize) -> Arc<Self> {
        let num_tails = (1 << log_length) >> LOG_FINISHED;
        let known = FACTORS.read().unwrap_or_else(|e| e.into_inner()).clone();
        if let Some(factors) = known.filter(|factors| factors.tails.len() >= num_tails) {
            return factors;
        }
        let factors = Arc::new(Self::new(log_length));
        *FACTORS.write().unwrap_or_else(|e| e.into_inner()) = Some(Arc::clone(&factors));
        factors
    }

    fn new(log_length: usize) -> Self {
        // Bit `i` of a block's index contributes a root of order `2^(i + 2)`.
        let mut by_block = vec![Element::ONE];
        for bit in 0..log_length.saturating_sub(1) {
            let root = Element::two_adic_generator(bit + 2);
            let upper: Vec<_> = by_block.iter().map(|&factor| factor * root).collect();
            by_block.extend(upper);
        }
        let tail = |group: usize| {
            core::array::from_fn(|entry| {
                let layer = (entry + 1).ilog2() as usize;
                let part = entry + 1 - (1 << layer);
                Packed::from_fn(|lane| by_block[((group * SIDE + lane) << layer) + part])
            })
        };
        let tails = (0..(1 << log_length) >> LOG_FINISHED).map(tail).collect();
        by_block.truncate(((1 << log_length) / (2 * LANES)).max(1));
        Self { by_block, tails }
    }

    fn two_layers(&self, block: usize) -> [Packed; 3] {
        [block, 2 * block, 2 * block + 1].map(|index| splat(self.by_block[index]))
    }
}

/// Transforms `column` into `out` as block `block` of the depth at which blocks are that long.
///
/// Both hold `2^log_height` elements, at least `2^LOG_FINISHED`, and packs are `SIDE` wide.
pub fn transform(column: &[Element], out: &mut [Element], block: usize, factors: &Factors) {
    let (column, out) = (Packed::pack_slice(column), Packed::pack_slice_mut(out));
    let log_packs = out.len().ilog2() as usize;
    if log_packs % 2 == 1 {
        let (half, w) = (out.len() / 2, splat(factors.by_block[block]));
        let (low, high) = out.split_at_mut(half);
        for (i, (low, high)) in low.iter_mut().zip(high.iter_mut()).enumerate() {
            [*low, *high] = radix_2([column[i], column[half + i]], w);
        }
        descend(low, 2 * block, factors);
        descend(high, 2 * block + 1, factors);
    } else if out.len() == SIDE {
        out.copy_from_slice(column);
        descend(out, block, factors);
    } else {
        let (quarter, w) = (out.len() / 4, factors.two_layers(block));
        let parts = column.chunks_exact(quarter).collect::<Vec<_>>();
        let mut quarters = out.chunks_exact_mut(quarter).collect::<Vec<_>>();
        for i in 0..quarter {
            let x = radix_4([parts[0][i], parts[1][i], parts[2][i], parts[3][i]], w);
            for (quarter, x) in quarters.iter_mut().zip(x) {
                quarter[i] = x;
            }
        }
        for (i, quarter) in quarters.into_iter().enumerate() {
            descend(quarter, 4 * block + i, factors);
        }
    }
}

/// Transforms `SIDE * 4^k` packs in place, depth first so that small blocks stay in the nearest cache.
fn descend(packs: &mut [Packed], block: usize, factors: &Factors) {
    if packs.len() == SIDE {
        finish(packs.try_into().expect("checked above"), block, factors);
        return;
    }
    let (quarter, w) = (packs.len() / 4, factors.two_layers(block));
    let (low, high) = packs.split_at_mut(2 * quarter);
    let ((q0, q1), (q2, q3)) = (low.split_at_mut(quarter), high.split_at_mut(quarter));
    for (((x0, x1), x2), x3) in q0.iter_mut().zip(&mut *q1).zip(&mut *q2).zip(&mut *q3) {
        [*x0, *x1, *x2, *x3] = radix_4([*x0, *x1, *x2, *x3], w);
    }
    for (i, quarter) in [q0, q1, q2, q3].into_iter().enumerate() {
        descend(quarter, 4 * block + i, factors);
    }
}

/// Two layers on four of 16 packs.
macro_rules! two_layers {
    ($x:ident, $a:literal, $b:literal, $c:literal, $d:literal, $w:expr) => {
        [$x[$a], $x[$b], $x[$c], $x[$d]] = radix_4([$x[$a], $x[$b], $x[$c], $x[$d]], $w);
    };
}

/// All eight layers of a block of 256 elements, spelled out so that the packs stay in registers.
#[inline]
fn finish(packs: &mut [Packed; SIDE], block: usize, factors: &Factors) {
    let mut x = *packs;
    let w = factors.two_layers(block);
    two_layers!(x, 0, 4, 8, 12, w);
    two_layers!(x, 1, 5, 9, 13, w);
    two_layers!(x, 2, 6, 10, 14, w);
    two_layers!(x, 3, 7, 11, 15, w);
    two_layers!(x, 0, 1, 2, 3, factors.two_layers(4 * block));
    two_layers!(x, 4, 5, 6, 7, factors.two_layers(4 * block + 1));
    two_layers!(x, 8, 9, 10, 11, factors.two_layers(4 * block + 2));
    two_layers!(x, 12, 13, 14, 15, factors.two_layers(4 * block + 3));
    transpose(&mut x);
    let tail = &factors.tails[block];
    let w = [tail[0], tail[1], tail[2]];
    two_layers!(x, 0, 4, 8, 12, w);
    two_layers!(x, 1, 5, 9, 13, w);
    two_layers!(x, 2, 6, 10, 14, w);
    two_layers!(x, 3, 7, 11, 15, w);
    two_layers!(x, 0, 1, 2, 3, [tail[3], tail[7], tail[8]]);
    two_layers!(x, 4, 5, 6, 7, [tail[4], tail[9], tail[10]]);
    two_layers!(x, 8, 9, 10, 11, [tail[5], tail[11], tail[12]]);
    two_layers!(x, 12, 13, 14, 15, [tail[6], tail[13], tail[14]]);
    transpose(&mut x);
    *packs = x;
}

/// Swaps the index of a pack with the index of a lane, for packs of 16 lanes.
#[inline(always)]
fn transpose(x: &mut [Packed; SIDE]) {
    macro_rules! swap {
        ($step:literal: $($i:literal)*) => {
            $( (x[$i], x[$i + $step]) = x[$i].interleave(x[$i + $step], $step); )*
        };
    }
    swap!(8: 0 1 2 3 4 5 6 7);
    swap!(4: 0 1 2 3 8 9 10 11);
    swap!(2: 0 1 4 5 8 9 12 13);
    swap!(1: 0 2 4 6 8 10 12 14);
}

/// Whether `transform` serves columns of this height with the packs of this binary.
#[must_use]
pub fn serves(log_height: usize) -> bool {
    LANES == SIDE && log_height >= LOG_FINISHED
}
