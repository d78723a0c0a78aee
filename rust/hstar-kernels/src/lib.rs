//! Hot loops over buffers. Nothing here knows a protocol; every function has a slow Python twin that defines it.

pub mod blake2b;
mod butterfly;
pub mod code;
pub mod cpu;
pub mod gates;
pub mod grinding;
pub mod integers;
mod lanes;
pub mod lookups;
pub mod multilinear;
pub mod poseidon2;
#[cfg(all(target_arch = "x86_64", target_feature = "avx512bw"))]
mod poseidon2_avx512;
pub mod program;
pub mod prover;
pub mod sumcheck;
pub mod threads;
mod tiles;
mod transform;
pub mod vectors;
pub mod verification;
pub mod words;
