//! Straight-line programs over 64-bit integers, run on blocks of records: how a table is filled.

use rayon::prelude::*;

use hstar_field::MODULUS;

/// Records of one block: a value of a block is 512 bytes, so a hundred live values stay near the processor.
pub(crate) const BLOCK: usize = 64;
pub(crate) type Block = [u64; BLOCK];

/// A program as the facade hands it over, with checked indices.
pub struct Program<'a> {
    /// `[opcode, first, second, third]`
    pub instructions: &'a [[u32; 4]],
    /// Values of constants.
    pub constants: &'a [u64],
    /// `[column, node]`
    pub outputs: &'a [[u32; 2]],
}

const NUM_OPCODES: usize = 17;
const NUM_OPERANDS: [usize; NUM_OPCODES] = [1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1];
const CONSTANT: u32 = 0;
const FIELD: u32 = 1;
const REMAINDER: u32 = 11;
/// `x % p` for the field's modulus, which has a fast path.
const REMAINDER_BY_MODULUS: u32 = 17;

/// An instruction with slots of live values instead of nodes.
struct Step {
    opcode: u32,
    destination: usize,
    operands: [usize; 3],
}

/// A program in which a slot is used again when its value is dead.
pub(crate) struct Plan {
    steps: Vec<Step>,
    /// `(column, slot)`
    pub(crate) outputs: Vec<(usize, usize)>,
    pub(crate) num_slots: usize,
}

fn operands(instruction: &[u32; 4]) -> &[u32] {
    let opcode = instruction[0];
    let count = if opcode == CONSTANT || opcode == FIELD {
        0
    } else {
        NUM_OPERANDS[opcode as usize]
    };
    &instruction[1..=count]
}

pub(crate) fn plan(program: &Program<'_>) -> Plan {
    let end = program.instructions.len();
    let mut last_use = vec![None; end];
    for (node, instruction) in program.instructions.iter().enumerate() {
        for &operand in operands(instruction) {
            last_use[operand as usize] = Some(node);
        }
    }
    for &[_, node] in program.outputs {
        last_use[node as usize] = Some(end);
    }
    let is_modulus = |node: u32| {
        let [opcode, index, ..] = program.instructions[node as usize];
        opcode == CONSTANT && program.constants[index as usize] == u64::from(MODULUS)
    };
    let mut slots = vec![0; end];
    let (mut free, mut num_slots) = (Vec::new(), 0);
    let mut steps = Vec::with_capacity(end);
    for (node, instruction) in program.instructions.iter().enumerate() {
        let mut inputs = [instruction[1] as usize, 0, 0];
        let used = operands(instruction);
        for (input, &operand) in inputs.iter_mut().zip(used) {
            *input = slots[operand as usize];
        }
        // A destination never shares a slot with an operand: blocks are written while they are read.
        let destination = free.pop().unwrap_or_else(|| {
            num_slots += 1;
            num_slots - 1
        });
        slots[node] = destination;
        for (index, &operand) in used.iter().enumerate() {
            let seen = used[..index].contains(&operand);
            if last_use[operand as usize] == Some(node) && !seen {
                free.push(slots[operand as usize]);
            }
        }
        if last_use[node].is_none() {
            free.push(destination);
        }
        let fast = instruction[0] == REMAINDER && is_modulus(instruction[2]);
        steps.push(Step {
            opcode: if fast {
                REMAINDER_BY_MODULUS
            } else {
                instruction[0]
            },
            destination,
            operands: inputs,
        });
    }
    let outputs = program
        .outputs
        .iter()
        .map(|&[column, node]| (column as usize, slots[node as usize]))
        .collect();
    Plan {
        steps,
        outputs,
        num_slots,
    }
}

/// Fills the columns of `table` (`[columns][height]`) that the program puts out, cut off at `2^32 - 1`.
pub fn fill_columns(program: &Program<'_>, records: &[u64], height: usize, table: &mut [u32]) {
    if height == 0 || program.outputs.is_empty() {
        return;
    }
    let plan = plan(program);
    let num_blocks = height.div_ceil(BLOCK);
    let per_task = num_blocks.div_ceil(4 * rayon::current_num_threads());
    let rows_per_task = per_task * BLOCK;
    // One bundle of column pieces for every task.
    let mut tasks: Vec<Vec<&mut [u32]>> = Vec::new();
    tasks.resize_with(height.div_ceil(rows_per_task), Vec::new);
    for column in table.chunks_exact_mut(height) {
        for (task, piece) in tasks.iter_mut().zip(column.chunks_mut(rows_per_task)) {
            task.push(piece);
        }
    }
    tasks
        .into_par_iter()
        .enumerate()
        .for_each(|(task, mut columns)| {
            let mut values = vec![[0; BLOCK]; plan.num_slots];
            let rows = columns[0].len();
            for first in (0..rows).step_by(BLOCK) {
                let start = task * rows_per_task + first;
                run(
                    &plan,
                    program.constants,
                    |field, out| {
                        let rows = &records[field * height..(field + 1) * height][start..];
                        for (out, &row) in out.iter_mut().zip(rows) {
                            *out = row;
                        }
                    },
                    &mut values,
                );
                let count = BLOCK.min(rows - first);
                for &(column, slot) in &plan.outputs {
                    let out = &mut columns[column][first..first + count];
                    for (out, &value) in out.iter_mut().zip(&values[slot]) {
                        *out = u32::try_from(value).unwrap_or(u32::MAX);
                    }
                }
            }
        });
}

