//! Vectors of extension elements: elementwise arithmetic and sums.
//!
//! Layout: a vector is a slice of packs of 16 elements; lanes beyond its length are zero, which all of these keep.

use hstar_field::packed::{self, Multiplier, Part};
use hstar_field::sums::{self, BaseSum, ExtensionSum};
use hstar_field::{LANES, Native, Pack, Plane, Sextic, ZERO_PACK, words};
use rayon::prelude::*;

/// Packs that one task works on at least: some tens of microseconds.
pub const GRAIN: usize = 256;

/// Whether every word is below the modulus.
#[must_use]
pub fn all_canonical(values: &[u32]) -> bool {
    values
        .par_chunks(GRAIN * LANES * 6)
        .all(words::all_canonical)
}

/// Words of extension vectors as packs.
#[must_use]
pub fn as_packs(values: &[u32]) -> &[Pack] {
    values.as_chunks::<LANES>().0.as_chunks::<6>().0
}

/// Words of extension vectors as packs.
#[must_use]
pub fn as_packs_mut(values: &mut [u32]) -> &mut [Pack] {
    values.as_chunks_mut::<LANES>().0.as_chunks_mut::<6>().0
}

/// Base-field elements as planes; the last one is copied when it is not full.
pub struct Planes<'a> {
    full: &'a [Plane],
    rest: Option<Plane>,
}

impl<'a> Planes<'a> {
    /// Splits `values`.
    #[must_use]
    pub fn new(values: &'a [u32]) -> Self {
        let (full, rest) = values.as_chunks::<LANES>();
        let padded = || core::array::from_fn(|lane| rest.get(lane).copied().unwrap_or(0));
        Self {
            full,
            rest: (!rest.is_empty()).then(padded),
        }
    }

    /// How many planes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.full.len() + usize::from(self.rest.is_some())
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Plane `index`, if there is one.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Plane> {
        match index.checked_sub(self.full.len()) {
            None => self.full.get(index),
            Some(0) => self.rest.as_ref(),
            Some(_) => None,
        }
    }

    /// Planes that are contiguous in memory.
    #[must_use]
    pub fn slice(&self, start: usize, count: usize) -> Option<&[Plane]> {
        self.full.get(start..start + count)
    }

    /// Adds the products with `packs`, which start at plane `start`, to a sum.
    pub fn add_products(&self, sum: &mut BaseSum<Native>, start: usize, packs: &[Pack]) {
        let end = self.full.len().min(start + packs.len());
        let full = self.full.get(start..end).unwrap_or(&[]);
        let (paired, left) = packs.split_at(full.len());
        sum.add(full, paired);
        if let (Some(pack), Some(plane)) = (left.first(), &self.rest) {
            sum.add(&[*plane], &[*pack]);
        }
    }
}

/// Multiplies words by a constant that is given as a word: a factor of `2^-32` goes with it.
fn words_multiplier(word: u32) -> Multiplier<Native> {
    Multiplier::splat(Sextic([word, 0, 0, 0, 0, 0]))
}

/// Packs rows of six canonical coefficients.
pub fn pack(rows: &[u32], out: &mut [Pack]) {
    let multiplier = words_multiplier(words::mul(words::R, words::R));
    let rows = rows.as_chunks::<6>().0;
    let tasks = out
        .par_chunks_mut(GRAIN)
        .zip(rows.par_chunks(GRAIN * LANES));
    tasks.for_each(|(out, rows)| {
        for (out, rows) in out.iter_mut().zip(rows.chunks(LANES)) {
            let mut pack = ZERO_PACK;
            for (lane, row) in rows.iter().enumerate() {
                Sextic(*row).to_lane(&mut pack, lane);
            }
            packed::scale_words(&multiplier, &pack, out);
        }
    });
}

