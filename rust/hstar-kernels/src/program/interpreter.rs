//! One pass of a program over a block of rows.

use std::cell::Cell;
use std::marker::PhantomData;

use hstar_field::packed::{self, Factor, Part};
use hstar_field::{Lanes, Sextic, words};

use super::registers::{Column, Extension, multiply_words};
use super::schedule::{EXTEND_COLUMN, Schedule, Step};

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

/// A challenge, and what products with it need.
#[derive(Clone, Copy)]
pub struct Challenge {
    /// The element.
    pub element: Sextic,
    /// The same as a factor.
    pub factor: Factor,
}

impl Challenge {
    fn new(coefficients: [u32; 6]) -> Self {
        let element = Sextic::from_canonical(coefficients);
        Self {
            element,
            factor: Factor::new(element),
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

/// Register files of one thread: a unit of an extension register is six planes, one of a column register as many as its
/// kind of column has.
pub struct Registers<L: Lanes, C> {
    /// Planes of the column registers.
    pub columns: Vec<L>,
    /// Planes of the extension registers.
    pub extensions: Vec<L>,
    kind: PhantomData<C>,
}

/// Planes of an extension element.
pub const DEGREE: usize = 6;

/// Writes a value for every unit. A macro, because closures are not always inlined, and a call passes what it works on
/// through memory.
macro_rules! each {
    ($units:expr, $out:expr, $planes:expr, |$unit:ident| $value:expr) => {
        for $unit in 0..$units {
            let value = $value;
            value.store_to(&$out[$unit * $planes..($unit + 1) * $planes]);
        }
    };
}

/// Writes a plane for every plane.
macro_rules! each_plane {
    ($out:expr, $x:expr, |$a:ident| $value:expr) => {
        for (out, x) in $out.iter().zip($x) {
            let $a = x.get();
            out.set($value);
        }
    };
    ($out:expr, $x:expr, $y:expr, |$a:ident, $b:ident| $value:expr) => {
        for ((out, x), y) in $out.iter().zip($x).zip($y) {
            let ($a, $b) = (x.get(), y.get());
            out.set($value);
        }
    };
}

impl<L: Lanes, C: Column<L>> Registers<L, C> {
    /// Zeros.
    pub fn new(schedule: &Schedule) -> Self {
        Self {
            columns: vec![L::splat(0); schedule.column_units * C::PLANES],
            extensions: vec![L::splat(0); schedule.extension_units * DEGREE],
            kind: PhantomData,
        }
    }

    /// Writes unit `unit` of the column registers.
    #[inline(always)]
    pub fn set_column(&mut self, unit: usize, value: C) {
        let planes = &mut self.columns[unit * C::PLANES..(unit + 1) * C::PLANES];
        value.store_to(Cell::from_mut(planes).as_slice_of_cells());
    }

    /// Unit `unit` of the extension registers.
    #[inline(always)]
    #[must_use]
    pub fn extension(&self, unit: usize) -> Part<L> {
        *self.extensions[unit * DEGREE..]
            .first_chunk()
            .expect("a unit")
    }

    /// Runs every step once.
    #[inline(always)]
    pub fn run(&mut self, schedule: &Schedule, values: &Values) {
        // Cells: a destination may be one of the operands.
        let columns = Cell::from_mut(&mut self.columns[..]).as_slice_of_cells();
        let extensions = Cell::from_mut(&mut self.extensions[..]).as_slice_of_cells();
        for step in &schedule.steps {
            let &Step {
                opcode,
                destination: d,
                a,
                b,
                units,
            } = step;
            let c = |first: usize| &columns[first * C::PLANES..(first + units) * C::PLANES];
            let e = |first: usize| &extensions[first * DEGREE..(first + units) * DEGREE];
            let c_at =
                |first: usize, unit: usize| C::load_from(&columns[(first + unit) * C::PLANES..]);
            let e_at = |first: usize, unit: usize| {
                Extension::load_from(&extensions[(first + unit) * DEGREE..]).0
            };
            let constant = |index: usize| L::splat(values.constants[index]);
            match opcode {
                0 => each_plane!(c(d), c(a), c(b), |x, y| x.add(y)),
                1 => each_plane!(c(d), c(a), c(b), |x, y| x.sub(y)),
                2 => each!(units, c(d), C::PLANES, |unit| c_at(a, unit)
                    .mul(c_at(b, unit))),
                3 => each_plane!(c(d), c(a), |x| L::splat(0).sub(x)),
                4 => {
                    let k = constant(b);
                    each!(units, c(d), C::PLANES, |unit| c_at(a, unit).add_constant(k));
                }
                5 => {
                    let k = constant(b);
                    each_plane!(c(d), c(a), |x| multiply_words(x, k));
                }
                6 => {
                    let value = C::constant(constant(a));
                    each!(units, c(d), C::PLANES, |_unit| value);
                }
                7 => each_plane!(e(d), e(a), e(b), |x, y| x.add(y)),
                8 => each_plane!(e(d), e(a), e(b), |x, y| x.sub(y)),
                9 => each!(units, e(d), DEGREE, |unit| Extension(packed::multiply(
                    e_at(a, unit),
                    e_at(b, unit)
                ))),
                10 => each_plane!(e(d), e(a), |x| L::splat(0).sub(x)),
                11 => each!(units, e(d), DEGREE, |unit| Extension(
                    c_at(b, unit).multiply_into(e_at(a, unit))
                )),
                12 => each!(units, e(d), DEGREE, |unit| Extension(
                    c_at(b, unit).add_to(e_at(a, unit))
                )),
                13 => each!(units, e(d), DEGREE, |unit| Extension(c_at(a, unit).lift())),
                14 => {
                    let value = Extension(values.challenges[a].element.0.map(L::splat));
                    each!(units, e(d), DEGREE, |_unit| value);
                }
                15 => {
                    let terms = &schedule.terms[a..a + b];
                    each!(units, e(d), DEGREE, |unit| Extension(C::weigh(
                        terms,
                        &values.challenges,
                        columns,
                        unit
                    )));
                }
                16 => {
                    let factor = values.challenges[b].factor.multiplier();
                    each!(units, e(d), DEGREE, |unit| Extension(
                        factor.multiply(e_at(a, unit))
                    ));
                }
                17 => {
                    let summand = values.challenges[b].element.0.map(L::splat);
                    each!(units, e(d), DEGREE, |unit| Extension(packed::add(
                        e_at(a, unit),
                        summand
                    )));
                }
                EXTEND_COLUMN => {
                    extend(&columns[d * C::PLANES..], a, b, schedule.width * C::PLANES)
                }
                _ => extend(&extensions[d * DEGREE..], a, b, schedule.width * DEGREE),
            }
        }
    }
}

/// Values at points `0 .. known` of polynomials of degree `known - 1`, continued to `wanted` points by differences;
/// `width` polynomials side by side.
#[inline(always)]
fn extend<L: Lanes>(planes: &[Cell<L>], known: usize, wanted: usize, width: usize) {
    for lane in 0..width {
        let at = |point: usize| &planes[point * width + lane];
        let last = at(known - 1).get();
        match known {
            1 => (1..wanted).for_each(|point| at(point).set(last)),
            2 => continue_fixed::<L, 2>(at, wanted),
            3 => continue_fixed::<L, 3>(at, wanted),
            4 => continue_fixed::<L, 4>(at, wanted),
            5 => continue_fixed::<L, 5>(at, wanted),
            _ => {
                let values = (0..known).map(|point| at(point).get()).collect();
                continue_from(&mut last_differences(values), known, at, wanted);
            }
        }
    }
}

/// Few known values: their differences stay in registers.
#[inline(always)]
fn continue_fixed<'a, L: Lanes + 'a, const KNOWN: usize>(
    at: impl Fn(usize) -> &'a Cell<L>,
    wanted: usize,
) {
    let mut values: [L; KNOWN] = core::array::from_fn(|point| at(point).get());
    let mut differences = [values[KNOWN - 1]; KNOWN];
    for (level, difference) in differences.iter_mut().enumerate().skip(1) {
        for index in (level..KNOWN).rev() {
            values[index] = values[index].sub(values[index - 1]);
        }
        *difference = values[KNOWN - 1];
    }
    continue_from(&mut differences, KNOWN, at, wanted);
}

#[inline(always)]
fn continue_from<'a, L: Lanes + 'a>(
    differences: &mut [L],
    known: usize,
    at: impl Fn(usize) -> &'a Cell<L>,
    wanted: usize,
) {
    for point in known..wanted {
        for level in (1..differences.len()).rev() {
            differences[level - 1] = differences[level - 1].add(differences[level]);
        }
        at(point).set(differences[0]);
    }
}

/// The last value, the last difference, the last difference of differences, and so on.
fn last_differences<L: Lanes>(mut values: Vec<L>) -> Vec<L> {
    let last = values.len() - 1;
    let mut differences = vec![values[last]];
    for level in 1..=last {
        for index in (level..=last).rev() {
            values[index] = values[index].sub(values[index - 1]);
        }
        differences.push(values[last]);
    }
    differences
}
