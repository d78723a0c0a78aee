//! Multilinear polynomials on the Boolean cube: `eq` tables, evaluation, binding of one variable.
//!
//! Coordinate `j` of a point belongs to bit `j` of the index. Vectors may end before the cube does; what is missing is
//! zero.

use hstar_field::packed::{self, Multiplier, Part};
use hstar_field::sums::{BaseSum, ExtensionSum};
use hstar_field::{LANES, Lanes, Native, Pack, Plane, Sextic, ZERO_PACK, words};
use rayon::prelude::*;

use crate::vectors::{GRAIN, Planes, total_of};

const LOG_LANES: usize = LANES.ilog2() as usize;
/// Variables of the blocks of an `eq` table that are made from one another: 1024 elements, half the first-level cache.
const LOG_EQ_BLOCK: usize = 10;
/// Most variables of an inner sum of an evaluation: its weights are 768 KiB and stay in the second-level cache.
const MAX_LOG_INNER: usize = 15;

/// `eq(point, x) * scale` for all `x`, into packs whose unused lanes are set to zero.
pub fn eq_table(point: &[Sextic], scale: Sextic, out: &mut [Pack]) {
    let num_low = point.len().min(LOG_EQ_BLOCK);
    let (low, high) = point.split_at(num_low);
    if high.is_empty() {
        small_eq_table(low, scale, out);
        return;
    }
    let mut block = vec![ZERO_PACK; 1 << (num_low - LOG_LANES)];
    small_eq_table(low, Sextic::ONE, &mut block);
    let mut factors = vec![ZERO_PACK; (1_usize << high.len()).div_ceil(LANES)];
    eq_table(high, scale, &mut factors);
    out.par_chunks_mut(block.len())
        .enumerate()
        .for_each(|(index, out)| {
            let multiplier = Multiplier::<Native>::splat(Sextic::of_packs(&factors, index));
            for (out, weight) in out.iter_mut().zip(&block) {
                packed::scale(&multiplier, weight, out);
            }
        });
}

/// One thread: the first variables lane by lane, the others by doubling the number of packs.
fn small_eq_table(point: &[Sextic], scale: Sextic, out: &mut [Pack]) {
    let (in_lanes, in_packs) = point.split_at(point.len().min(LOG_LANES));
    out[0] = ZERO_PACK;
    scale.to_lane(&mut out[0], 0);
    for (j, &coordinate) in in_lanes.iter().enumerate() {
        for lane in 0..1 << j {
            let value = Sextic::of_lane(&out[0], lane);
            let product = value * coordinate;
            product.to_lane(&mut out[0], lane + (1 << j));
            (value - product).to_lane(&mut out[0], lane);
        }
    }
    for (j, &coordinate) in in_packs.iter().enumerate() {
        let multiplier = Multiplier::<Native>::splat(coordinate);
        let (done, rest) = out.split_at_mut(1 << j);
        for (low, high) in done.iter_mut().zip(rest) {
            for part in 0..Native::PARTS {
                let value: Part<Native> = packed::load(low, part);
                let product = multiplier.multiply(value);
                packed::store(product, high, part);
                packed::store(packed::sub(value, product), low, part);
            }
        }
    }
}

/// What the low variables weigh inside a block of packs, and what the high variables weigh for each block.
fn split_weights(point: &[Sextic]) -> (Vec<Pack>, Vec<Pack>) {
    let num_low = point
        .len()
        .saturating_sub(LOG_LANES)
        .clamp(point.len().min(LOG_LANES), MAX_LOG_INNER);
    let (low, high) = point.split_at(num_low);
    let table = |point: &[Sextic]| {
        let mut table = vec![ZERO_PACK; (1_usize << point.len()).div_ceil(LANES)];
        eq_table(point, Sextic::ONE, &mut table);
        table
    };
    (table(low), table(high))
}

/// The value at `point` of the polynomial with these extension values.
#[must_use]
pub fn evaluate(values: &[Pack], point: &[Sextic]) -> Sextic {
    let (inner, outer) = split_weights(point);
    let blocks = values.par_chunks(inner.len()).enumerate();
    total_of(blocks.map(|(index, block)| {
        let mut sum = ExtensionSum::<Native>::default();
        sum.add(block, &inner[..block.len()]);
        sum.finish() * Sextic::of_packs(&outer, index)
    }))
}