/// Writes elements as rows of six canonical coefficients.
pub fn unpack(packs: &[Pack], rows: &mut [u32]) {
    let multiplier = words_multiplier(1);
    let rows = rows.as_chunks_mut::<6>().0;
    let tasks = rows
        .par_chunks_mut(GRAIN * LANES)
        .zip(packs.par_chunks(GRAIN));
    tasks.for_each(|(rows, packs)| {
        let mut canonical = ZERO_PACK;
        for (rows, pack) in rows.chunks_mut(LANES).zip(packs) {
            packed::scale_words(&multiplier, pack, &mut canonical);
            for (lane, row) in rows.iter_mut().enumerate() {
                *row = Sextic::of_lane(&canonical, lane).0;
            }
        }
    });
}

fn zip(
    out: &mut [Pack],
    a: &[Pack],
    b: &[Pack],
    f: impl Fn(Part<Native>, Part<Native>) -> Part<Native> + Sync,
) {
    out.par_chunks_mut(GRAIN)
        .zip(a.par_chunks(GRAIN).zip(b.par_chunks(GRAIN)))
        .for_each(|(out, (a, b))| {
            for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
                packed::for_each_part::<Native>(out, a, b, &f);
            }
        });
}

/// `out = a + b`.
pub fn add(a: &[Pack], b: &[Pack], out: &mut [Pack]) {
    zip(out, a, b, packed::add);
}

/// `out = a - b`.
pub fn sub(a: &[Pack], b: &[Pack], out: &mut [Pack]) {
    zip(out, a, b, packed::sub);
}

/// `out = a * b`, element by element.
pub fn mul(a: &[Pack], b: &[Pack], out: &mut [Pack]) {
    zip(out, a, b, packed::multiply);
}

/// `out = y + a * b`, element by element.
pub fn multiply_add(y: &[Pack], a: &[Pack], b: &[Pack], out: &mut [Pack]) {
    out.par_chunks_mut(GRAIN)
        .zip(y.par_chunks(GRAIN))
        .zip(a.par_chunks(GRAIN).zip(b.par_chunks(GRAIN)))
        .for_each(|((out, y), (a, b))| {
            for (((out, y), a), b) in out.iter_mut().zip(y).zip(a).zip(b) {
                *out = *y;
                packed::multiply_add::<Native>(out, a, b);
            }
        });
}

/// `out = factor * a`.
pub fn scale(a: &[Pack], factor: Sextic, out: &mut [Pack]) {
    let multiplier = Multiplier::<Native>::splat(factor);
    out.par_chunks_mut(GRAIN)
        .zip(a.par_chunks(GRAIN))
        .for_each(|(out, a)| {
            for (out, a) in out.iter_mut().zip(a) {
                packed::scale(&multiplier, a, out);
            }
        });
}

/// Packs for each task of a sum: a task ends with a reduction that is worth some hundred packs.
fn sum_grain(num_packs: usize) -> usize {
    num_packs
        .div_ceil(8 * rayon::current_num_threads())
        .max(GRAIN)
}

/// Adds up results of tasks.
pub fn total_of(parts: impl ParallelIterator<Item = Sextic>) -> Sextic {
    parts.reduce(|| Sextic::ZERO, |a, b| a + b)
}

/// `sum a b` over extension elements.
#[must_use]
pub fn dot(a: &[Pack], b: &[Pack]) -> Sextic {
    let grain = sum_grain(a.len());
    let pairs = a.par_chunks(grain).zip(b.par_chunks(grain));
    total_of(pairs.map(|(a, b)| {
        let mut sum = ExtensionSum::<Native>::default();
        sum.add(a, b);
        sum.finish()
    }))
}

/// `sum a b` over base-field elements `a`, canonical words, and extension elements `b`.
#[must_use]
pub fn dot_base(a: &[u32], b: &[Pack]) -> Sextic {
    let grain = sum_grain(b.len());
    let planes = Planes::new(a);
    total_of(b.par_chunks(grain).enumerate().map(|(index, b)| {
        let mut sum = BaseSum::<Native>::default();
        planes.add_products(&mut sum, index * grain, b);
        sum.finish()
    }))
}

/// `sum a`.
#[must_use]
pub fn total(a: &[Pack]) -> Sextic {
    total_of(a.par_chunks(sum_grain(a.len())).map(sums::total))
}
