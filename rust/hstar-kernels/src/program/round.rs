//! A sumcheck round: the weighted sum of a program's output over pairs of rows, at several points of the line through
//! each pair.

use hstar_field::packed::{self, Multiplier, Part};
use hstar_field::sums::total;
use hstar_field::{Lanes, Native, Pack, Sextic, ZERO_PACK};
use rayon::prelude::*;

use super::interpreter::{Program, Registers, Values};
use super::registers::{Base, Extension};
use super::schedule::Schedule;
use super::tables::{Source, Table};

/// Bytes of registers that leave room for a program's inputs in the first-level cache.
const CACHED_BYTES: usize = 32 << 10;

/// The sums at the given points, which ascend.
pub fn round_values(
    program: &Program<'_>,
    values: &Values,
    table: &Table<'_>,
    over_extension: bool,
    weights: &[Pack],
    points: &[usize],
    sums: &mut [Sextic],
) {
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else {
        return;
    };
    let round = Round {
        columns: program.columns_read(),
        values,
        table,
        weights,
        first,
    };
    let schedule = |width| Schedule::new(program, last - first + 1, width);
    let found = if over_extension {
        round.sum::<Native, Extension<Native>>(&schedule(1))
    } else {
        let wide = schedule(2);
        let bytes = wide.bytes(size_of::<Native>(), size_of::<Part<Native>>());
        let chosen = if bytes <= CACHED_BYTES {
            wide
        } else {
            schedule(1)
        };
        round.sum::<Native, Base<Native>>(&chosen)
    };
    for (sum, &point) in sums.iter_mut().zip(points) {
        *sum = found[point - first];
    }
}

/// What all threads read.
struct Round<'a> {
    columns: Vec<usize>,
    values: &'a Values,
    table: &'a Table<'a>,
    weights: &'a [Pack],
    first: usize,
}

impl Round<'_> {
    /// The sums at `schedule.points` points from the first on.
    fn sum<L: Lanes, C: Source<L>>(&self, schedule: &Schedule) -> Vec<Sextic> {
        let blocks = (self.weights.len() * L::PARTS).div_ceil(schedule.width);
        let per_task = blocks.div_ceil(8 * rayon::current_num_threads()).max(1);
        let tasks = (0..blocks.div_ceil(per_task)).into_par_iter();
        let sums = tasks.map(|task| {
            let mut registers = Registers::<L, C>::new(schedule);
            let mut sums = vec![[L::splat(0); 6]; schedule.points];
            for block in task * per_task..((task + 1) * per_task).min(blocks) {
                self.add_block(schedule, &mut registers, &mut sums, block);
            }
            sums.into_iter().map(horizontal).collect::<Vec<_>>()
        });
        sums.reduce(
            || vec![Sextic::ZERO; schedule.points],
            |a, b| a.into_iter().zip(b).map(|(a, b)| a + b).collect(),
        )
    }

    /// Adds `width` units of pairs. A unit beyond the end has weight zero.
    #[inline(always)]
    fn add_block<L: Lanes, C: Source<L>>(
        &self,
        schedule: &Schedule,
        registers: &mut Registers<L, C>,
        sums: &mut [Part<L>],
        block: usize,
    ) {
        let width = schedule.width;
        let place = |unit: usize| {
            (
                (block * width + unit) / L::PARTS,
                (block * width + unit) % L::PARTS,
            )
        };
        for &column in &self.columns {
            for unit in 0..width {
                let (pack, part) = place(unit);
                let (even, odd) = C::pairs(self.table, column, pack, part);
                let slope = odd.sub(even);
                let start = (0..self.first).fold(even, |value, _| value.add(slope));
                let at = schedule.columns[column] + unit;
                registers.set_column(at, start);
                if schedule.points > 1 {
                    registers.set_column(at + width, start.add(slope));
                }
            }
        }
        registers.run(schedule, self.values);
        for unit in 0..width {
            let (pack, part) = place(unit);
            let weight = packed::load(self.weights.get(pack).unwrap_or(&ZERO_PACK), part);
            let weight = Multiplier::<L>::new(weight);
            for (point, sum) in sums.iter_mut().enumerate() {
                let value = registers.extension(schedule.outputs[0] + point * width + unit);
                *sum = packed::add(*sum, weight.multiply(value));
            }
        }
    }
}

/// The sum over the lanes.
fn horizontal<L: Lanes>(part: Part<L>) -> Sextic {
    let mut pack = ZERO_PACK;
    packed::store(part, &mut pack, 0);
    total(&[pack])
}
