//! The first rounds of `sum f W` for a dense vector f of base elements and a weight W of eq tables that start anywhere.
//!
//! Both are read as columns of `2^log_height` elements, and the rounds bind variables that number columns. In a column
//! W is made of *spans*: a factor times a piece of a *table*, `eq` over the low coordinates of a range's point. Ranges
//! with the same low coordinates share a table, and where a range goes on from column to column only the factor
//! changes. So a few sums of f against tables give all products of f's columns with W's, and W is never written down
//! before some variables are bound.

use hstar_field::packed::{self, Multiplier, Part};
use hstar_field::sums::{BaseSum, CHUNK};
use hstar_field::{LANES, Lanes, Native, Pack, Plane, Sextic, ZERO_PACK, words};
use rayon::prelude::*;

use super::eq::eq_table;
use super::jagged::EqRange;

type L = Native;

/// Elements of a column in one task: the sums of a task end with some microseconds of single products.
const TASK: usize = 1 << 14;
/// Terms whose products of centred words are added before they are reduced.
const TERMS: usize = 6;

/// `eq(point, v)` for `v` below some length, one list of words a coefficient, so that any 16 neighbours can be read.
struct Table {
    point: Vec<Sextic>,
    log_length: usize,
    planes: [Vec<u32>; 6],
}

impl Table {
    fn fill(&mut self) {
        let (low, high) = self.point.split_at(self.log_length);
        let scale = (high.iter()).fold(Sextic::ONE, |product, &z| product * (Sextic::ONE - z));
        let packs = eq_table(low, scale);
        self.planes
            .par_iter_mut()
            .enumerate()
            .for_each(|(k, plane)| {
                plane.reserve_exact(packs.len() * LANES);
                packs
                    .iter()
                    .for_each(|pack| plane.extend_from_slice(&pack[k]));
            });
    }

    fn element(&self, index: usize) -> Sextic {
        Sextic(core::array::from_fn(|k| self.planes[k][index]))
    }

    /// Entries `index .. index + 16`.
    #[inline(always)]
    fn pack(&self, index: usize) -> Pack {
        core::array::from_fn(|k| {
            let words: &Plane = self.planes[k][index..]
                .first_chunk()
                .expect("inside the table");
            *words
        })
    }
}

/// A table, moved: element `y` of a column has entry `y + offset`.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Shifted {
    table: usize,
    offset: isize,
}

/// W on elements `start .. end` of one column: `factor` times the table.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
    shifted: Shifted,
    factor: Sextic,
}

/// Elements of a block of columns on which every column has one span or none.
struct Segment {
    start: usize,
    end: usize,
    /// Tables that occur.
    tables: Vec<Shifted>,
    /// Column, index in `tables`, factor.
    columns: Vec<(usize, usize, Sextic)>,
}

/// W as spans.
pub struct JaggedWeight {
    log_height: usize,
    tables: Vec<Table>,
    columns: Vec<Vec<Span>>,
}

impl JaggedWeight {
    /// The weight that is `ranges`, which do not overlap, and zero elsewhere.
    #[must_use]
    pub fn new(ranges: &[EqRange], num_columns: usize, log_height: usize) -> Self {
        let mut weight = Self {
            log_height,
            tables: Vec::new(),
            columns: (0..num_columns).map(|_| Vec::new()).collect(),
        };
        for range in ranges.iter().filter(|range| range.start < range.end) {
            weight.add(range);
        }
        weight.tables.iter_mut().for_each(Table::fill);
        weight
    }

    fn add(&mut self, range: &EqRange) {
        let height = 1 << self.log_height;
        let (low, high) = range.point.split_at(range.point.len().min(self.log_height));
        let table = self.table(low, (range.end - range.start).min(height));
        let first_offset = -((range.start % height) as isize);
        for column in range.start >> self.log_height..=(range.end - 1) >> self.log_height {
            let begin = range.start.max(column * height) - column * height;
            let end = range.end.min((column + 1) * height) - column * height;
            let turn = range.start % height;
            // Below the turn the table goes on from the column before.
            for (from, to, offset) in [
                (begin, end.min(turn), first_offset + height as isize),
                (begin.max(turn), end, first_offset),
            ] {
                if from < to {
                    let index = (column * height + from - range.start) >> self.log_height;
                    self.columns[column].push(Span {
                        start: from,
                        end: to,
                        shifted: Shifted { table, offset },
                        factor: range.scale * eq_at(high, index),
                    });
                }
            }
        }
    }

    /// The table of these coordinates, for at least `length` entries.
    fn table(&mut self, point: &[Sextic], length: usize) -> usize {
        let log_length = length.next_power_of_two().ilog2() as usize;
        if let Some(index) = self.tables.iter().position(|table| table.point == point) {
            let table = &mut self.tables[index];
            table.log_length = table.log_length.max(log_length);
            return index;
        }
        self.tables.push(Table {
            point: point.to_vec(),
            log_length,
            planes: Default::default(),
        });
        self.tables.len() - 1
    }

