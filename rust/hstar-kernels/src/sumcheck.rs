//! Rounds of the sumcheck for `sum f W`, where `f` has base-field or extension values and `W` extension values.
//!
//! With `f = f0 + X (f1 - f0)` and `W` likewise, a round needs the sums of `f0 W0` and of `(f1 - f0)(W1 - W0)`: the
//! coefficients of 1 and of `X^2`. The claim determines the third one.

use hstar_field::sums::CHUNK;
use hstar_field::{LANES, Pack, Sextic, ZERO_PACK};
use rayon::prelude::*;

use crate::multilinear::{Block, Folder, Pairing, Source};
use crate::vectors::GRAIN;

/// Coefficients of 1 and of `X^2`.
pub type Round = [Sextic; 2];

fn add_rounds(a: Round, b: Round) -> Round {
    [a[0] + b[0], a[1] + b[1]]
}

/// Sums of a task, and room for the differences of one chunk.
struct Sums<B: Block> {
    constant: B::Sum,
    quadratic: B::Sum,
    low: Box<[B; CHUNK]>,
    low_weights: Box<[Pack; CHUNK]>,
    difference: Box<[B; CHUNK]>,
    weight_difference: Box<[Pack; CHUNK]>,
}

impl<B: Block> Sums<B> {
    fn new() -> Self {
        Self {
            constant: B::Sum::default(),
            quadratic: B::Sum::default(),
            low: Box::new([B::ZERO; CHUNK]),
            low_weights: Box::new([ZERO_PACK; CHUNK]),
            difference: Box::new([B::ZERO; CHUNK]),
            weight_difference: Box::new([ZERO_PACK; CHUNK]),
        }
    }

    /// Places pair number `slot` of a chunk.
    #[inline(always)]
    fn place(&mut self, slot: usize, (low, high): &(B, B), weights: &(Pack, Pack)) {
        self.low[slot] = *low;
        self.low_weights[slot] = weights.0;
        self.difference[slot] = B::difference(low, high);
        self.weight_difference[slot] = Pack::difference(&weights.0, &weights.1);
    }

    /// Adds the products of the first `count` pairs that were placed.
    #[inline(always)]
    fn add(&mut self, count: usize) {
        B::add_products(
            &mut self.constant,
            &self.low[..count],
            &self.low_weights[..count],
        );
        B::add_products(
            &mut self.quadratic,
            &self.difference[..count],
            &self.weight_difference[..count],
        );
    }

    fn finish(&self) -> Round {
        [B::finish(&self.constant), B::finish(&self.quadratic)]
    }
}

/// The round of the variable of `bit`; `num_pairs` counts pairs of elements, of which missing ones are zero.
pub fn product_round<S: Source + ?Sized>(
    values: &S,
    weights: &[Pack],
    bit: usize,
    num_pairs: usize,
) -> Round {
    let pairing = Pairing::of_bit(bit);
    let num_blocks = num_pairs.div_ceil(LANES);
    let grain = num_blocks
        .div_ceil(8 * rayon::current_num_threads())
        .max(GRAIN);
    let tasks = (0..num_blocks.div_ceil(grain)).into_par_iter();
    tasks
        .map(|task| {
            let mut sums = Sums::<S::Block>::new();
            let end = num_blocks.min((task + 1) * grain);
            for start in (task * grain..end).step_by(CHUNK) {
                let count = CHUNK.min(end - start);
                for slot in 0..count {
                    let pair = values.pair(pairing, start + slot);
                    sums.place(slot, &pair, &weights.pair(pairing, start + slot));
                }
                sums.add(count);
            }
            sums.finish()
        })
        .reduce(|| [Sextic::ZERO; 2], add_rounds)
}

