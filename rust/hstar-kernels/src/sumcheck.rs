//! Rounds of the sumcheck for `sum f W`, where `f` has base-field or extension values and `W` extension values.
//!
//! With `f = f0 + X (f1 - f0)` and `W` likewise, a round needs the sums of `f0 W0` and of `(f1 - f0)(W1 - W0)`: the
//! coefficients of 1 and of `X^2`. The claim determines the third one.

use hstar_field::{LANES, Pack, Sextic, ZERO_PACK};
use rayon::prelude::*;

use crate::multilinear::{Block, Folder, Pairing, Source, fold_range};
use crate::vectors::GRAIN;

/// Packs of pairs that are worked on at a time. What belongs to them, a dozen packs for each, has to fit the first-level
/// cache.
const CHUNK: usize = 8;

/// Coefficients of 1 and of `X^2`.
pub type Round = [Sextic; 2];

fn add_rounds(a: Round, b: Round) -> Round {
    [a[0] + b[0], a[1] + b[1]]
}

/// Sums of a task, and room for one chunk of pairs.
#[repr(C, align(64))]
struct Sums<B: Block> {
    constant: B::Sum,
    quadratic: B::Sum,
    low: [B; CHUNK],
    low_weights: [Pack; CHUNK],
    difference: [B; CHUNK],
    weight_difference: [Pack; CHUNK],
}

impl<B: Block> Sums<B> {
    fn new() -> Box<Self> {
        Box::new(Self {
            constant: B::Sum::default(),
            quadratic: B::Sum::default(),
            low: [*B::ZERO; CHUNK],
            low_weights: [ZERO_PACK; CHUNK],
            difference: [*B::ZERO; CHUNK],
            weight_difference: [ZERO_PACK; CHUNK],
        })
    }

    /// Adds `count` blocks of pairs from number `start` on.
    #[inline(always)]
    fn add<S: Source<Block = B> + ?Sized>(
        &mut self,
        values: &S,
        weights: &[Pack],
        pairing: Pairing,
        (start, count): (usize, usize),
    ) {
        let lows = values.low_run(pairing, start, count);
        let low_weights = weights.low_run(pairing, start, count);
        let (mut room, mut weight_room) = ([*B::ZERO; 2], [ZERO_PACK; 2]);
        for slot in 0..count {
            let [low, high] = values.pair(pairing, start + slot, &mut room);
            B::subtract(high, low, &mut self.difference[slot]);
            if lows.is_none() {
                self.low[slot] = *low;
            }
            let [low, high] = weights.pair(pairing, start + slot, &mut weight_room);
            Pack::subtract(high, low, &mut self.weight_difference[slot]);
            if low_weights.is_none() {
                self.low_weights[slot] = *low;
            }
        }
        let low = lows.unwrap_or(&self.low[..count]);
        let low_weights = low_weights.unwrap_or(&self.low_weights[..count]);
        B::add_products(&mut self.constant, low, low_weights);
        let (difference, weights) = (&self.difference[..count], &self.weight_difference[..count]);
        B::add_products(&mut self.quadratic, difference, weights);
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
        .max(GRAIN)
        .next_multiple_of(CHUNK);
    let tasks = (0..num_blocks.div_ceil(grain)).into_par_iter();
    tasks
        .map(|task| {
            let mut sums = Sums::<S::Block>::new();
            let end = num_blocks.min((task + 1) * grain);
            for start in (task * grain..end).step_by(CHUNK) {
                let count = CHUNK.min(end - start);
                sums.add(values, weights, pairing, (start, count));
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
        fold_range(values, &folder, pairing, start, to_values);
        fold_range(weights, &folder, pairing, start, to_weights);
    };
    let pieces = pieces(folded_values, folded_weights, next);
    let grain = pieces.len().div_ceil(8 * rayon::current_num_threads());
    let tasks = pieces.into_par_iter().with_min_len(grain.max(16));
    tasks
        .fold(Sums::<Pack>::new, |mut sums, mut piece| {
            fold(piece.start, &mut piece.low);
            match next {
                Pairing::Interleaved { .. } => {
                    let [values, weights] = &piece.low;
                    sums.add(&**values, weights, next, (0, values.len().div_ceil(2)));
                }
                Pairing::Strided { run } => {
                    fold(piece.start + run, &mut piece.high);
                    sums.add_piece(&piece);
                }
            }
            sums
        })
        .map(|sums| sums.finish())
        .reduce(|| [Sextic::ZERO; 2], add_rounds)
}

impl Sums<Pack> {
    /// Adds the pairs of a piece whose lower and upper values are apart; the lower ones need not be copied.
    #[inline(always)]
    fn add_piece(&mut self, piece: &Piece<'_>) {
        let ([low, low_weights], [high, high_weights]) = (&piece.low, &piece.high);
        let count = low.len();
        for slot in 0..count {
            let high = high.get(slot).unwrap_or(&ZERO_PACK);
            Pack::subtract(high, &low[slot], &mut self.difference[slot]);
            let high = high_weights.get(slot).unwrap_or(&ZERO_PACK);
            Pack::subtract(high, &low_weights[slot], &mut self.weight_difference[slot]);
        }
        Pack::add_products(&mut self.constant, low, low_weights);
        let (difference, weights) = (&self.difference[..count], &self.weight_difference[..count]);
        Pack::add_products(&mut self.quadratic, difference, weights);
    }
}
