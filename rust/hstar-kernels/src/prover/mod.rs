//! The prover's heavy phases: the tree of fractions, chip programs, the zerocheck, the jagged weight.

pub mod blocks;
pub mod eq;
pub mod fractions;
pub mod jagged;
pub mod layer;
pub mod memory;
pub mod scalar;