/// The value at `point` of the polynomial with these base-field values, canonical words.
#[must_use]
pub fn evaluate_base(values: &[u32], point: &[Sextic]) -> Sextic {
    let (inner, outer) = split_weights(point);
    let planes = Planes::new(values);
    let num_blocks = planes.len().div_ceil(inner.len());
    let blocks = (0..num_blocks).into_par_iter();
    total_of(blocks.map(|index| {
        let mut sum = BaseSum::<Native>::default();
        planes.add_products(&mut sum, index * inner.len(), &inner);
        sum.finish() * Sextic::of_packs(&outer, index)
    }))
}

/// How the two values that one variable pairs lie in a vector, seen from the packs of lower values.
#[derive(Clone, Copy)]
pub enum Pairing {
    /// Bits 0 to 3: both lie in packs `2 i` and `2 i + 1`; the bit is `log_stride`.
    Interleaved {
        /// Logarithm of the distance in elements.
        log_stride: usize,
    },
    /// Higher bits: they lie in packs this far apart.
    Strided {
        /// Distance in packs.
        run: usize,
    },
}

impl Pairing {
    /// The pairing of bit `bit` of the index.
    #[must_use]
    pub fn of_bit(bit: usize) -> Self {
        match bit.checked_sub(LOG_LANES) {
            None => Self::Interleaved { log_stride: bit },
            Some(log_run) => Self::Strided { run: 1 << log_run },
        }
    }
}

/// Sixteen values of either field.
pub trait Block: Copy + Send + Sync + 'static {
    /// Sums of products of such values and extension elements.
    type Sum: Default + Send;
    /// Sixteen zeros.
    const ZERO: &'static Self;

    /// Separates 32 values by the bit `log_stride` of their index.
    fn separate(values: [&Self; 2], log_stride: usize, low: &mut Self, high: &mut Self);
    /// `out = high - low`.
    fn subtract(high: &Self, low: &Self, out: &mut Self);
    /// `out = low + r (high - low)`.
    fn fold(folder: &Folder, low: &Self, high: &Self, out: &mut Pack);
    /// Adds products to a sum.
    fn add_products(sum: &mut Self::Sum, values: &[Self], weights: &[Pack]);
    /// The sum.
    fn finish(sum: &Self::Sum) -> Sextic;
}

/// A challenge, prepared for both fields.
pub struct Folder {
    extension: Multiplier<Native>,
    /// Base-field words are canonical, so they take the challenge with one more Montgomery factor.
    base: Multiplier<Native>,
    lift: Multiplier<Native>,
}

impl Folder {
    /// Prepares a challenge.
    #[must_use]
    pub fn new(challenge: Sextic) -> Self {
        Self {
            extension: Multiplier::splat(challenge),
            base: Multiplier::splat(challenge.scale(words::R)),
            lift: Multiplier::splat(Sextic::ONE.scale(words::R)),
        }
    }
}

impl Block for Pack {
    type Sum = ExtensionSum<Native>;
    const ZERO: &'static Self = &ZERO_PACK;

    #[inline(always)]
    fn separate([first, second]: [&Self; 2], log_stride: usize, low: &mut Self, high: &mut Self) {
        let outputs = low.iter_mut().zip(high);
        for ((first, second), (low, high)) in first.iter().zip(second).zip(outputs) {
            Native::separate([first, second], log_stride, low, high);
        }
    }

    #[inline(always)]
    fn subtract(high: &Self, low: &Self, out: &mut Self) {
        packed::for_each_part::<Native>(out, high, low, packed::sub);
    }

    #[inline(always)]
    fn fold(folder: &Folder, low: &Self, high: &Self, out: &mut Pack) {
        packed::fold(&folder.extension, low, high, out);
    }

    #[inline(always)]
    fn add_products(sum: &mut Self::Sum, values: &[Self], weights: &[Pack]) {
        sum.add(values, weights);
    }

    fn finish(sum: &Self::Sum) -> Sextic {
        sum.finish()
    }
}

impl Block for Plane {
    type Sum = BaseSum<Native>;
    const ZERO: &'static Self = &[0; LANES];

    #[inline(always)]
    fn separate(values: [&Self; 2], log_stride: usize, low: &mut Self, high: &mut Self) {
        Native::separate(values, log_stride, low, high);
    }

