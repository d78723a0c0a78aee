//! Columns of a table, read a unit of rows at a time.

use hstar_field::packed;
use hstar_field::{LANES, Lanes, Pack, Plane, words};

use super::as_packs;
use super::registers::{Base, Column, Extension, multiply_words};

/// A table as the facade hands it over.
#[derive(Clone, Copy)]
pub struct Table<'a> {
    words: &'a [u32],
    height: usize,
}

impl<'a> Table<'a> {
    /// Base elements `[columns, height]`, canonical, or packed extension elements `[columns, ceil(height / 16), 6, 16]`.
    #[must_use]
    pub fn new(words: &'a [u32], height: usize) -> Self {
        Self { words, height }
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
