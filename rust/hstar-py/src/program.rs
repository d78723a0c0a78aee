//! Glue for row programs and integer programs.

use hstar_field::Sextic;
use hstar_kernels::program::{Program, Table, Values, as_packs, as_packs_mut, bind, round, rows};
use hstar_kernels::threads::in_pool;
use hstar_kernels::{integers, lookups};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::buffers::{input, output};

/// Columns, column registers, extension registers.
type Counts = (usize, usize, usize);

fn program<'a>(
    instructions: &'a [u32],
    terms: &'a [u32],
    outputs: &'a [u32],
    counts: Counts,
) -> Program<'a> {
    Program {
        instructions: instructions.as_chunks().0,
        terms: terms.as_chunks().0,
        outputs,
        num_columns: counts.0,
        num_column_registers: counts.1,
        num_extension_registers: counts.2,
    }
}

/// A table; with `bound`, base elements whose lowest row variable is to be bound to it on the fly.
fn source(words: &[u32], bound: Option<[u32; 6]>, height: usize) -> Table<'_> {
    match bound {
        None => Table::new(words, height),
        Some(coordinate) => Table::bound(words, height, Sextic::from_canonical(coordinate)),
    }
}

/// Evaluates a program on every row.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
fn row_program_evaluate(
    py: Python<'_>,
    instructions: PyBuffer<u32>,
    terms: PyBuffer<u32>,
    outputs: PyBuffer<u32>,
    counts: Counts,
    constants: PyBuffer<u32>,
    challenges: PyBuffer<u32>,
    table: PyBuffer<u32>,
    height: usize,
    out: PyBuffer<u32>,
) -> PyResult<()> {
    let program = program(
        input(&instructions)?,
        input(&terms)?,
        input(&outputs)?,
        counts,
    );
    let values = Values::new(input(&constants)?, input(&challenges)?);
    let (table, out) = (Table::new(input(&table)?, height), output(&out)?);
    py.detach(|| in_pool(|| rows::evaluate(&program, &values, &table, as_packs_mut(out))));
    Ok(())
}

/// Sums a round; the sums are Montgomery words.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
fn row_program_round(
    py: Python<'_>,
    instructions: PyBuffer<u32>,
    terms: PyBuffer<u32>,
    outputs: PyBuffer<u32>,
    counts: Counts,
    constants: PyBuffer<u32>,
    challenges: PyBuffer<u32>,
    table: PyBuffer<u32>,
    over_extension: bool,
    bound: Option<[u32; 6]>,
    height: usize,
    weights: PyBuffer<u32>,
    points: Vec<usize>,
    sums: PyBuffer<u32>,
) -> PyResult<()> {
    let program = program(
        input(&instructions)?,
        input(&terms)?,
        input(&outputs)?,
        counts,
    );
    let values = Values::new(input(&constants)?, input(&challenges)?);
    let (table, weights) = (source(input(&table)?, bound, height), input(&weights)?);
    let out: &mut [[u32; 6]] = output(&sums)?.as_chunks_mut().0;
    let mut found = vec![Sextic::ZERO; out.len()];
    py.detach(|| {
        in_pool(|| {
            round::round_values(
                &program,
                &values,
                &table,
                over_extension || bound.is_some(),
                as_packs(weights),
                &points,
                &mut found,
            );
        });
    });
    for (out, sum) in out.iter_mut().zip(found) {
        *out = sum.0;
    }
    Ok(())
}

/// Binds the lowest row variable.
#[pyfunction]
fn row_program_bind(
    py: Python<'_>,
    table: PyBuffer<u32>,
    over_extension: bool,
    bound: Option<[u32; 6]>,
    height: usize,
    point: [u32; 6],
    out: PyBuffer<u32>,
) -> PyResult<()> {
    let (table, out) = (
        source(input(&table)?, bound, height),
        as_packs_mut(output(&out)?),
    );
    let rows = height.div_ceil(if bound.is_some() { 4 } else { 2 });
    let (packs, over_extension) = (
        rows.div_ceil(hstar_field::LANES),
        over_extension || bound.is_some(),
    );
    let point = Sextic::from_canonical(point);
    py.detach(|| in_pool(|| bind::bind_lowest(&table, over_extension, point, packs, out)));
    Ok(())
}

/// Fills columns from records.
#[pyfunction]
fn integer_program_fill(
    py: Python<'_>,
    instructions: PyBuffer<u32>,
    constants: PyBuffer<u64>,
    outputs: PyBuffer<u32>,
    records: PyBuffer<u64>,
    height: usize,
    table: PyBuffer<u32>,
) -> PyResult<()> {
    let program = integers::Program {
        instructions: input(&instructions)?.as_chunks().0,
        constants: input(&constants)?,
        outputs: input(&outputs)?.as_chunks().0,
    };
    let (records, table) = (input(&records)?, output(&table)?);
    py.detach(|| in_pool(|| integers::fill_columns(&program, records, height, table)));
    Ok(())
}

/// Counts how often rows of a lookup table are asked for; returns row and interaction of the first message not in it.
#[pyfunction]
#[allow(clippy::too_many_arguments)]
fn lookup_count(
    py: Python<'_>,
    instructions: PyBuffer<u32>,
    constants: PyBuffer<u64>,
    outputs: PyBuffer<u32>,
    columns: PyBuffer<u32>,
    height: usize,
    ranges: PyBuffer<u64>,
    rows: PyBuffer<i32>,
    others: PyBuffer<u32>,
    counts: PyBuffer<u64>,
) -> PyResult<Option<(usize, usize)>> {
    let program = integers::Program {
        instructions: input(&instructions)?.as_chunks().0,
        constants: input(&constants)?,
        outputs: input(&outputs)?.as_chunks().0,
    };
    let counts = output(&counts)?;
    let table = lookups::Table {
        ranges: input(&ranges)?.as_chunks().0,
        rows: input(&rows)?,
        others: input(&others)?,
        num_rows: counts.len(),
    };
    let columns = input(&columns)?;
    Ok(py.detach(|| in_pool(|| lookups::count(&program, columns, height, &table, counts))))
}

/// Adds the functions to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(row_program_evaluate, module)?)?;
    module.add_function(wrap_pyfunction!(row_program_round, module)?)?;
    module.add_function(wrap_pyfunction!(row_program_bind, module)?)?;
    module.add_function(wrap_pyfunction!(integer_program_fill, module)?)?;
    module.add_function(wrap_pyfunction!(lookup_count, module)?)
}
