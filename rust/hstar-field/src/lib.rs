//! KoalaBear and its sextic extension `x^6 + x^3 + 1`.

/// The KoalaBear prime, `2^31 - 2^24 + 1`.
pub const MODULUS: u32 = (1 << 31) - (1 << 24) + 1;