    /// Cuts elements `start .. end` of columns `first .. first + count` where a span begins or ends.
    fn segments(&self, first: usize, count: usize, (start, end): (usize, usize)) -> Vec<Segment> {
        let last = (first + count).min(self.columns.len());
        let spans = || (first..last).flat_map(|column| &self.columns[column]);
        let mut cuts: Vec<usize> = spans()
            .flat_map(|span| [span.start, span.end])
            .filter(|&cut| start < cut && cut < end)
            .chain([start, end])
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        let segments = cuts
            .windows(2)
            .map(|cut| self.segment(first, last, (cut[0], cut[1])));
        segments
            .filter(|segment| !segment.columns.is_empty())
            .collect()
    }

    fn segment(&self, first: usize, last: usize, (start, end): (usize, usize)) -> Segment {
        let (mut tables, mut columns) = (Vec::new(), Vec::new());
        for column in first..last {
            let covers = |span: &&Span| span.start <= start && end <= span.end;
            if let Some(span) = self.columns[column].iter().find(covers) {
                let known = tables.iter().position(|&table| table == span.shifted);
                let index = known.unwrap_or_else(|| {
                    tables.push(span.shifted);
                    tables.len() - 1
                });
                columns.push((column - first, index, span.factor));
            }
        }
        Segment {
            start,
            end,
            tables,
            columns,
        }
    }

    fn element(&self, table: Shifted, y: usize) -> Sextic {
        self.tables[table.table].element(y.wrapping_add_signed(table.offset))
    }

    #[inline(always)]
    fn pack(&self, table: Shifted, y: usize) -> Pack {
        self.tables[table.table].pack(y.wrapping_add_signed(table.offset))
    }
}

/// `eq(point, index)`.
fn eq_at(point: &[Sextic], index: usize) -> Sextic {
    let factors = point.iter().enumerate();
    factors.fold(Sextic::ONE, |product, (bit, &z)| {
        product
            * if index >> bit & 1 == 1 {
                z
            } else {
                Sextic::ONE - z
            }
    })
}

impl Segment {
    /// The part that consists of whole packs; empty ones start at the segment's end.
    fn whole_packs(&self) -> (usize, usize) {
        let (start, end) = (self.start.next_multiple_of(LANES), self.end / LANES * LANES);
        if start < end {
            (start, end)
        } else {
            (self.end, self.end)
        }
    }

    /// The elements outside of whole packs.
    fn rest(&self) -> impl Iterator<Item = usize> {
        let (start, end) = self.whole_packs();
        (self.start..start).chain(end..self.end)
    }
}

/// The planes of a piece of a column.
fn planes(column: &[u32], start: usize, end: usize) -> &[Plane] {
    column[start..end].as_chunks().0
}

/// `sum_y f_j(y) table(y)` over a segment, for each of its tables and every column of the block: `[table][j]`.
fn table_sums(weight: &JaggedWeight, segment: &Segment, columns: &[&[u32]]) -> Vec<Vec<Sextic>> {
    let (start, end) = segment.whole_packs();
    let mut tile = [ZERO_PACK; CHUNK];
    let sums = segment.tables.iter().map(|&table| {
        let mut sums = vec![BaseSum::<L>::default(); columns.len()];
        for first in (start..end).step_by(CHUNK * LANES) {
            let last = end.min(first + CHUNK * LANES);
            let tile = &mut tile[..(last - first) / LANES];
            for (index, pack) in tile.iter_mut().enumerate() {
                *pack = weight.pack(table, first + index * LANES);
            }
            for (sum, column) in sums.iter_mut().zip(columns) {
                sum.add(planes(column, first, last), tile);
            }
        }
        let mut sums: Vec<Sextic> = sums.iter().map(BaseSum::finish).collect();
        for y in segment.rest() {
            let entry = weight.element(table, y);
            for (sum, column) in sums.iter_mut().zip(columns) {
                *sum += entry.scale(column[y]);
            }
        }
        sums
    });
    sums.collect()
}

