//! A program prepared for several points of a line at once.
//!
//! On the line through two rows every column is linear in X, so a register whose value is a polynomial of degree g in X
//! is computed at g + 1 neighbouring points and *extended* to more by differences, which are additions. Products are
//! what costs: a linear form at two points instead of five saves most of its own.

use super::interpreter::Program;

/// Continues a column register to more points.
pub const EXTEND_COLUMN: u32 = 18;
/// Continues an extension register to more points.
pub const EXTEND_EXTENSION: u32 = 19;

/// Degrees are followed up to here; a round asks for far fewer points.
const MAX_DEGREE: usize = 1 << 16;

/// An instruction on units that lie one after the other.
#[derive(Clone, Copy)]
pub struct Step {
    /// As in a program, or `EXTEND_..`.
    pub opcode: u32,
    /// First unit that is written; of an extension, the first unit of the register.
    pub destination: usize,
    /// First unit of the operand, an index, or the points that are known.
    pub a: usize,
    /// First unit of the operand, an index, or the points that are wanted.
    pub b: usize,
    /// Units, or for `WEIGH` too.
    pub units: usize,
}

/// What is known of the registers of one kind while the program is followed.
struct File {
    degree: Vec<usize>,
    known: Vec<usize>,
    capacity: Vec<usize>,
    extend: u32,
}

impl File {
    fn new(len: usize, extend: u32) -> Self {
        Self {
            degree: vec![0; len],
            known: vec![0; len],
            capacity: vec![0; len],
            extend,
        }
    }

    fn set(&mut self, register: usize, degree: usize, points: usize) -> usize {
        let count = points.min(degree + 1);
        self.degree[register] = degree.min(MAX_DEGREE);
        self.known[register] = count;
        self.capacity[register] = self.capacity[register].max(count);
        count
    }

    /// The step that continues a register to `count` points, if it is not known there.
    fn need(&mut self, register: usize, count: usize) -> Option<Step> {
        let known = self.known[register];
        (known < count).then(|| {
            self.known[register] = count;
            self.capacity[register] = self.capacity[register].max(count);
            Step {
                opcode: self.extend,
                destination: register,
                a: known,
                b: count,
                units: 0,
            }
        })
    }

    /// First unit of every register, and units in all.
    fn offsets(&self, width: usize) -> (Vec<usize>, usize) {
        let mut end = 0;
        let offsets = self.capacity.iter().map(|&capacity| {
            let start = end;
            end += capacity * width;
            start
        });
        (offsets.collect(), end)
    }
}

/// Steps, and where registers lie: point after point, `width` units each.
pub struct Schedule {
    /// What is run, in order.
    pub steps: Vec<Step>,
    /// First unit of a column register, challenge.
    pub terms: Vec<(usize, usize)>,
    /// First unit of each column.
    pub columns: Vec<usize>,
    /// First unit of each output.
    pub outputs: Vec<usize>,
    /// Units of all column registers.
    pub column_units: usize,
    /// Units of all extension registers.
    pub extension_units: usize,
    /// Points.
    pub points: usize,
    /// Units a point.
    pub width: usize,
}

/// Kinds of the operands a and b of an opcode: column register, extension register, something else.
fn kinds(opcode: u32) -> [u8; 2] {
    match opcode {
        0..=2 => *b"cc",
        3..=5 | 13 => *b"c.",
        7..=9 => *b"ee",
        10 | 16 | 17 => *b"e.",
        11 | 12 => *b"ec",
        _ => *b"..",
    }
}

impl Schedule {
    /// For `points` neighbouring points of lines, or single rows where that is one.
    #[must_use]
    pub fn new(program: &Program<'_>, points: usize, width: usize) -> Self {
        let mut columns = File::new(program.num_column_registers, EXTEND_COLUMN);
        let mut extensions = File::new(program.num_extension_registers, EXTEND_EXTENSION);
        for column in 0..program.num_columns {
            columns.set(column, 1, points);
        }
        let mut steps = Vec::new();
        for &instruction in program.instructions {
            add_step(
                program,
                instruction,
                points,
                &mut columns,
                &mut extensions,
                &mut steps,
            );
        }
        let outputs = program.outputs.iter().map(|&register| register as usize);
        for register in outputs.clone() {
            steps.extend(extensions.need(register, points));
        }
        let (column_offsets, column_units) = columns.offsets(width);
        let (extension_offsets, extension_units) = extensions.offsets(width);
        for step in &mut steps {
            place(step, &column_offsets, &extension_offsets, width);
        }
        let terms = program.terms.iter();
        Self {
            steps,
            terms: terms
                .map(|&[c, h]| (column_offsets[c as usize], h as usize))
                .collect(),
            outputs: outputs
                .map(|register| extension_offsets[register])
                .collect(),
            columns: column_offsets[..program.num_columns].to_vec(),
            column_units,
            extension_units,
            points,
            width,
        }
    }

    /// Bytes of the registers, `column_bytes` for each unit of a column register.
    #[must_use]
    pub fn bytes(&self, column_bytes: usize, extension_bytes: usize) -> usize {
        self.column_units * column_bytes + self.extension_units * extension_bytes
    }
}

/// Follows one instruction: the degree of what it writes, and what it needs of its operands.
fn add_step(
    program: &Program<'_>,
    [opcode, d, a, b]: [u32; 4],
    points: usize,
    columns: &mut File,
    extensions: &mut File,
    steps: &mut Vec<Step>,
) {
    let (d, a, b) = (d as usize, a as usize, b as usize);
    let terms = if opcode == 15 { a..a + b } else { 0..0 };
    let weighed = program.terms[terms]
        .iter()
        .map(|&[register, _]| register as usize);
    let operands = [a, b].into_iter().zip(kinds(opcode));
    let registers = operands
        .filter(|&(_, kind)| kind != b'.')
        .map(|(r, kind)| (r, kind == b'c'));
    let registers: Vec<(usize, bool)> = registers.chain(weighed.map(|r| (r, true))).collect();
    let degrees = registers.iter().map(|&(register, is_column)| {
        (if is_column { &*columns } else { &*extensions }).degree[register]
    });
    let is_product = matches!(opcode, 2 | 9 | 11);
    let degree = if is_product {
        degrees.sum()
    } else {
        degrees.max().unwrap_or(0)
    };
    let count = points.min(degree + 1);
    for &(register, is_column) in &registers {
        let file = if is_column {
            &mut *columns
        } else {
            &mut *extensions
        };
        steps.extend(file.need(register, count));
    }
    let file = if opcode <= 6 { columns } else { extensions };
    file.set(d, degree, points);
    steps.push(Step {
        opcode,
        destination: d,
        a,
        b,
        units: count,
    });
}

/// Registers become units.
fn place(step: &mut Step, columns: &[usize], extensions: &[usize], width: usize) {
    if step.opcode == EXTEND_COLUMN || step.opcode == EXTEND_EXTENSION {
        let offsets = if step.opcode == EXTEND_COLUMN {
            columns
        } else {
            extensions
        };
        step.destination = offsets[step.destination];
        return;
    }
    for (operand, kind) in [&mut step.a, &mut step.b]
        .into_iter()
        .zip(kinds(step.opcode))
    {
        match kind {
            b'c' => *operand = columns[*operand],
            b'e' => *operand = extensions[*operand],
            _ => {}
        }
    }
    let offsets = if step.opcode <= 6 {
        columns
    } else {
        extensions
    };
    step.destination = offsets[step.destination];
    step.units *= width;
}
