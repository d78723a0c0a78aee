//! Glue for extension vectors, multilinear polynomials and sumcheck rounds. Elements travel as six canonical integers.

use hstar_field::Sextic;
use hstar_kernels::threads::in_pool;
use hstar_kernels::vectors::{Planes, as_packs, as_packs_mut};
use hstar_kernels::{multilinear, sumcheck, vectors};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::buffers::{input, output};

type Words = PyBuffer<u32>;
type Coefficients = [u32; 6];

fn element(coefficients: Coefficients) -> Sextic {
    Sextic::from_canonical(coefficients)
}

/// Runs a kernel in the pool, without the GIL.
fn run<R: Send>(py: Python<'_>, work: impl FnOnce() -> R + Send) -> R {
    py.detach(|| in_pool(work))
}

/// Whether every word is below the modulus.
#[pyfunction]
fn all_canonical(py: Python<'_>, words: Words) -> PyResult<bool> {
    let words = input(&words)?;
    Ok(run(py, || vectors::all_canonical(words)))
}

/// Packs rows of six canonical coefficients.
#[pyfunction]
fn extension_pack(py: Python<'_>, rows: Words, out: Words) -> PyResult<()> {
    let (rows, out) = (input(&rows)?, output(&out)?);
    run(py, || vectors::pack(rows, as_packs_mut(out)));
    Ok(())
}

/// Writes elements as rows of six canonical coefficients.
#[pyfunction]
fn extension_unpack(py: Python<'_>, a: Words, rows: Words) -> PyResult<()> {
    let (a, rows) = (input(&a)?, output(&rows)?);
    run(py, || vectors::unpack(as_packs(a), rows));
    Ok(())
}

/// `out = a + b`.
#[pyfunction]
fn extension_add(py: Python<'_>, a: Words, b: Words, out: Words) -> PyResult<()> {
    let (a, b, out) = (input(&a)?, input(&b)?, output(&out)?);
    run(py, || {
        vectors::add(as_packs(a), as_packs(b), as_packs_mut(out))
    });
    Ok(())
}

/// `out = a - b`.
#[pyfunction]
fn extension_sub(py: Python<'_>, a: Words, b: Words, out: Words) -> PyResult<()> {
    let (a, b, out) = (input(&a)?, input(&b)?, output(&out)?);
    run(py, || {
        vectors::sub(as_packs(a), as_packs(b), as_packs_mut(out))
    });
    Ok(())
}

/// `out = a * b`.
#[pyfunction]
fn extension_mul(py: Python<'_>, a: Words, b: Words, out: Words) -> PyResult<()> {
    let (a, b, out) = (input(&a)?, input(&b)?, output(&out)?);
    run(py, || {
        vectors::mul(as_packs(a), as_packs(b), as_packs_mut(out))
    });
    Ok(())
}

/// `out = y + a * b`.
#[pyfunction]
fn extension_multiply_add(
    py: Python<'_>,
    y: Words,
    a: Words,
    b: Words,
    out: Words,
) -> PyResult<()> {
    let (y, a, b, out) = (input(&y)?, input(&a)?, input(&b)?, output(&out)?);
    run(py, || {
        vectors::multiply_add(as_packs(y), as_packs(a), as_packs(b), as_packs_mut(out));
    });
    Ok(())
}

/// `out = factor * a`.
#[pyfunction]
fn extension_scale(py: Python<'_>, a: Words, factor: Coefficients, out: Words) -> PyResult<()> {
    let (a, out) = (input(&a)?, output(&out)?);
    run(py, || {
        vectors::scale(as_packs(a), element(factor), as_packs_mut(out))
    });
    Ok(())
}

/// `sum a b`.
#[pyfunction]
fn extension_dot(py: Python<'_>, a: Words, b: Words) -> PyResult<Coefficients> {
    let (a, b) = (input(&a)?, input(&b)?);
    Ok(run(py, || vectors::dot(as_packs(a), as_packs(b))).to_canonical())
}

/// `sum a b` with base-field elements `a`.
#[pyfunction]
fn base_extension_dot(py: Python<'_>, a: Words, b: Words) -> PyResult<Coefficients> {
    let (a, b) = (input(&a)?, input(&b)?);
    Ok(run(py, || vectors::dot_base(a, as_packs(b))).to_canonical())
}

/// `sum a`.
#[pyfunction]
fn extension_total(py: Python<'_>, a: Words) -> PyResult<Coefficients> {
    let a = input(&a)?;
    Ok(run(py, || vectors::total(as_packs(a))).to_canonical())
}

/// `eq(point, x) * scale` for all `x`.
#[pyfunction]
fn eq_table(
    py: Python<'_>,
    point: Vec<Coefficients>,
    scale: Coefficients,
    out: Words,
) -> PyResult<()> {
    let out = output(&out)?;
    let point: Vec<Sextic> = point.into_iter().map(element).collect();
    run(py, || {
        multilinear::eq_table(&point, element(scale), as_packs_mut(out))
    });
    Ok(())
}

/// Value of the polynomial with these values.
#[pyfunction]
fn evaluate_extension(
    py: Python<'_>,
    values: Words,
    point: Vec<Coefficients>,
) -> PyResult<Coefficients> {
    let values = input(&values)?;
    let point: Vec<Sextic> = point.into_iter().map(element).collect();
    Ok(run(py, || multilinear::evaluate(as_packs(values), &point)).to_canonical())
}

