//! Binding the lowest row variable: every pair of rows becomes one.

use hstar_field::packed::{self, Multiplier, Part};
use hstar_field::{Lanes, Native, Pack, Sextic};
use rayon::prelude::*;

use super::registers::{Base, Extension};
use super::tables::{Source, Table};

/// Writes `[columns][packs of pairs]`: `even + point * (odd - even)`.
pub fn bind_lowest(
    table: &Table<'_>,
    over_extension: bool,
    point: Sextic,
    packs_per_column: usize,
    out: &mut [Pack],
) {
    if packs_per_column == 0 {
        return;
    }
    out.par_chunks_exact_mut(packs_per_column)
        .enumerate()
        .for_each(|(column, out)| {
            if over_extension {
                bind_column::<Native, Extension<Native>>(table, column, point, out);
            } else {
                bind_column::<Native, Base<Native>>(table, column, point, out);
            }
        });
}

fn bind_column<L: Lanes, C: Source<L> + Scale<L>>(
    table: &Table<'_>,
    column: usize,
    point: Sextic,
    out: &mut [Pack],
) {
    let point = Multiplier::<L>::splat(point);
    for (pack, out) in out.iter_mut().enumerate() {
        for part in 0..L::PARTS {
            let (even, odd) = C::pairs(table, column, pack, part);
            let slope = odd.sub(even).scale(&point);
            packed::store(even.add_to(slope), out, part);
        }
    }
}

/// Multiplication by a factor that is the same in all lanes.
trait Scale<L: Lanes> {
    fn scale(self, factor: &Multiplier<L>) -> Part<L>;
}

impl<L: Lanes> Scale<L> for Base<L> {
    #[inline(always)]
    fn scale(self, factor: &Multiplier<L>) -> Part<L> {
        factor.multiply_base(self.0)
    }
}

impl<L: Lanes> Scale<L> for Extension<L> {
    #[inline(always)]
    fn scale(self, factor: &Multiplier<L>) -> Part<L> {
        factor.multiply(self.0)
    }
}
