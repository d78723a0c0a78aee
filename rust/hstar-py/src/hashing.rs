//! Glue for hashing, codes, Merkle levels and proof of work.

use hstar_kernels::threads::in_pool;
use hstar_kernels::{blake2b, code, grinding, poseidon2};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::buffers::{input, output};

/// Permutes each row of 24 canonical words.
#[pyfunction]
fn poseidon2_permute(py: Python<'_>, states: PyBuffer<u32>, out: PyBuffer<u32>) -> PyResult<()> {
    let (states, out) = (input(&states)?, output(&out)?);
    py.detach(|| in_pool(|| poseidon2::permute_rows(states, out)));
    Ok(())
}

/// Hashes each row of a matrix.
#[pyfunction]
fn poseidon2_hash_rows(
    py: Python<'_>,
    matrix: PyBuffer<u32>,
    num_columns: usize,
    tag: u32,
    digests: PyBuffer<u32>,
) -> PyResult<()> {
    let (matrix, digests) = (input(&matrix)?, output(&digests)?);
    py.detach(|| in_pool(|| poseidon2::hash_rows(matrix, num_columns, tag, digests)));
    Ok(())
}

/// Hashes leaves whose elements lie in columns that start at `offsets`.
#[pyfunction]
fn poseidon2_hash_columns(
    py: Python<'_>,
    words: PyBuffer<u32>,
    offsets: Vec<usize>,
    tag: u32,
    digests: PyBuffer<u32>,
) -> PyResult<()> {
    let (words, digests) = (input(&words)?, output(&digests)?);
    py.detach(|| in_pool(|| poseidon2::hash_columns(words, &offsets, tag, digests)));
    Ok(())
}

/// Compresses digests row by row.
#[pyfunction]
fn poseidon2_compress_rows(
    py: Python<'_>,
    left: PyBuffer<u32>,
    right: PyBuffer<u32>,
    tag: u32,
    parents: PyBuffer<u32>,
) -> PyResult<()> {
    let (left, right, parents) = (input(&left)?, input(&right)?, output(&parents)?);
    py.detach(|| in_pool(|| poseidon2::compress_rows(left, right, tag, parents)));
    Ok(())
}

/// Searches the smallest nonce; none if there is none below the modulus.
#[pyfunction]
fn poseidon2_find_nonce(
    py: Python<'_>,
    state: [u32; poseidon2::WIDTH],
    nonce_lane: usize,
    num_bits: u32,
) -> Option<u32> {
    py.detach(|| in_pool(|| grinding::find_poseidon2(&state, nonce_lane, num_bits)))
}

/// Hashes each row of a matrix.
#[pyfunction]
fn blake2b_hash_rows(
    py: Python<'_>,
    matrix: PyBuffer<u32>,
    num_columns: usize,
    person: [u8; 16],
    digests: PyBuffer<u8>,
) -> PyResult<()> {
    let (matrix, digests) = (input(&matrix)?, output(&digests)?);
    py.detach(|| in_pool(|| blake2b::hash_rows(matrix, num_columns, &person, digests)));
    Ok(())
}

/// Hashes leaves whose elements lie in columns that start at `offsets`.
#[pyfunction]
fn blake2b_hash_columns(
    py: Python<'_>,
    words: PyBuffer<u32>,
    offsets: Vec<usize>,
    person: [u8; 16],
    digests: PyBuffer<u8>,
) -> PyResult<()> {
    let (words, digests) = (input(&words)?, output(&digests)?);
    py.detach(|| in_pool(|| blake2b::hash_columns(words, &offsets, &person, digests)));
    Ok(())
}

/// Compresses digests row by row.
#[pyfunction]
fn blake2b_compress_rows(
    py: Python<'_>,
    left: PyBuffer<u8>,
    right: PyBuffer<u8>,
    person: [u8; 16],
    parents: PyBuffer<u8>,
) -> PyResult<()> {
    let (left, right, parents) = (input(&left)?, input(&right)?, output(&parents)?);
    py.detach(|| in_pool(|| blake2b::compress_rows(left, right, &person, parents)));
    Ok(())
}

/// Searches the smallest nonce; none if there is none below the modulus.
#[pyfunction]
fn blake2b_find_nonce(
    py: Python<'_>,
    state: [u8; blake2b::DIGEST],
    absorb: [u8; 16],
    squeeze: [u8; 16],
    num_bits: u32,
) -> Option<u32> {
    py.detach(|| in_pool(|| grinding::find_blake2b(&state, &absorb, &squeeze, num_bits)))
}

/// Encodes columns; the layout is that of `hstar_kernels::code`.
#[pyfunction]
fn encode_columns(
    py: Python<'_>,
    columns: PyBuffer<u32>,
    log_height: usize,
    log_inverse_rate: usize,
    codeword: PyBuffer<u32>,
) -> PyResult<()> {
    let (columns, codeword) = (input(&columns)?, output(&codeword)?);
    py.detach(|| in_pool(|| code::encode_columns(columns, log_height, log_inverse_rate, codeword)));
    Ok(())
}

/// Splits an extension vector into interleaved base-field columns.
#[pyfunction]
fn interleaved_columns(
    py: Python<'_>,
    words: PyBuffer<u32>,
    log_height: usize,
    log_interleaving: usize,
    columns: PyBuffer<u32>,
) -> PyResult<()> {
    let (words, columns) = (input(&words)?, output(&columns)?);
    py.detach(|| {
        in_pool(|| code::interleaved_columns(words, log_height, log_interleaving, columns));
    });
    Ok(())
}

/// Adds the functions of this file to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(poseidon2_permute, module)?)?;
    module.add_function(wrap_pyfunction!(poseidon2_hash_rows, module)?)?;
    module.add_function(wrap_pyfunction!(poseidon2_hash_columns, module)?)?;
    module.add_function(wrap_pyfunction!(poseidon2_compress_rows, module)?)?;
    module.add_function(wrap_pyfunction!(poseidon2_find_nonce, module)?)?;
    module.add_function(wrap_pyfunction!(blake2b_hash_rows, module)?)?;
    module.add_function(wrap_pyfunction!(blake2b_hash_columns, module)?)?;
    module.add_function(wrap_pyfunction!(blake2b_compress_rows, module)?)?;
    module.add_function(wrap_pyfunction!(blake2b_find_nonce, module)?)?;
    module.add_function(wrap_pyfunction!(encode_columns, module)?)?;
    module.add_function(wrap_pyfunction!(interleaved_columns, module)?)?;
    Ok(())
}
