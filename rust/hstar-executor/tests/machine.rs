//! The machine without Python: runs, segments, stack use, refused tables.

use hstar_executor::machine::{Limits, Machine, Rule};
use hstar_executor::opcodes as o;
use hstar_executor::state::{EventCells, Stop};
use hstar_executor::translate::Code;

const START: u64 = 0x1000;
const ENDS_BLOCK: [u8; 10] = [
    o::JAL,
    o::JALR,
    o::BEQ,
    o::BNE,
    o::BLT,
    o::BGE,
    o::BLTU,
    o::BGEU,
    o::ECALL,
    o::EBREAK,
];

/// One instruction: opcode, rd, rs1, rs2, immediate.
type Row = (u8, u8, u8, u8, i64);

struct Table {
    opcode: Vec<u8>,
    fields: [Vec<u8>; 3],
    immediate: Vec<i64>,
    cycles: Vec<u32>,
}

fn table(rows: &[Row]) -> Table {
    let mut cycles = vec![1u32; rows.len()];
    for at in (0..rows.len() - 1).rev() {
        if !ENDS_BLOCK.contains(&rows[at].0) && rows[at].0 != 0 {
            cycles[at] = cycles[at + 1] + 1;
        }
    }
    Table {
        opcode: rows.iter().map(|r| r.0).collect(),
        fields: [
            rows.iter().map(|r| r.1).collect(),
            rows.iter().map(|r| r.2).collect(),
            rows.iter().map(|r| r.3).collect(),
        ],
        immediate: rows.iter().map(|r| r.4).collect(),
        cycles,
    }
}

fn code(table: &Table) -> Code<'_> {
    Code {
        start: START,
        opcode: &table.opcode,
        rd: &table.fields[0],
        rs1: &table.fields[1],
        rs2: &table.fields[2],
        immediate: &table.immediate,
        block_cycles: &table.cycles,
        block_cells: &table.cycles,
    }
}

fn rule() -> Rule {
    Rule {
        capacity: 1000,
        row_limit: 1 << 21,
        boundary_capacity: 1 << 28,
        bridge_capacity: 1 << 21,
        min_stretch: 1,
        epoch_cycles: 100,
        events: EventCells {
            touch: 2,
            wide_load: 1,
            wide_store: 1,
            call: 5,
            bridge: 1,
            touch_boundary: 1,
            call_boundary: 1,
        },
        family_of_opcode: vec![0; o::NAMES.len()],
    }
}

fn machine(table: &Table, rule: Option<Rule>) -> Machine {
    let ranges = vec![(START, START + 4 * table.opcode.len() as u64)];
    Machine::new(
        &code(table),
        ranges,
        Limits {
            max_cycles: 1 << 40,
            max_pages: 1 << 20,
        },
        rule,
    )
    .unwrap()
}

const LOOP: [Row; 5] = [
    (o::ADDI, 5, 0, 0, 1000),
    (o::ADDI, 5, 5, 0, -1),
    (o::BNE, 0, 5, 0, -4),
    (o::ADDI, 17, 0, 0, 93),
    (o::ECALL, 0, 0, 0, 0),
];

#[test]
fn a_loop_counts_its_cycles() {
    let table = table(&LOOP);
    let mut machine = machine(&table, None);
    assert_eq!(machine.run(1 << 20), Stop::Halted);
    assert_eq!(machine.cycles(), 1 + 2 * 1000 + 2);
    assert_eq!(machine.entries()[1], 999);
}

#[test]
fn segments_cover_the_run_and_chain() {
    let table = table(&LOOP);
    let mut machine = machine(&table, Some(rule()));
    let (mut cycles, mut number, mut pc) = (0, 0, START);
    loop {
        let (stop, segment) = machine.run_segment();
        let segment = segment.expect("no fault");
        number += 1;
        assert_eq!((segment.number, segment.pc), (number, pc));
        assert!(segment.cycles <= 1000);
        pc = *segment.values_out.last().unwrap();
        cycles += segment.cycles;
        if stop == Stop::Halted {
            break;
        }
    }
    assert_eq!((cycles, pc), (1 + 2 * 1000 + 2, 1 << 48));
    assert!(number >= 3);
}

/// Every handler, a million times in a row without a block end where it has none, on a small stack: were handlers
/// calls instead of jumps, this would overflow it.
#[test]
fn handlers_use_no_stack() {
    let work = || {
        for traced in [false, true] {
            let mut rows: Vec<Row> = Vec::new();
            for opcode in 1..o::NAMES.len() as u8 {
                if ENDS_BLOCK.contains(&opcode) {
                    continue;
                }
                rows.extend((0..4000).map(|i| (opcode, 6, 7, 28, (i % 64) * 8)));
            }
            rows.extend((0..4000).map(|_| (o::JAL, 1, 0, 0, 4)));
            rows.extend((0..4000).map(|_| (o::BEQ, 0, 5, 5, 4)));
            rows.extend((0..4000).map(|_| (o::BNE, 0, 5, 5, 4)));
            rows.extend([(o::ADDI, 17, 0, 0, 93), (o::ECALL, 0, 0, 0, 0)]);
            let table = table(&rows);
            let big = Rule {
                capacity: 1 << 40,
                row_limit: 1 << 40,
                ..rule()
            };
            let mut machine = machine(&table, traced.then_some(big));
            // Loads and stores go to 0x800000 and above, far from the code.
            assert!(machine.set_state(START, &[0x80_0000; 32]));
            let stop = if traced {
                machine.run_segment().0
            } else {
                machine.run(1 << 30)
            };
            assert_eq!(stop, Stop::Halted);
            assert_eq!(machine.cycles(), rows.len() as u64);
        }
    };
    std::thread::Builder::new()
        .stack_size(128 << 10)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn inconsistent_tables_are_recognised() {
    let good = table(&LOOP);
    assert!(code(&good).is_consistent());
    let short = [0u8; 4];
    assert!(
        !Code {
            rd: &short,
            ..code(&good)
        }
        .is_consistent()
    );
    assert!(
        !Code {
            rs1: &[32; 5],
            ..code(&good)
        }
        .is_consistent()
    );
    assert!(
        !Code {
            opcode: &[200; 5],
            ..code(&good)
        }
        .is_consistent()
    );
}

#[test]
fn a_block_length_that_reaches_past_the_end_is_recognised() {
    let good = table(&LOOP);
    assert!(
        !Code {
            block_cycles: &[1, 1, 1, 1, 2],
            ..code(&good)
        }
        .is_consistent()
    );
}
