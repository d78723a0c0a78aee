//! Arithmetic on single words modulo `p`, for the ends of sums and the ragged ends of vectors. Obvious, not fast.

use crate::MODULUS;

/// `2^32 mod p`: multiplying a canonical value by it gives its Montgomery word.
pub const R: u32 = ((1_u64 << 32) % MODULUS as u64) as u32;
/// `2^-32 mod p`: multiplying a Montgomery word by it gives the canonical value.
pub const R_INVERSE: u32 = power(R, MODULUS - 2);

const fn power(base: u32, mut exponent: u32) -> u32 {
    let (mut square, mut result) = (base, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = mul(result, square);
        }
        square = mul(square, square);
        exponent >>= 1;
    }
    result
}

/// `a + b`.
#[must_use]
pub const fn add(a: u32, b: u32) -> u32 {
    ((a as u64 + b as u64) % MODULUS as u64) as u32
}

/// `a - b`.
#[must_use]
pub const fn sub(a: u32, b: u32) -> u32 {
    ((a as u64 + MODULUS as u64 - b as u64) % MODULUS as u64) as u32
}

/// `a * b`.
#[must_use]
pub const fn mul(a: u32, b: u32) -> u32 {
    ((a as u64 * b as u64) % MODULUS as u64) as u32
}

/// The Montgomery word of a canonical value.
#[must_use]
pub const fn to_montgomery(value: u32) -> u32 {
    mul(value, R)
}

/// The canonical value of a Montgomery word.
#[must_use]
pub const fn from_montgomery(word: u32) -> u32 {
    mul(word, R_INVERSE)
}

/// The word of the same element from `-(p-1)/2` to `(p-1)/2`, as two's complement.
#[must_use]
pub const fn centre(word: u32) -> u32 {
    if word > MODULUS / 2 {
        word.wrapping_sub(MODULUS)
    } else {
        word
    }
}

/// Whether every word is below the modulus.
#[must_use]
pub fn all_canonical(words: &[u32]) -> bool {
    words.iter().copied().fold(0, u32::max) < MODULUS
}
