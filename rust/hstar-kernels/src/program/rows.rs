//! The outputs of a program on every row of a table of base elements.

use hstar_field::packed;
use hstar_field::{LANES, Lanes, Native, Pack};
use rayon::prelude::*;

use super::interpreter::{Program, Registers, Values};
use super::registers::Base;
use super::tables::{Source, Table};

/// Packs of one task: enough to make up for starting it.
const TASK_PACKS: usize = 64;

/// Writes `[outputs][packs]`; lanes beyond the height stay zero.
pub fn evaluate(program: &Program<'_>, values: &Values, table: &Table<'_>, out: &mut [Pack]) {
    let packs = table.height().div_ceil(LANES);
    if packs == 0 || program.outputs.is_empty() {
        return;
    }
    let used = program.columns_read();
    let mut tasks: Vec<Vec<&mut [Pack]>> = Vec::new();
    tasks.resize_with(packs.div_ceil(TASK_PACKS), Vec::new);
    for output in out.chunks_exact_mut(packs) {
        for (task, chunk) in tasks.iter_mut().zip(output.chunks_mut(TASK_PACKS)) {
            task.push(chunk);
        }
    }
    tasks.into_par_iter().enumerate().for_each_init(
        || Registers::<Native, Base<Native>, 1>::new(program),
        |registers, (task, mut outputs)| {
            for pack in 0..outputs[0].len() {
                let row_pack = task * TASK_PACKS + pack;
                evaluate_pack(registers, program, &used, values, table, row_pack);
                for part in 0..Native::PARTS {
                    if part > 0 {
                        load(registers, &used, table, row_pack, part);
                        registers.run(program, values);
                    }
                    for (output, &register) in outputs.iter_mut().zip(program.outputs) {
                        let value = registers.extensions[register as usize][0];
                        packed::store(value, &mut output[pack], part);
                    }
                }
                for output in &mut outputs {
                    clear_beyond(&mut output[pack], table.height(), row_pack);
                }
            }
        },
    );
}

fn evaluate_pack(
    registers: &mut Registers<Native, Base<Native>, 1>,
    program: &Program<'_>,
    used: &[usize],
    values: &Values,
    table: &Table<'_>,
    pack: usize,
) {
    load(registers, used, table, pack, 0);
    registers.run(program, values);
}

fn load(
    registers: &mut Registers<Native, Base<Native>, 1>,
    used: &[usize],
    table: &Table<'_>,
    pack: usize,
    part: usize,
) {
    for &column in used {
        registers.columns[column] = [Base::rows(table, column, pack, part)];
    }
}

fn clear_beyond(pack: &mut Pack, height: usize, row_pack: usize) {
    let live = (height - row_pack * LANES).min(LANES);
    for plane in pack {
        plane[live..].fill(0);
    }
}
