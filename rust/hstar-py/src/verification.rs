//! Glue for the traced verification of final proofs.

use hstar_kernels::verification::{Fault, Input, Outcome, Program, Source, Tree, run};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::buffers::input;

/// A checked program.
#[pyclass(frozen)]
struct VerificationProgram(Program);

fn fixed<const LENGTH: usize>(items: Vec<Vec<u8>>) -> PyResult<Vec<[u8; LENGTH]>> {
    items
        .into_iter()
        .map(|item| {
            item.try_into()
                .map_err(|_| PyValueError::new_err("a tag or a digest of the wrong length"))
        })
        .collect()
}

fn kind_of((kind, count): (u32, usize)) -> PyResult<Input> {
    match kind {
        0 => Ok(Input::Words(count)),
        1 => Ok(Input::Elements(count)),
        2 => Ok(Input::Digests(count)),
        3 => Ok(Input::Openings(count)),
        _ => Err(PyValueError::new_err("an input of an unknown kind")),
    }
}

#[pymethods]
impl VerificationProgram {
    /// See `_native.pyi`.
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        constants: PyBuffer<u32>,
        gates: PyBuffer<u32>,
        digests: Vec<Vec<u8>>,
        blobs: Vec<Vec<u8>>,
        persons: Vec<Vec<u8>>,
        trees: Vec<(u32, usize, u32, usize)>,
        inputs: Vec<(u32, usize)>,
        output_bytes: usize,
        num_requirements: usize,
    ) -> PyResult<Self> {
        let trees = trees.into_iter().map(
            |(log_rows, row_width, log_rows_per_leaf, max_leaves)| Tree {
                log_rows,
                row_width,
                log_rows_per_leaf,
                max_leaves,
            },
        );
        let source = Source {
            constants: input(&constants)?,
            digests: fixed(digests)?,
            blobs,
            persons: fixed(persons)?,
            trees: trees.collect(),
            inputs: inputs.into_iter().map(kind_of).collect::<PyResult<_>>()?,
            output_bytes,
            num_requirements,
            gates: input(&gates)?,
        };
        Program::load(&source)
            .map(Self)
            .map_err(PyValueError::new_err)
    }

    /// See `_native.pyi`.
    fn run(&self, py: Python<'_>, output: &[u8], body: &[u8]) -> (u32, u32) {
        match py.detach(|| run(&self.0, output, body)) {
            Outcome::Accepted => (0, 0),
            Outcome::Failed(number) => (1, number),
            Outcome::Unreadable(Fault::CutOff) => (2, 0),
            Outcome::Unreadable(Fault::NotCanonical) => (3, 0),
            Outcome::Unreadable(Fault::OpeningSize) => (4, 0),
            Outcome::Unreadable(Fault::Trailing) => (5, 0),
            Outcome::Unreadable(Fault::Output) => (6, 0),
        }
    }
}

/// Adds the class to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<VerificationProgram>()
}
