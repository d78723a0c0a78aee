//! The dense vector and its weight: row-major bundles, and eq tables that start anywhere.

use hstar_field::packed::{self, Multiplier};
use hstar_field::{LANES, Lanes, Native, Pack, Sextic, ZERO_PACK};
use rayon::prelude::*;

use super::eq::eq_table;

type L = Native;

/// Shorter ranges are written element by element.
const SHORT: usize = 4 * LANES;
/// Packs of one task.
const TASK: usize = 256;
/// Rows whose cells are written together; they stay in the first-level cache for widths up to 128.
const ROWS: usize = 64;

/// `scale * eq(point, x - start)` for `x` from `start` up to `end`.
pub struct EqRange {
    /// First index.
    pub start: usize,
    /// One past the last index; at most `2^len(point)` after the first.
    pub end: usize,
    /// Coordinates, that of the lowest bit first.
    pub point: Vec<Sextic>,
    /// Factor.
    pub scale: Sextic,
}

impl EqRange {
    /// The same range without the coordinates whose bit is zero in all of it.
    fn trimmed(&self) -> Self {
        let bits = (self.end - self.start).next_power_of_two().ilog2() as usize;
        let (low, high) = self.point.split_at(bits);
        let factors = high.iter().map(|&z| Sextic::ONE - z);
        Self {
            point: low.to_vec(),
            scale: factors.fold(self.scale, |scale, factor| scale * factor),
            ..*self
        }
    }
}

/// Writes every range; what no range covers stays as it is. Ranges must not overlap.
pub fn fill_eq_ranges(ranges: &[EqRange], out: &mut [Pack]) {
    let used = ranges.iter().filter(|range| range.end > range.start);
    for range in &used.map(EqRange::trimmed).collect::<Vec<_>>() {
        if range.end - range.start < SHORT {
            let table = eq_table(&range.point, range.scale);
            write_lanes(out, range.start, range.end, |index| {
                Sextic::of_packs(&table, index - range.start)
            });
        } else {
            fill_long(range, out);
        }
    }
}

fn write_lanes(out: &mut [Pack], start: usize, end: usize, value: impl Fn(usize) -> Sextic) {
    for index in start..end {
        value(index).to_lane(&mut out[index / LANES], index % LANES);
    }
}

/// The table of the four lowest coordinates, turned so that its entries stand in the right lanes, times the table of the
/// others: a pack takes its factor from one entry of it, or from two neighbours where the start is not aligned.
fn fill_long(range: &EqRange, out: &mut [Pack]) {
    let &EqRange {
        start,
        end,
        ref point,
        scale,
    } = range;
    let bits = LANES.ilog2() as usize;
    let low = eq_table(&point[..bits], scale);
    let high = eq_table(&point[bits..], Sextic::ONE);
    let shift = start % LANES;
    let mut turned = ZERO_PACK;
    for (plane, source) in turned.iter_mut().zip(&low[0]) {
        for (lane, word) in plane.iter_mut().enumerate() {
            *word = source[(lane + LANES - shift) % LANES];
        }
    }
    let (first, last) = (start.div_ceil(LANES), end / LANES);
    out[first..last]
        .par_chunks_mut(TASK)
        .enumerate()
        .for_each(|(task, chunk)| {
            let first_block = first + task * TASK - start / LANES;
            for (index, pack) in chunk.iter_mut().enumerate() {
                let block = first_block + index;
                let upper = Sextic::of_packs(&high, block);
                let lower = if shift == 0 {
                    upper
                } else {
                    Sextic::of_packs(&high, block - 1)
                };
                let factors: Pack = core::array::from_fn(|plane| {
                    core::array::from_fn(|lane| {
                        if lane < shift {
                            lower.0[plane]
                        } else {
                            upper.0[plane]
                        }
                    })
                });
                for part in 0..L::PARTS {
                    let product = Multiplier::<L>::new(packed::load(&turned, part))
                        .multiply(packed::load(&factors, part));
                    packed::store::<L>(product, pack, part);
                }
            }
        });
    let at = |index: usize| {
        Sextic::of_packs(&low, (index - start) % LANES)
            * Sextic::of_packs(&high, (index - start) / LANES)
    };
    write_lanes(out, start, first * LANES, at);
    write_lanes(out, last * LANES, end, at);
}

/// Writes columns as rows of `width` cells; cells without a column become zero.
///
/// `columns` holds `height` words a column, one column after the other.
pub fn lay_out_rows(columns: &[u32], height: usize, width: usize, cells: &mut [u32]) {
    if height == 0 {
        return;
    }
    cells
        .par_chunks_mut(ROWS * width)
        .enumerate()
        .for_each(|(task, rows)| {
            rows.fill(0);
            let first = task * ROWS;
            for (column, values) in columns.chunks_exact(height).enumerate() {
                for (row, &value) in rows.chunks_exact_mut(width).zip(&values[first..]) {
                    row[column] = value;
                }
            }
        });
}
