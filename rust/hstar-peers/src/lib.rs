//! Timing loops for `hstar bench`: kernels that are too short to be timed from Python, and the counterparts of ours in
//! other projects. Both run in the same binary, so that the compiler, its flags and the machine are the same.

pub mod arithmetic;
pub mod hashing;
