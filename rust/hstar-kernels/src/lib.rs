//! Hot loops over buffers. Nothing here knows a protocol; every function has a slow Python twin that defines it.

pub mod blake2b;
pub mod code;
pub mod cpu;
pub mod grinding;
pub mod multilinear;
pub mod poseidon2;
pub mod sumcheck;
pub mod threads;
pub mod vectors;
pub mod words;