/// `M[j][k]`, the sum over blocks of `2^log_block` columns of `f_j W_k`: row after row.
#[must_use]
pub fn block_products(weight: &JaggedWeight, columns: &[&[u32]], log_block: usize) -> Vec<Sextic> {
    let (size, height) = (1 << log_block, 1 << weight.log_height);
    let task = TASK.min(height);
    let tasks_a_block = height / task;
    let num_tasks = columns.len().div_ceil(size) * tasks_a_block;
    let zeros = || vec![Sextic::ZERO; size * size];
    let add = |mut matrix: Vec<Sextic>, number: usize| {
        let first = number / tasks_a_block * size;
        let start = number % tasks_a_block * task;
        let block = &columns[first..columns.len().min(first + size)];
        for segment in weight.segments(first, size, (start, start + task)) {
            let sums = table_sums(weight, &segment, block);
            for &(k, table, factor) in &segment.columns {
                for (j, &sum) in sums[table].iter().enumerate() {
                    matrix[j * size + k] += factor * sum;
                }
            }
        }
        matrix
    };
    let sum = |a: Vec<Sextic>, b: Vec<Sextic>| a.into_iter().zip(b).map(|(a, b)| a + b).collect();
    let tasks = (0..num_tasks).into_par_iter();
    tasks.fold(zeros, add).reduce(zeros, sum)
}

/// What the columns of a block are multiplied with, centred, in every lane.
struct Factors(Vec<[<L as Lanes>::Half; 6]>);

impl Factors {
    /// Columns are canonical words, so the factors get one more Montgomery factor.
    fn new(factors: &[Sextic]) -> Self {
        let half = |word: u32| L::splat(word).centre().even();
        let factors = factors
            .iter()
            .map(|factor| factor.scale(words::R).0.map(half));
        Self(factors.collect())
    }

    /// `sum_j factor_j f_j` for pack `index` of the columns.
    #[inline(always)]
    fn combine(&self, columns: &[&[Plane]], index: usize, part: usize) -> Part<L> {
        let mut total = [L::splat(0); 6];
        for (columns, factors) in columns.chunks(TERMS).zip(self.0.chunks(TERMS)) {
            let (mut even, mut odd) = ([L::zero_half(); 6], [L::zero_half(); 6]);
            for (column, factor) in columns.iter().zip(factors) {
                let words = L::load(&column[index], part).centre();
                let (words_even, words_odd) = (words.even(), words.odd());
                for k in 0..6 {
                    even[k] = L::add_half(even[k], L::mul_signed(words_even, factor[k]));
                    odd[k] = L::add_half(odd[k], L::mul_signed(words_odd, factor[k]));
                }
            }
            let sum = core::array::from_fn(|k| L::reduce(even[k], odd[k]));
            total = packed::add(total, sum);
        }
        total
    }
}

/// Makes one column of each block: `sum_j factor_j f_j` and `sum_j factor_j W_j`.
pub fn fold_blocks(
    weight: &JaggedWeight,
    columns: &[&[u32]],
    factors: &[Sextic],
    values: &mut [Pack],
    weights: &mut [Pack],
) {
    let height = 1 << weight.log_height;
    let task = TASK.min(height);
    let size = factors.len();
    let tasks = values
        .par_chunks_mut(task / LANES)
        .zip(weights.par_chunks_mut(task / LANES));
    tasks.enumerate().for_each(|(number, (values, weights))| {
        let first = number / (height / task) * size;
        let start = number % (height / task) * task;
        let block = &columns[first..columns.len().min(first + size)];
        let splats = Factors::new(factors);
        let block: Vec<_> = block
            .iter()
            .map(|column| planes(column, start, start + task))
            .collect();
        for (index, out) in values.iter_mut().enumerate() {
            for part in 0..L::PARTS {
                packed::store(splats.combine(&block, index, part), out, part);
            }
        }
        weights.fill(ZERO_PACK);
        for segment in weight.segments(first, size, (start, start + task)) {
            fold_segment(weight, &segment, factors, start, weights);
        }
    });
}

/// Writes the folded weight of a segment; `out` begins at element `origin`.
fn fold_segment(
    weight: &JaggedWeight,
    segment: &Segment,
    factors: &[Sextic],
    origin: usize,
    out: &mut [Pack],
) {
    let (start, end) = segment.whole_packs();
    for (index, &table) in segment.tables.iter().enumerate() {
        let columns = segment.columns.iter().filter(|column| column.1 == index);
        let factor = columns.fold(Sextic::ZERO, |sum, &(j, _, factor)| {
            sum + factors[j] * factor
        });
        let multiplier = Multiplier::<L>::splat(factor);
        for y in (start..end).step_by(LANES) {
            let (entries, out) = (weight.pack(table, y), &mut out[(y - origin) / LANES]);
            for part in 0..L::PARTS {
                let product = multiplier.multiply(packed::load(&entries, part));
                packed::store(packed::add(packed::load(out, part), product), out, part);
            }
        }
        for y in segment.rest() {
            let (pack, lane) = (&mut out[(y - origin) / LANES], (y - origin) % LANES);
            (Sextic::of_lane(pack, lane) + factor * weight.element(table, y)).to_lane(pack, lane);
        }
    }
}
