//! The outputs of a program on every row of a table of base elements.

use hstar_field::packed;
use hstar_field::{LANES, Lanes, Native, Pack};
use rayon::prelude::*;

use super::interpreter::{Program, Registers, Values};
use super::registers::Base;
use super::schedule::Schedule;
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
    let schedule = Schedule::new(program, 1, 1);
    let mut tasks: Vec<Vec<&mut [Pack]>> = Vec::new();
    tasks.resize_with(packs.div_ceil(TASK_PACKS), Vec::new);
    for output in out.chunks_exact_mut(packs) {
        for (task, chunk) in tasks.iter_mut().zip(output.chunks_mut(TASK_PACKS)) {
            task.push(chunk);
        }
    }
    tasks.into_par_iter().enumerate().for_each_init(
        || Registers::<Native, Base<Native>>::new(&schedule),
        |registers, (task, mut outputs)| {
            for pack in 0..outputs[0].len() {
                let row_pack = task * TASK_PACKS + pack;
                for part in 0..Native::PARTS {
                    for &column in &used {
                        registers.set_column(
                            schedule.columns[column],
                            Base::rows(table, column, row_pack, part),
                        );
                    }
                    registers.run(&schedule, values);
                    for (output, &register) in outputs.iter_mut().zip(&schedule.outputs) {
                        packed::store(registers.extension(register), &mut output[pack], part);
                    }
                }
                for output in &mut outputs {
                    clear_beyond(&mut output[pack], table.height(), row_pack);
                }
            }
        },
    );
}

fn clear_beyond(pack: &mut Pack, height: usize, row_pack: usize) {
    let live = (height - row_pack * LANES).min(LANES);
    for plane in pack {
        plane[live..].fill(0);
    }
}
