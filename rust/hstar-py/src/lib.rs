//! The private module `hstar._native`. Glue only: check nothing that Python has not checked, compute nothing here.

mod buffers;
mod executor;
mod gates;
mod hashing;
mod peers;
mod program;
mod prover;
mod vectors;
mod verification;

use hstar_kernels::{cpu, threads};
use pyo3::prelude::*;

/// The widest instruction set compiled into this module.
#[pyfunction]
fn compiled_instruction_set() -> &'static str {
    cpu::compiled_instruction_set()
}

/// The widest instruction set that the processor offers.
#[pyfunction]
fn processor_instruction_set() -> &'static str {
    cpu::processor_instruction_set()
}

/// How many threads the kernels use.
#[pyfunction]
fn num_threads(py: Python<'_>) -> usize {
    py.detach(threads::num_threads)
}

/// Uses `count` threads from now on; 0 means one a core.
#[pyfunction]
fn set_num_threads(py: Python<'_>, count: usize) {
    py.detach(|| threads::set_num_threads(count));
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("version", env!("CARGO_PKG_VERSION"))?;
    module.add("compiler", env!("HSTAR_COMPILER"))?;
    module.add_function(wrap_pyfunction!(compiled_instruction_set, module)?)?;
    module.add_function(wrap_pyfunction!(processor_instruction_set, module)?)?;
    module.add_function(wrap_pyfunction!(num_threads, module)?)?;
    module.add_function(wrap_pyfunction!(set_num_threads, module)?)?;
    gates::register(module)?;
    hashing::register(module)?;
    program::register(module)?;
    module.add_class::<executor::Executor>()?;
    module.add_class::<executor::RecordPlan>()?;
    peers::register(module)?;
    prover::register(module)?;
    vectors::register(module)?;
    verification::register(module)
}
