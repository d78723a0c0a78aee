//! KoalaBear and its sextic extension `x^6 + x^3 + 1`, on packs of 16 elements.
//!
//! The arithmetic is written once, over the trait [`Lanes`]; the instruction set that this crate is compiled for decides
//! which implementation of it is [`Native`].

#[cfg(all(target_arch = "x86_64", target_feature = "avx2"))]
pub mod avx2;
#[cfg(all(target_arch = "x86_64", target_feature = "avx512f"))]
pub mod avx512;
pub mod lanes;
pub mod packed;
pub mod portable;
pub mod sextic;
pub mod sums;
pub mod words;

pub use lanes::{Aligned, LANES, Lanes, Pack, Plane, ZERO_PACK};
pub use sextic::Sextic;

/// The KoalaBear prime, `2^31 - 2^24 + 1`.
pub const MODULUS: u32 = (1 << 31) - (1 << 24) + 1;

/// The widest implementation that this binary was compiled for.
#[cfg(all(target_arch = "x86_64", target_feature = "avx512f"))]
pub type Native = avx512::Avx512;
/// The widest implementation that this binary was compiled for.
#[cfg(all(
    target_arch = "x86_64",
    target_feature = "avx2",
    not(target_feature = "avx512f")
))]
pub type Native = avx2::Avx2;
/// The widest implementation that this binary was compiled for.
#[cfg(not(all(target_arch = "x86_64", target_feature = "avx2")))]
pub type Native = portable::Portable;
