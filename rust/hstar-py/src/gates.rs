//! Glue for gate programs.

use hstar_kernels::gates;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::buffers::{input, output};

/// Runs gates over wires in place; the number of the first requirement that fails.
#[pyfunction]
fn gate_program_run(
    py: Python<'_>,
    gates: PyBuffer<u32>,
    wires: PyBuffer<u32>,
) -> PyResult<Option<u32>> {
    let (gates, wires) = (input(&gates)?, output(&wires)?);
    let wires = wires.as_chunks_mut().0;
    Ok(py.detach(|| gates::run(gates.as_chunks().0, wires)))
}

/// Adds the function to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(gate_program_run, module)?)
}
