//! One pass of a program over a block of rows.

use std::cell::Cell;

use hstar_field::packed::{self, Multiplier, Part};
use hstar_field::{Lanes, MODULUS, Sextic, words};

use super::registers::Column;

/// A program as the facade hands it over; `hstar.kernels.row_types` explains the fields.
#[derive(Clone, Copy)]
pub struct Program<'a> {
    /// `[opcode, destination, a, b]`
    pub instructions: &'a [[u32; 4]],
    /// `[column register, challenge]`
    pub terms: &'a [[u32; 2]],
    /// Extension registers.
    pub outputs: &'a [u32],
    /// Column registers that are columns.
    pub num_columns: usize,
    /// All column registers.
    pub num_column_registers: usize,
    /// All extension registers.
    pub num_extension_registers: usize,
}

impl Program<'_> {
    /// The columns that some instruction reads.
    #[must_use]
    pub fn columns_read(&self) -> Vec<usize> {
        let mut read = vec![false; self.num_column_registers];
        for &[opcode, _, a, b] in self.instructions {
            match opcode {
                0..=2 => {
                    read[a as usize] = true;
                    read[b as usize] = true;
                }
                3..=5 | 13 => read[a as usize] = true,
                11 | 12 => read[b as usize] = true,
                15 => {
                    for &[register, _] in &self.terms[a as usize..(a + b) as usize] {
                        read[register as usize] = true;
                    }
                }
                _ => {}
            }
        }
        (0..self.num_columns)
            .filter(|&column| read[column])
            .collect()
    }
}

/// A challenge, and its words centred for sums of products.
#[derive(Clone, Copy)]
pub struct Challenge {
    /// The element.
    pub element: Sextic,
    /// Words from `-(p-1)/2` to `(p-1)/2`, as two's complement.
    pub centred: [u32; 6],
}

impl Challenge {
    fn new(coefficients: [u32; 6]) -> Self {
        let element = Sextic::from_canonical(coefficients);
        let centre = |word: u32| {
            if word > MODULUS / 2 {
                word.wrapping_sub(MODULUS)
            } else {
                word
            }
        };
        Self {
            element,
            centred: element.0.map(centre),
        }
    }
}

/// What one call brings.
pub struct Values {
    /// Montgomery words.
    constants: Vec<u32>,
    challenges: Vec<Challenge>,
}

impl Values {
    /// From canonical constants and six canonical coefficients for every challenge.
    #[must_use]
    pub fn new(constants: &[u32], challenges: &[u32]) -> Self {
        Self {
            constants: constants
                .iter()
                .map(|&value| words::to_montgomery(value))
                .collect(),
            challenges: challenges
                .as_chunks()
                .0
                .iter()
                .map(|&six| Challenge::new(six))
                .collect(),
        }
    }
}

/// Register files of one thread: `B` units of rows a register.
pub struct Registers<L: Lanes, C, const B: usize> {
    /// Column registers; the first hold the columns.
    pub columns: Vec<[C; B]>,
    /// Extension registers.
    pub extensions: Vec<[Part<L>; B]>,
}

impl<L: Lanes, C: Column<L>, const B: usize> Registers<L, C, B> {
    /// Zeros.
    pub fn new(program: &Program<'_>) -> Self {
        Self {
            columns: vec![[C::zero(); B]; program.num_column_registers],
            extensions: vec![[[L::splat(0); 6]; B]; program.num_extension_registers],
        }
    }

    /// Runs every instruction once.
    #[inline(always)]
    pub fn run(&mut self, program: &Program<'_>, values: &Values) {
        // Cells: a destination may be one of the operands.
        let c = Cell::from_mut(&mut self.columns[..]).as_slice_of_cells();
        let e = Cell::from_mut(&mut self.extensions[..]).as_slice_of_cells();
        let c = |register: usize| units(&c[register]);
        let e = |register: usize| units(&e[register]);
        let constant = |index: usize| L::splat(values.constants[index]);
        for &[opcode, d, a, b] in program.instructions {
            let (d, a, b) = (d as usize, a as usize, b as usize);
            match opcode {
                0 => binary(c(d), c(a), c(b), C::add),
                1 => binary(c(d), c(a), c(b), C::sub),
                2 => binary(c(d), c(a), c(b), C::mul),
                3 => unary(c(d), c(a), |x| C::zero().sub(x)),
                4 => {
                    let k = constant(b);
                    unary(c(d), c(a), |x| x.add_constant(k));
                }
                5 => {
                    let k = constant(b);
                    unary(c(d), c(a), |x| x.mul_constant(k));
                }
                6 => fill(c(d), C::constant(constant(a))),
                7 => binary(e(d), e(a), e(b), packed::add),
                8 => binary(e(d), e(a), e(b), packed::sub),
                9 => binary(e(d), e(a), e(b), packed::multiply),
                10 => unary(e(d), e(a), |x| packed::sub([L::splat(0); 6], x)),
                11 => binary(e(d), e(a), c(b), |x, y| y.multiply_into(x)),
                12 => binary(e(d), e(a), c(b), |x, y| y.add_to(x)),
                13 => unary(e(d), c(a), C::lift),
                14 => fill(e(d), values.challenges[a].element.0.map(L::splat)),
                15 => {
                    let terms = &program.terms[a..a + b];
                    for (unit, out) in e(d).iter().enumerate() {
                        out.set(C::weigh(terms.iter().map(|&[register, challenge]| {
                            let value = c(register as usize)[unit].get();
                            (&values.challenges[challenge as usize], value)
                        })));
                    }
                }
                _ => {
                    let factor = Multiplier::splat(values.challenges[b].element);
                    unary(e(d), e(a), |x| factor.multiply(x));
                }
            }
        }
    }
}

/// The units of a register.
#[inline(always)]
fn units<T, const B: usize>(register: &Cell<[T; B]>) -> &[Cell<T>] {
    let register: &Cell<[T]> = register;
    register.as_slice_of_cells()
}

#[inline(always)]
fn fill<T: Copy>(out: &[Cell<T>], value: T) {
    for out in out {
        out.set(value);
    }
}

#[inline(always)]
fn unary<T: Copy, X: Copy>(out: &[Cell<T>], x: &[Cell<X>], f: impl Fn(X) -> T) {
    for (out, x) in out.iter().zip(x) {
        out.set(f(x.get()));
    }
}

#[inline(always)]
fn binary<T: Copy, X: Copy, Y: Copy>(
    out: &[Cell<T>],
    x: &[Cell<X>],
    y: &[Cell<Y>],
    f: impl Fn(X, Y) -> T,
) {
    for ((out, x), y) in out.iter().zip(x).zip(y) {
        out.set(f(x.get(), y.get()));
    }
}
