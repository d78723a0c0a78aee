//! Timing loops for `hstar bench`.

use hstar_peers::arithmetic;
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
timing_loop!(loop_extension_sum, arithmetic::sextic_sum);
timing_loop!(loop_base_extension_sum, arithmetic::base_sextic_sum);
timing_loop!(peer_quintic_multiply_add, arithmetic::quintic_multiply_add);
timing_loop!(peer_quintic_fold, arithmetic::quintic_fold);
timing_loop!(peer_quintic_sum, arithmetic::quintic_sum);

/// Adds the functions of this file to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("LOOP_ELEMENTS", arithmetic::ELEMENTS)?;
    module.add_function(wrap_pyfunction!(loop_extension_multiply_add, module)?)?;
    module.add_function(wrap_pyfunction!(loop_extension_fold, module)?)?;
    module.add_function(wrap_pyfunction!(loop_extension_sum, module)?)?;
    module.add_function(wrap_pyfunction!(loop_base_extension_sum, module)?)?;
    module.add_function(wrap_pyfunction!(peer_quintic_multiply_add, module)?)?;
    module.add_function(wrap_pyfunction!(peer_quintic_fold, module)?)?;
    module.add_function(wrap_pyfunction!(peer_quintic_sum, module)?)
}