/// Runs a plan on one block; `load` puts the block's rows of a field into a block of zeros.
pub(crate) fn run(
    plan: &Plan,
    constants: &[u64],
    load: impl Fn(usize, &mut Block),
    values: &mut [Block],
) {
    for step in &plan.steps {
        let [a, b, c] = step.operands;
        let out = step.destination;
        let mut binary = |f: fn(u64, u64) -> u64| {
            let result = core::array::from_fn(|i| f(values[a][i], values[b][i]));
            values[out] = result;
        };
        match step.opcode {
            CONSTANT => values[out] = [constants[a]; BLOCK],
            FIELD => {
                values[out] = [0; BLOCK];
                load(a, &mut values[out]);
            }
            2 => each(values, out, a, b, u64::wrapping_add),
            3 => each(values, out, a, b, u64::wrapping_sub),
            4 => each(values, out, a, b, u64::wrapping_mul),
            5 => each(values, out, a, b, |x, y| x & y),
            6 => each(values, out, a, b, |x, y| x | y),
            7 => each(values, out, a, b, |x, y| x ^ y),
            8 => each(values, out, a, b, shift_left),
            9 => each(values, out, a, b, shift_right),
            10 => binary(|x, y| x.checked_div(y).unwrap_or(u64::MAX)),
            REMAINDER => binary(|x, y| x.checked_rem(y).unwrap_or(x)),
            12 => each(values, out, a, b, |x, y| u64::from(x == y)),
            13 => each(values, out, a, b, |x, y| u64::from(x < y)),
            14 => {
                let result = core::array::from_fn(|i| {
                    if values[a][i] != 0 {
                        values[b][i]
                    } else {
                        values[c][i]
                    }
                });
                values[out] = result;
            }
            15 => binary(|x, y| ((u128::from(x) * u128::from(y)) >> 64) as u64),
            16 => values[out] = values[a].map(field_inverse),
            _ => values[out] = values[a].map(remainder_by_modulus),
        }
    }
}

/// Applies a function that vectorises to two blocks.
#[inline(always)]
fn each(values: &mut [Block], out: usize, a: usize, b: usize, f: impl Fn(u64, u64) -> u64) {
    let (left, right) = (values[a], values[b]);
    for ((out, x), y) in values[out].iter_mut().zip(left).zip(right) {
        *out = f(x, y);
    }
}

#[inline(always)]
fn shift_left(value: u64, count: u64) -> u64 {
    if count < 64 { value << (count & 63) } else { 0 }
}

#[inline(always)]
fn shift_right(value: u64, count: u64) -> u64 {
    if count < 64 { value >> (count & 63) } else { 0 }
}

/// `x % p` without a division: `2^31 = 2^24 - 1` modulo `p`, so the upper bits fold down seven at a time.
#[inline(always)]
fn remainder_by_modulus(x: u64) -> u64 {
    const LOW: u64 = (1 << 31) - 1;
    let mut x = x;
    // 64 -> 58 -> 51 -> 44 -> 37 -> 32 bits; the last fold leaves less than 2^31 + 2^25 < 2 p.
    for _ in 0..6 {
        let high = x >> 31;
        x = (x & LOW) + (high << 24) - high;
    }
    x.min(x.wrapping_sub(u64::from(MODULUS)))
}

fn field_inverse(value: u64) -> u64 {
    let modulus = u64::from(MODULUS);
    let (mut square, mut result, mut exponent) = (value % modulus, 1, modulus - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * square % modulus;
        }
        square = square * square % modulus;
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_is_the_remainder() {
        let p = u64::from(MODULUS);
        let mut x: u64 = 1;
        for _ in 0..10_000 {
            x = x.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(77);
            assert_eq!(remainder_by_modulus(x), x % p);
        }
        for edge in [
            0,
            1,
            p - 1,
            p,
            p + 1,
            2 * p - 1,
            2 * p,
            u64::MAX,
            u64::MAX / p * p,
            u64::MAX / p * p - 1,
        ] {
            assert_eq!(remainder_by_modulus(edge), edge % p);
            assert_eq!(remainder_by_modulus(edge >> 20), (edge >> 20) % p);
        }
    }
}