/// A piece of the folded vectors: where it begins, and the packs whose elements are lower and upper values of the next
/// round; all of them in `low` when both kinds share packs.
struct Piece<'a> {
    start: usize,
    low: [&'a mut [Pack]; 2],
    high: [&'a mut [Pack]; 2],
}

/// Cuts both folded vectors into pieces of at most `CHUNK` packs of pairs.
fn pieces<'a>(values: &'a mut [Pack], weights: &'a mut [Pack], pairing: Pairing) -> Vec<Piece<'a>> {
    let (block, chunk) = match pairing {
        Pairing::Interleaved { .. } => (2 * CHUNK, 2 * CHUNK),
        Pairing::Strided { run } => (2 * run, CHUNK.min(run)),
    };
    let mut all = Vec::new();
    let blocks = values.chunks_mut(block).zip(weights.chunks_mut(block));
    for (index, (values, weights)) in blocks.enumerate() {
        let middle = match pairing {
            Pairing::Interleaved { .. } => values.len(),
            Pairing::Strided { run } => run.min(values.len()),
        };
        let (low, high) = values.split_at_mut(middle);
        let (low_weights, high_weights) = weights.split_at_mut(middle);
        let lows = low.chunks_mut(chunk).zip(low_weights.chunks_mut(chunk));
        let none = std::iter::repeat_with(|| (Default::default(), Default::default()));
        let highs = high.chunks_mut(chunk).zip(high_weights.chunks_mut(chunk));
        for (part, (low, high)) in lows.zip(highs.chain(none)).enumerate() {
            all.push(Piece {
                start: index * block + part * chunk,
                low: [low.0, low.1],
                high: [high.0, high.1],
            });
        }
    }
    all
}

/// Binds the variable of `bit` in both vectors and computes the round of `next_bit` of what comes out, in one pass.
pub fn fold_and_product_round<S: Source + ?Sized>(
    values: &S,
    weights: &[Pack],
    challenge: Sextic,
    (bit, next_bit): (usize, usize),
    folded_values: &mut [Pack],
    folded_weights: &mut [Pack],
) -> Round {
    let folder = Folder::new(challenge);
    let (pairing, next) = (Pairing::of_bit(bit), Pairing::of_bit(next_bit));
    let fold = |start: usize, [to_values, to_weights]: &mut [&mut [Pack]; 2]| {
        for (offset, (value, weight)) in to_values.iter_mut().zip(to_weights.iter_mut()).enumerate()
        {
            let (low, high) = values.pair(pairing, start + offset);
            *value = S::Block::fold(&folder, &low, &high);
            let (low, high) = weights.pair(pairing, start + offset);
            *weight = Pack::fold(&folder, &low, &high);
        }
    };
    let pieces = pieces(folded_values, folded_weights, next);
    let grain = pieces
        .len()
        .div_ceil(8 * rayon::current_num_threads())
        .max(4);
    pieces
        .into_par_iter()
        .with_min_len(grain)
        .fold(Sums::<Pack>::new, |mut sums, mut piece| {
            fold(piece.start, &mut piece.low);
            if let Pairing::Strided { run } = next {
                fold(piece.start + run, &mut piece.high);
            }
            let count = place_piece(&mut sums, &piece, next);
            sums.add(count);
            sums
        })
        .map(|sums| sums.finish())
        .reduce(|| [Sextic::ZERO; 2], add_rounds)
}

/// Places the pairs of a folded piece; returns how many packs of pairs there are.
#[inline(always)]
fn place_piece(sums: &mut Sums<Pack>, piece: &Piece<'_>, pairing: Pairing) -> usize {
    let [values, weights] = &piece.low;
    match pairing {
        Pairing::Interleaved { .. } => {
            let count = values.len().div_ceil(2);
            for slot in 0..count {
                let pair = Source::pair(&**values, pairing, slot);
                sums.place(slot, &pair, &Source::pair(&**weights, pairing, slot));
            }
            count
        }
        Pairing::Strided { .. } => {
            let high =
                |side: usize, slot: usize| piece.high[side].get(slot).copied().unwrap_or(ZERO_PACK);
            for slot in 0..values.len() {
                let pair = (values[slot], high(0, slot));
                sums.place(slot, &pair, &(weights[slot], high(1, slot)));
            }
            values.len()
        }
    }
}
