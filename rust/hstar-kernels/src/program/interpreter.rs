//! One pass of a program over a block of rows.

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
    #[inline]
    pub fn run(&mut self, program: &Program<'_>, values: &Values) {
        let (c, e) = (&mut self.columns, &mut self.extensions);
        let constant = |index: usize| L::splat(values.constants[index]);
        for &[opcode, destination, a, b] in program.instructions {
            let (d, a, b) = (destination as usize, a as usize, b as usize);
            match opcode {
                0 => c[d] = each(|u| c[a][u].add(c[b][u])),
                1 => c[d] = each(|u| c[a][u].sub(c[b][u])),
                2 => c[d] = each(|u| c[a][u].mul(c[b][u])),
                3 => c[d] = each(|u| C::zero().sub(c[a][u])),
                4 => {
                    let k = constant(b);
                    c[d] = each(|u| c[a][u].add_constant(k));
                }
                5 => {
                    let k = constant(b);
                    c[d] = each(|u| c[a][u].mul_constant(k));
                }
                6 => c[d] = [C::constant(constant(a)); B],
                7 => e[d] = each(|u| packed::add(e[a][u], e[b][u])),
                8 => e[d] = each(|u| packed::sub(e[a][u], e[b][u])),
                9 => e[d] = each(|u| packed::multiply(e[a][u], e[b][u])),
                10 => e[d] = each(|u| packed::sub([L::splat(0); 6], e[a][u])),
                11 => e[d] = each(|u| c[b][u].multiply_into(e[a][u])),
                12 => e[d] = each(|u| c[b][u].add_to(e[a][u])),
                13 => e[d] = each(|u| c[a][u].lift()),
                14 => e[d] = [values.challenges[a].element.0.map(L::splat); B],
                15 => {
                    let terms = &program.terms[a..a + b];
                    e[d] = each(|u| {
                        C::weigh(terms.iter().map(|&[register, challenge]| {
                            (
                                &values.challenges[challenge as usize],
                                c[register as usize][u],
                            )
                        }))
                    });
                }
                _ => {
                    let factor = Multiplier::splat(values.challenges[b].element);
                    e[d] = each(|u| factor.multiply(e[a][u]));
                }
            }
        }
    }
}

#[inline(always)]
fn each<T, const B: usize>(f: impl FnMut(usize) -> T) -> [T; B] {
    core::array::from_fn(f)
}
