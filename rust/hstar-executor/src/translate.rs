//! From the decoded code table to ops: picks each instruction's handler and precomputes what the table determines.

use crate::handlers as h;
use crate::opcodes as o;
use crate::state::{Handler, Op, SINK};
use crate::system;

/// A decoded code table; every slice has one entry for each word.
#[derive(Clone, Copy)]
pub struct Code<'a> {
    /// Address of the first word.
    pub start: u64,
    /// Opcode numbers; 0 for words that are no instruction.
    pub opcode: &'a [u8],
    /// Destination registers.
    pub rd: &'a [u8],
    /// First sources.
    pub rs1: &'a [u8],
    /// Second sources.
    pub rs2: &'a [u8],
    /// Immediates.
    pub immediate: &'a [i64],
    /// Instructions from each word to the end of its block.
    pub block_cycles: &'a [u32],
    /// Cells of the same.
    pub block_cells: &'a [u32],
}

impl Code<'_> {
    /// Whether the slices belong together and every number is one that `translate` may trust.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let n = self.opcode.len();
        let lengths = [self.rd.len(), self.rs1.len(), self.rs2.len()];
        let more = [
            self.immediate.len(),
            self.block_cycles.len(),
            self.block_cells.len(),
        ];
        let registers = [self.rd, self.rs1, self.rs2];
        n < 1 << 28
            && lengths.iter().chain(&more).all(|&len| len == n)
            && registers.iter().all(|slice| slice.iter().all(|&r| r < 32))
            && self
                .block_cycles
                .iter()
                .enumerate()
                .all(|(at, &run)| run >= 1 && at + run as usize <= n)
            && self
                .opcode
                .iter()
                .all(|&number| (number as usize) < o::NAMES.len())
    }
}

fn branch_handler<const TRACED: bool>(opcode: u8, inside: bool) -> Handler {
    macro_rules! pick {
        ($condition:ty) => {
            if inside {
                h::branch::<$condition, TRACED>
            } else {
                h::branch_nowhere::<$condition, TRACED>
            }
        };
    }
    match opcode {
        o::BEQ => pick!(h::Equal),
        o::BNE => pick!(h::NotEqual),
        o::BLT => pick!(h::Less),
        o::BGE => pick!(h::NotLess),
        o::BLTU => pick!(h::Below),
        _ => pick!(h::NotBelow),
    }
}

fn memory_handler<const TRACED: bool>(opcode: u8) -> Option<Handler> {
    Some(match opcode {
        o::LB => h::load::<0, true, TRACED>,
        o::LH => h::load::<1, true, TRACED>,
        o::LW => h::load::<2, true, TRACED>,
        o::LD => h::load::<3, false, TRACED>,
        o::LBU => h::load::<0, false, TRACED>,
        o::LHU => h::load::<1, false, TRACED>,
        o::LWU => h::load::<2, false, TRACED>,
        o::SB => h::store::<0, TRACED>,
        o::SH => h::store::<1, TRACED>,
        o::SW => h::store::<2, TRACED>,
        o::SD => h::store::<3, TRACED>,
        _ => return None,
    })
}

fn compute_handler(opcode: u8) -> Option<Handler> {
    macro_rules! table {
        ($($number:ident $handler:ident),* $(,)?) => { match opcode { $(o::$number => h::$handler,)* _ => return None } };
    }
    Some(table! {
        ADD add, ADDI addi, SUB sub, XOR xor, XORI xori, OR or, ORI ori, AND and, ANDI andi, SLT slt, SLTI slti,
        SLTU sltu, SLTIU sltiu, SLL sll, SLLI slli, SRL srl, SRLI srli, SRA sra, SRAI srai, ADDW addw, ADDIW addiw,
        SUBW subw, SLLW sllw, SLLIW slliw, SRLW srlw, SRLIW srliw, SRAW sraw, SRAIW sraiw, MUL mul, MULH mulh,
        MULHSU mulhsu, MULHU mulhu, MULW mulw, DIV div, DIVU divu, REM rem, REMU remu, DIVW divw, DIVUW divuw,
        REMW remw, REMUW remuw, LUI constant, AUIPC constant, FENCE nothing,
    })
}

/// Handler and immediate of the instruction at `index`.
fn choose<const TRACED: bool>(code: &Code, index: usize) -> (Handler, i64) {
    let (opcode, immediate) = (code.opcode[index], code.immediate[index]);
    let inside = immediate % 4 == 0
        && (index as i64)
            .checked_add(immediate / 4)
            .is_some_and(|to| (0..code.opcode.len() as i64).contains(&to));
    let distance = if inside {
        immediate / 4 * size_of::<Op>() as i64
    } else {
        immediate
    };
    match opcode {
        o::BEQ | o::BNE | o::BLT | o::BGE | o::BLTU | o::BGEU => {
            (branch_handler::<TRACED>(opcode, inside), distance)
        }
        o::JAL if inside => (h::jal::<TRACED>, distance),
        o::JAL => (h::jump_nowhere, immediate),
        o::JALR => (h::jalr::<TRACED>, immediate),
        o::ECALL => (system::ecall::<TRACED>, 0),
        o::EBREAK => (h::ebreak, 0),
        o::AUIPC => (
            h::constant,
            (code.start + 4 * index as u64).wrapping_add(immediate as u64) as i64,
        ),
        _ => match memory_handler::<TRACED>(opcode).or_else(|| compute_handler(opcode)) {
            Some(_) if opcode == o::ADDI && code.rs1[index] == 0 => (h::constant, immediate),
            Some(_) if opcode == o::ADDI && immediate == 0 => (h::copy, 0),
            Some(handler) => (handler, immediate),
            None => (h::unknown, 0),
        },
    }
}

/// The op array of a code table, with a sentinel at its end.
#[must_use]
pub fn translate<const TRACED: bool>(code: &Code) -> Vec<Op> {
    let mut ops: Vec<Op> = (0..code.opcode.len())
        .map(|index| {
            let (handler, immediate) = choose::<TRACED>(code, index);
            Op {
                handler,
                immediate,
                rd: if code.rd[index] == 0 {
                    SINK
                } else {
                    code.rd[index]
                },
                rs1: code.rs1[index],
                rs2: code.rs2[index],
                opcode: code.opcode[index],
                run: code.block_cycles[index],
                cost: code.block_cells[index],
                count: 0,
            }
        })
        .collect();
    ops.push(Op {
        handler: h::fell_off,
        immediate: 0,
        rd: SINK,
        rs1: 0,
        rs2: 0,
        opcode: 0,
        run: 0,
        cost: 0,
        count: 0,
    });
    ops
}
