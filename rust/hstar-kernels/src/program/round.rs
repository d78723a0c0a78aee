//! A sumcheck round: the weighted sum of a program's output over pairs of rows, at several points of the line through
//! each pair.

use hstar_field::packed::{self, Part};
use hstar_field::sums::total;
use hstar_field::{Lanes, Native, Pack, Sextic, ZERO_PACK};
use rayon::prelude::*;

use super::interpreter::{Program, Registers, Values};
use super::registers::{Base, Extension};
use super::tables::{Source, Table};

/// Column registers that fit the first-level cache beside everything else: 24 KiB of 64-byte registers.
const CACHED_REGISTERS: usize = 384;

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
    let registers = program.num_column_registers + program.num_columns;
    let found = if over_extension {
        sum::<Native, Extension<Native>, 1>(program, values, table, weights, points)
    } else if registers * 4 <= CACHED_REGISTERS {
        sum::<Native, Base<Native>, 4>(program, values, table, weights, points)
    } else {
        sum::<Native, Base<Native>, 2>(program, values, table, weights, points)
    };
    sums.copy_from_slice(&found);
}

/// What a thread keeps between blocks.
struct State<L: Lanes, C, const B: usize> {
    registers: Registers<L, C, B>,
    slopes: Vec<[C; B]>,
    sums: Vec<Part<L>>,
}

fn sum<L: Lanes + Send + Sync, C: Source<L>, const B: usize>(
    program: &Program<'_>,
    values: &Values,
    table: &Table<'_>,
    weights: &[Pack],
    points: &[usize],
) -> Vec<Sextic> {
    let blocks = (weights.len() * L::PARTS).div_ceil(B);
    let per_task = blocks.div_ceil(8 * rayon::current_num_threads()).max(1);
    (0..blocks.div_ceil(per_task))
        .into_par_iter()
        .map(|task| {
            let mut state = State::<L, C, B> {
                registers: Registers::new(program),
                slopes: vec![[C::zero(); B]; program.num_columns],
                sums: vec![[L::splat(0); 6]; points.len()],
            };
            for block in task * per_task..((task + 1) * per_task).min(blocks) {
                add_block(&mut state, program, values, table, weights, points, block);
            }
            state.sums.into_iter().map(horizontal).collect::<Vec<_>>()
        })
        .reduce(
            || vec![Sextic::ZERO; points.len()],
            |a, b| a.into_iter().zip(b).map(|(a, b)| a + b).collect(),
        )
}

/// Adds `B` units of pairs. A unit beyond the end has weight zero.
#[inline]
fn add_block<L: Lanes + Send + Sync, C: Source<L>, const B: usize>(
    state: &mut State<L, C, B>,
    program: &Program<'_>,
    values: &Values,
    table: &Table<'_>,
    weights: &[Pack],
    points: &[usize],
    block: usize,
) {
    let place = |unit: usize| ((block * B + unit) / L::PARTS, (block * B + unit) % L::PARTS);
    for column in 0..program.num_columns {
        for unit in 0..B {
            let (pack, part) = place(unit);
            let (even, odd) = C::pairs(table, column, pack, part);
            state.registers.columns[column][unit] = even;
            state.slopes[column][unit] = odd.sub(even);
        }
    }
    let weights: [Part<L>; B] = core::array::from_fn(|unit| {
        let (pack, part) = place(unit);
        packed::load(weights.get(pack).unwrap_or(&ZERO_PACK), part)
    });
    let output = program.outputs[0] as usize;
    let mut reached = 0;
    for (sum, &point) in state.sums.iter_mut().zip(points) {
        while reached < point {
            reached += 1;
            let columns = state.registers.columns.iter_mut();
            for (column, slope) in columns.zip(&state.slopes) {
                for (value, &slope) in column.iter_mut().zip(slope) {
                    *value = value.add(slope);
                }
            }
        }
        state.registers.run(program, values);
        for (&weight, &value) in weights.iter().zip(&state.registers.extensions[output]) {
            let product = packed::multiply(weight, value);
            *sum = packed::add(*sum, product);
        }
    }
}

/// The sum over the lanes.
fn horizontal<L: Lanes>(part: Part<L>) -> Sextic {
    let mut pack = ZERO_PACK;
    packed::store(part, &mut pack, 0);
    total(&[pack])
}