    #[inline(always)]
    fn subtract(high: &Self, low: &Self, out: &mut Self) {
        for part in 0..Native::PARTS {
            let difference = Native::load(high, part).sub(Native::load(low, part));
            difference.store(out, part);
        }
    }

    #[inline(always)]
    fn fold(folder: &Folder, low: &Self, high: &Self, out: &mut Pack) {
        for part in 0..Native::PARTS {
            let (low, high) = (Native::load(low, part), Native::load(high, part));
            let mut value = folder.base.multiply_base(high.sub(low));
            value[0] = value[0].add(folder.lift.multiply_base_constant(low));
            packed::store(value, out, part);
        }
    }

    #[inline(always)]
    fn add_products(sum: &mut Self::Sum, values: &[Self], weights: &[Pack]) {
        sum.add(values, weights);
    }

    fn finish(sum: &Self::Sum) -> Sextic {
        sum.finish()
    }
}

/// A vector of either field, in blocks.
pub trait Source: Sync {
    /// Its blocks.
    type Block: Block;

    /// Block `index`, if the vector reaches so far.
    fn get(&self, index: usize) -> Option<&Self::Block>;

    /// Blocks that are contiguous in memory.
    fn slice(&self, start: usize, count: usize) -> Option<&[Self::Block]>;

    /// The lower values of `count` blocks of pairs from number `start` on, where they are contiguous in memory.
    #[inline(always)]
    fn low_run(&self, pairing: Pairing, start: usize, count: usize) -> Option<&[Self::Block]> {
        let Pairing::Strided { run } = pairing else {
            return None;
        };
        let low = start / run * 2 * run + start % run;
        let together = start % run + count <= run;
        together.then(|| self.slice(low, count)).flatten()
    }

    /// The lower and the upper values of block `index` of pairs; `room` is where they are put when they share blocks.
    #[inline(always)]
    fn pair<'a>(
        &'a self,
        pairing: Pairing,
        index: usize,
        room: &'a mut [Self::Block; 2],
    ) -> [&'a Self::Block; 2] {
        let block = |index| self.get(index).unwrap_or(Self::Block::ZERO);
        match pairing {
            Pairing::Interleaved { log_stride } => {
                let [low, high] = room;
                let both = [block(2 * index), block(2 * index + 1)];
                Self::Block::separate(both, log_stride, low, high);
                [low, high]
            }
            Pairing::Strided { run } => {
                let low = index / run * 2 * run + index % run;
                [block(low), block(low + run)]
            }
        }
    }
}

impl Source for [Pack] {
    type Block = Pack;

    #[inline(always)]
    fn get(&self, index: usize) -> Option<&Pack> {
        <[Pack]>::get(self, index)
    }

    fn slice(&self, start: usize, count: usize) -> Option<&[Pack]> {
        <[Pack]>::get(self, start..start + count)
    }
}

impl Source for Planes<'_> {
    type Block = Plane;

    #[inline(always)]
    fn get(&self, index: usize) -> Option<&Plane> {
        Planes::get(self, index)
    }

    fn slice(&self, start: usize, count: usize) -> Option<&[Plane]> {
        Planes::slice(self, start, count)
    }
}

/// Binds a variable in the pairs from number `start` on, as many as `out` has packs.
#[inline(always)]
pub fn fold_range<S: Source + ?Sized>(
    values: &S,
    folder: &Folder,
    pairing: Pairing,
    start: usize,
    out: &mut [Pack],
) {
    let mut room = [*S::Block::ZERO; 2];
    for (offset, out) in out.iter_mut().enumerate() {
        let [low, high] = values.pair(pairing, start + offset, &mut room);
        S::Block::fold(folder, low, high, out);
    }
}

/// Binds the variable of `bit` to `challenge`: `out[i] = low + challenge (high - low)` over the pairs in order.
pub fn fold<S: Source + ?Sized>(values: &S, challenge: Sextic, bit: usize, out: &mut [Pack]) {
    let (folder, pairing) = (Folder::new(challenge), Pairing::of_bit(bit));
    let chunks = out.par_chunks_mut(GRAIN).enumerate();
    chunks.for_each(|(chunk, out)| fold_range(values, &folder, pairing, chunk * GRAIN, out));
}
