//! NumPy arrays as slices.

use pyo3::buffer::{Element, PyBuffer};
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;

/// The items of a contiguous buffer.
///
/// Invariant: the facade passes arrays that nobody writes to during the call.
pub fn input<T: Element + Sync>(buffer: &PyBuffer<T>) -> PyResult<&[T]> {
    let items = buffer
        .as_slice_ptr()
        .ok_or_else(|| PyBufferError::new_err("not contiguous"))?;
    // SAFETY: the exporter keeps the memory alive and in place as long as `buffer` is held; see the invariant.
    Ok(unsafe { items.as_ref() })
}

/// The items of a contiguous, writable buffer.
///
/// Invariant: the facade passes arrays that nothing else reads or writes during the call, and that overlap no other
/// argument.
#[allow(clippy::mut_from_ref)]
pub fn output<T: Element + Send>(buffer: &PyBuffer<T>) -> PyResult<&mut [T]> {
    if buffer.readonly() {
        return Err(PyBufferError::new_err("read-only"));
    }
    let mut items = buffer
        .as_slice_ptr()
        .ok_or_else(|| PyBufferError::new_err("not contiguous"))?;
    // SAFETY: the exporter keeps the memory alive and in place as long as `buffer` is held; see the invariant.
    Ok(unsafe { items.as_mut() })
}
