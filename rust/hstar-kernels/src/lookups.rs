//! Counting how often each row of a lookup table is asked for.

use rayon::prelude::*;

use crate::integers::{BLOCK, Block, Plan, Program, plan, run};

/// The rows that can be asked for. The leading fields of a message name a row, the others must be that row's.
pub struct Table<'a> {
    /// `[least value, number of values]` of each leading field.
    pub ranges: &'a [[u64; 2]],
    /// The row of every tuple of leading fields, the first field slowest; negative where there is none.
    pub rows: &'a [i32],
    /// The other fields, one after the other, `num_rows` values each.
    pub others: &'a [u32],
    /// Rows of the table.
    pub num_rows: usize,
}

impl Table<'_> {
    fn num_fields(&self) -> usize {
        self.ranges.len() + self.others.len() / self.num_rows.max(1)
    }

    /// The row that equals a message, whose fields stand in these slots.
    fn find(&self, slots: &[(usize, usize)], values: &[Block], lane: usize) -> Option<usize> {
        let (leading, others) = slots.split_at(self.ranges.len());
        let mut key = 0;
        for (&(_, slot), &[least, size]) in leading.iter().zip(self.ranges) {
            let digit = values[slot][lane].wrapping_sub(least);
            if digit >= size {
                return None;
            }
            key = key * size + digit;
        }
        let row = usize::try_from(self.rows[key as usize]).ok()?;
        let mut fields = self.others.chunks_exact(self.num_rows);
        others
            .iter()
            .all(|&(_, slot)| {
                let field = fields.next();
                field.is_some_and(|field| values[slot][lane] == u64::from(field[row]))
            })
            .then_some(row)
    }
}

/// What one task found: how often each row was asked for, and the first message that no row is.
type Found = (Vec<u32>, Option<(usize, usize)>);

/// Counts messages of all rows of `columns` (`[width][height]`).
///
/// The program puts out, for one interaction after the other, the multiplicity and the fields of its message; a message
/// with multiplicity 0 is not asked for. Returns row and interaction of the first message that the table does not hold.
pub fn count(
    program: &Program<'_>,
    columns: &[u32],
    height: usize,
    table: &Table<'_>,
    counts: &mut [u64],
) -> Option<(usize, usize)> {
    let plan = plan(program);
    let num_blocks = height.div_ceil(BLOCK);
    let per_task = num_blocks.div_ceil(rayon::current_num_threads()).max(1);
    let found: Vec<Found> = (0..num_blocks.div_ceil(per_task))
        .into_par_iter()
        .map(|task| {
            let blocks = task * per_task..((task + 1) * per_task).min(num_blocks);
            count_blocks(&plan, program.constants, columns, height, table, blocks)
        })
        .collect();
    for (part, _) in &found {
        for (count, &more) in counts.iter_mut().zip(part) {
            *count += u64::from(more);
        }
    }
    found.iter().find_map(|(_, missing)| *missing)
}

fn count_blocks(
    plan: &Plan,
    constants: &[u64],
    columns: &[u32],
    height: usize,
    table: &Table<'_>,
    blocks: core::ops::Range<usize>,
) -> Found {
    let mut counts = vec![0; table.num_rows];
    let mut missing: Option<(usize, usize)> = None;
    let mut values = vec![[0; BLOCK]; plan.num_slots];
    for block in blocks {
        let start = block * BLOCK;
        let load = |column: usize, out: &mut Block| {
            let rows = &columns[column * height..(column + 1) * height][start..];
            for (out, &row) in out.iter_mut().zip(rows) {
                *out = u64::from(row);
            }
        };
        run(plan, constants, load, &mut values);
        let messages = plan.outputs.chunks_exact(1 + table.num_fields());
        for (interaction, slots) in messages.enumerate() {
            for lane in 0..BLOCK.min(height - start) {
                if values[slots[0].1][lane] == 0 {
                    continue;
                }
                if let Some(row) = table.find(&slots[1..], &values, lane) {
                    counts[row] += 1;
                } else {
                    let place = (start + lane, interaction);
                    missing = Some(missing.map_or(place, |first| first.min(place)));
                }
            }
        }
    }
    (counts, missing)
}