/// Value of the polynomial with these base-field values.
#[pyfunction]
fn evaluate_base(
    py: Python<'_>,
    values: Words,
    point: Vec<Coefficients>,
) -> PyResult<Coefficients> {
    let values = input(&values)?;
    let point: Vec<Sextic> = point.into_iter().map(element).collect();
    Ok(run(py, || multilinear::evaluate_base(values, &point)).to_canonical())
}

/// Binds the variable of `bit`.
#[pyfunction]
fn fold_extension(
    py: Python<'_>,
    values: Words,
    challenge: Coefficients,
    bit: usize,
    out: Words,
) -> PyResult<()> {
    let (values, out) = (input(&values)?, output(&out)?);
    run(py, || {
        multilinear::fold(as_packs(values), element(challenge), bit, as_packs_mut(out));
    });
    Ok(())
}

/// Binds the variable of `bit` of base-field values.
#[pyfunction]
fn fold_base(
    py: Python<'_>,
    values: Words,
    challenge: Coefficients,
    bit: usize,
    out: Words,
) -> PyResult<()> {
    let (values, out) = (input(&values)?, output(&out)?);
    run(py, || {
        multilinear::fold(
            &Planes::new(values),
            element(challenge),
            bit,
            as_packs_mut(out),
        );
    });
    Ok(())
}

/// Coefficients of 1 and `X^2` of a round.
#[pyfunction]
fn product_round_extension(
    py: Python<'_>,
    values: Words,
    weights: Words,
    bit: usize,
    num_pairs: usize,
) -> PyResult<[Coefficients; 2]> {
    let (values, weights) = (as_packs(input(&values)?), as_packs(input(&weights)?));
    let round = run(py, || {
        sumcheck::product_round(values, weights, bit, num_pairs)
    });
    Ok(round.map(Sextic::to_canonical))
}

/// Coefficients of 1 and `X^2` of a round with base-field values.
#[pyfunction]
fn product_round_base(
    py: Python<'_>,
    values: Words,
    weights: Words,
    bit: usize,
    num_pairs: usize,
) -> PyResult<[Coefficients; 2]> {
    let (values, weights) = (Planes::new(input(&values)?), as_packs(input(&weights)?));
    let round = run(py, || {
        sumcheck::product_round(&values, weights, bit, num_pairs)
    });
    Ok(round.map(Sextic::to_canonical))
}

/// Binds a variable in both vectors; coefficients of 1 and `X^2` of the next round.
#[pyfunction]
fn fold_and_product_round_extension(
    py: Python<'_>,
    values: Words,
    weights: Words,
    challenge: Coefficients,
    bits: (usize, usize),
    folded_values: Words,
    folded_weights: Words,
) -> PyResult<[Coefficients; 2]> {
    let (values, weights) = (as_packs(input(&values)?), as_packs(input(&weights)?));
    let (to_values, to_weights) = (
        as_packs_mut(output(&folded_values)?),
        as_packs_mut(output(&folded_weights)?),
    );
    let challenge = element(challenge);
    let round = run(py, || {
        sumcheck::fold_and_product_round(values, weights, challenge, bits, to_values, to_weights)
    });
    Ok(round.map(Sextic::to_canonical))
}

/// The same with base-field values.
#[pyfunction]
fn fold_and_product_round_base(
    py: Python<'_>,
    values: Words,
    weights: Words,
    challenge: Coefficients,
    bits: (usize, usize),
    folded_values: Words,
    folded_weights: Words,
) -> PyResult<[Coefficients; 2]> {
    let (values, weights) = (Planes::new(input(&values)?), as_packs(input(&weights)?));
    let (to_values, to_weights) = (
        as_packs_mut(output(&folded_values)?),
        as_packs_mut(output(&folded_weights)?),
    );
    let challenge = element(challenge);
    let round = run(py, || {
        sumcheck::fold_and_product_round(&values, weights, challenge, bits, to_values, to_weights)
    });
    Ok(round.map(Sextic::to_canonical))
}

/// Adds the functions of this file to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(all_canonical, module)?)?;
    module.add_function(wrap_pyfunction!(extension_pack, module)?)?;
    module.add_function(wrap_pyfunction!(extension_unpack, module)?)?;
    module.add_function(wrap_pyfunction!(extension_add, module)?)?;
    module.add_function(wrap_pyfunction!(extension_sub, module)?)?;
    module.add_function(wrap_pyfunction!(extension_mul, module)?)?;
    module.add_function(wrap_pyfunction!(extension_multiply_add, module)?)?;
    module.add_function(wrap_pyfunction!(extension_scale, module)?)?;
    module.add_function(wrap_pyfunction!(extension_dot, module)?)?;
    module.add_function(wrap_pyfunction!(base_extension_dot, module)?)?;
    module.add_function(wrap_pyfunction!(extension_total, module)?)?;
    module.add_function(wrap_pyfunction!(eq_table, module)?)?;
    module.add_function(wrap_pyfunction!(evaluate_extension, module)?)?;
    module.add_function(wrap_pyfunction!(evaluate_base, module)?)?;
    module.add_function(wrap_pyfunction!(fold_extension, module)?)?;
    module.add_function(wrap_pyfunction!(fold_base, module)?)?;
    module.add_function(wrap_pyfunction!(product_round_extension, module)?)?;
    module.add_function(wrap_pyfunction!(product_round_base, module)?)?;
    module.add_function(wrap_pyfunction!(fold_and_product_round_extension, module)?)?;
    module.add_function(wrap_pyfunction!(fold_and_product_round_base, module)?)
}
