//! Columns of a table, read a unit of rows at a time.

use hstar_field::packed::{self, Factor};
use hstar_field::{LANES, Lanes, Pack, Plane, Sextic, words};

use super::as_packs;
use super::registers::{Base, Column, Extension, multiply_words};

/// A table as the facade hands it over.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    words: &'a [u32],
    height: usize,
    coordinate: Option<Factor>,
}

impl<'a> Table<'a> {
    /// Base elements `[columns, height]`, canonical, or packed extension elements `[columns, ceil(height / 16), 6, 16]`.
    #[must_use]
    pub fn new(words: &'a [u32], height: usize) -> Self {
        Self {
            words,
            height,
            coordinate: None,
        }
    }

    /// Extension elements that are not written down: base elements, `height` of them, with the lowest row variable
    /// bound to a coordinate.
    #[must_use]
    pub fn bound(words: &'a [u32], height: usize, coordinate: Sextic) -> Self {
        Self {
            words,
            height,
            coordinate: Some(Factor::new(coordinate)),
        }
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// Rows `32 pack ..` of a column of base elements, without what lies beyond the height.
    fn base_words(&self, column: usize, first: usize, count: usize) -> &'a [u32] {
        let column = &self.words[column * self.height..(column + 1) * self.height];
        &column[first.min(self.height)..(first + count).min(self.height)]
    }

    fn packs(&self, column: usize) -> &'a [Pack] {
        let packs = self.height.div_ceil(LANES);
        &as_packs(self.words)[column * packs..(column + 1) * packs]
    }
}

/// The square of the Montgomery factor: multiplying a canonical word by it gives its Montgomery word.
const R_SQUARED: u32 = words::mul(words::R, words::R);

fn plane(words: &[u32]) -> Plane {
    let mut plane = [0; LANES];
    plane[..words.len()].copy_from_slice(words);
    plane
}

/// Reading from a table into column registers.
pub trait Source<L: Lanes>: Column<L> {
    /// Rows `16 pack ..`, part `part`.
    fn rows(table: &Table<'_>, column: usize, pack: usize, part: usize) -> Self;
    /// The even and the odd ones of rows `32 pack ..`, part `part` of each.
    fn pairs(table: &Table<'_>, column: usize, pack: usize, part: usize) -> (Self, Self);
}

impl<L: Lanes> Source<L> for Base<L> {
    #[inline(always)]
    fn rows(table: &Table<'_>, column: usize, pack: usize, part: usize) -> Self {
        let words = table.base_words(column, LANES * pack, LANES);
        let word = match words.first_chunk() {
            Some(full) => L::load(full, part),
            None => L::load(&plane(words), part),
        };
        Self(multiply_words(word, L::splat(R_SQUARED)))
    }

    #[inline(always)]
    fn pairs(table: &Table<'_>, column: usize, pack: usize, part: usize) -> (Self, Self) {
        let words = table.base_words(column, 2 * LANES * pack, 2 * LANES);
        let (even, odd) = match words.as_chunks::<LANES>().0 {
            [low, high] => packed::separate::<1>(low, high),
            _ => {
                let (low, high) = words.split_at(words.len().min(LANES));
                packed::separate::<1>(&plane(low), &plane(high))
            }
        };
        let factor = L::splat(R_SQUARED);
        (
            Self(multiply_words(L::load(&even, part), factor)),
            Self(multiply_words(L::load(&odd, part), factor)),
        )
    }
}

impl<L: Lanes> Source<L> for Extension<L> {
    #[inline(always)]
    fn rows(table: &Table<'_>, column: usize, pack: usize, part: usize) -> Self {
        table
            .packs(column)
            .get(pack)
            .map_or(Self::zero(), |pack| Self(packed::load(pack, part)))
    }

    #[inline(always)]
    fn pairs(table: &Table<'_>, column: usize, pack: usize, part: usize) -> (Self, Self) {
        if let Some(coordinate) = &table.coordinate {
            return bound_pairs(table, coordinate, column, pack, part);
        }
        let packs = table.packs(column);
        let zero = [0; LANES];
        let mut both = [[L::splat(0); 6]; 2];
        for k in 0..6 {
            let at = |index: usize| packs.get(index).map_or(&zero, |pack| &pack[k]);
            let (even, odd) = packed::separate::<1>(at(2 * pack), at(2 * pack + 1));
            both[0][k] = L::load(&even, part);
            both[1][k] = L::load(&odd, part);
        }
        (Self(both[0]), Self(both[1]))
    }
}

/// Rows `64 pack ..` of base elements make 16 pairs of bound rows: of rows `4 i .. 4 i + 3` the first two make one, the
/// others the other.
#[inline(always)]
fn bound_pairs<L: Lanes>(
    table: &Table<'_>,
    coordinate: &Factor,
    column: usize,
    pack: usize,
    part: usize,
) -> (Extension<L>, Extension<L>) {
    let words = table.base_words(column, 4 * LANES * pack, 4 * LANES);
    let mut quarters = [[0; LANES]; 4];
    let (full, rest) = words.as_chunks::<LANES>();
    quarters[..full.len()].copy_from_slice(full);
    if !rest.is_empty() {
        quarters[full.len()] = plane(rest);
    }
    let (even_low, odd_low) = packed::separate::<1>(&quarters[0], &quarters[1]);
    let (even_high, odd_high) = packed::separate::<1>(&quarters[2], &quarters[3]);
    let (first, third) = packed::separate::<1>(&even_low, &even_high);
    let (second, fourth) = packed::separate::<1>(&odd_low, &odd_high);
    let multiplier = coordinate.multiplier::<L>();
    let bind = |low: &Plane, high: &Plane| {
        let [low, high] =
            [low, high].map(|words| multiply_words(L::load(words, part), L::splat(R_SQUARED)));
        let mut value = multiplier.multiply_base(high.sub(low));
        value[0] = value[0].add(low);
        Extension(value)
    };
    (bind(&first, &second), bind(&third, &fourth))
}
