//! Timing loops for `hstar bench`.

use hstar_peers::{arithmetic, hashing};
use pyo3::prelude::*;

/// Makes a function that runs a loop `repetitions` times in every thread of the pool.
macro_rules! timing_loop {
    ($name:ident, $work:path) => {
        #[pyfunction]
        fn $name(py: Python<'_>, repetitions: usize) {
            py.detach(|| $work(repetitions));
        }
    };
}

timing_loop!(loop_extension_multiply_add, arithmetic::sextic_multiply_add);
timing_loop!(loop_extension_fold, arithmetic::sextic_fold);
timing_loop!(loop_extension_scale, arithmetic::sextic_scale);
timing_loop!(loop_extension_sum, arithmetic::sextic_sum);
timing_loop!(loop_base_extension_sum, arithmetic::base_sextic_sum);
timing_loop!(peer_quintic_multiply_add, arithmetic::quintic_multiply_add);
timing_loop!(peer_quintic_fold, arithmetic::quintic_fold);
timing_loop!(peer_quintic_sum, arithmetic::quintic_sum);

timing_loop!(loop_permutations, hashing::own_permutations);
timing_loop!(peer_permutations, hashing::plonky3_permutations);

/// A row-major matrix for Plonky3's hashing, transforms and commitments.
#[pyclass]
struct PeerMatrix(hashing::Plonky3Matrix);

#[pymethods]
impl PeerMatrix {
    #[new]
    fn new(py: Python<'_>, height: usize, width: usize) -> Self {
        py.detach(|| Self(hashing::Plonky3Matrix::new(height, width)))
    }

    fn hash_rows(&self, py: Python<'_>) {
        py.detach(|| self.0.hash_rows());
    }

    fn commit(&self, py: Python<'_>) {
        py.detach(|| self.0.commit());
    }

    fn transform_small_batch(&mut self, py: Python<'_>) {
        py.detach(|| self.0.transform_small_batch());
    }

    fn transform_parallel(&mut self, py: Python<'_>) {
        py.detach(|| self.0.transform_parallel());
    }

    fn encode_and_commit(&mut self, py: Python<'_>) {
        py.detach(|| self.0.encode_and_commit());
    }
}

/// Messages for the crate `blake2b_simd`.
#[pyclass]
struct PeerMessages(hashing::Blake2bMessages);

#[pymethods]
impl PeerMessages {
    #[new]
    fn new(py: Python<'_>, count: usize, length: usize) -> Self {
        py.detach(|| Self(hashing::Blake2bMessages::new(count, length)))
    }

    fn hash_many(&self, py: Python<'_>) {
        py.detach(|| self.0.hash_many());
    }
}

/// Adds the functions of this file to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("LOOP_ELEMENTS", arithmetic::ELEMENTS)?;
    module.add("LOOP_PERMUTATIONS", hashing::PERMUTATIONS)?;
    module.add_class::<PeerMatrix>()?;
    module.add_class::<PeerMessages>()?;
    module.add_function(wrap_pyfunction!(loop_permutations, module)?)?;
    module.add_function(wrap_pyfunction!(peer_permutations, module)?)?;
    module.add_function(wrap_pyfunction!(loop_extension_multiply_add, module)?)?;
    module.add_function(wrap_pyfunction!(loop_extension_fold, module)?)?;
    module.add_function(wrap_pyfunction!(loop_extension_scale, module)?)?;
    module.add_function(wrap_pyfunction!(loop_extension_sum, module)?)?;
    module.add_function(wrap_pyfunction!(loop_base_extension_sum, module)?)?;
    module.add_function(wrap_pyfunction!(peer_quintic_multiply_add, module)?)?;
    module.add_function(wrap_pyfunction!(peer_quintic_fold, module)?)?;
    module.add_function(wrap_pyfunction!(peer_quintic_sum, module)?)
}
