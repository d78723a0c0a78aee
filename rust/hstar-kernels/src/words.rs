//! Field elements as the 32-bit words that NumPy holds.
//!
//! A word below the modulus is a canonical integer outside and the Montgomery form of an element inside. Read as
//! Montgomery form, the canonical word of `x` stands for `x / R` with `R = 2^32`: linear maps commute with that, so only
//! functions that multiply two inputs convert, by multiplying with `R` on the way in and `1 / R` on the way out.

use p3_field::{Field, PackedValue, PrimeCharacteristicRing};
use p3_koala_bear::KoalaBear;

/// The base field.
pub type Element = KoalaBear;
/// As many elements as one vector register holds.
pub type Packed = <KoalaBear as Field>::Packing;
/// Elements in a `Packed`.
pub const LANES: usize = Packed::WIDTH;

const MODULUS: u64 = (1 << 31) - (1 << 24) + 1;
const R: u64 = (1 << 32) % MODULUS;

/// Multiplying a canonical word by this yields its Montgomery form.
pub const TO_MONTGOMERY: Element = KoalaBear::new(R as u32);

/// Multiplying a Montgomery form by this yields its canonical word: `1 / R`.
pub const FROM_MONTGOMERY: Element = KoalaBear::new(1_057_030_144);

/// The words as elements whose Montgomery form they are.
pub fn as_elements(words: &[u32]) -> &[Element] {
    // SAFETY: `KoalaBear` is a transparent wrapper of a `u32`. Words that are not below the modulus would give wrong
    // sums, not undefined behaviour; the facade refuses them.
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), words.len()) }
}

/// The words as elements whose Montgomery form they are.
pub fn as_elements_mut(words: &mut [u32]) -> &mut [Element] {
    // SAFETY: as above; the exclusive borrow of `words` lasts as long as the result.
    unsafe { core::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), words.len()) }
}

/// The Montgomery form of an element.
#[must_use]
pub fn word(element: Element) -> u32 {
    // SAFETY: `KoalaBear` is a transparent wrapper of a `u32`.
    unsafe { core::mem::transmute(element) }
}

/// `LANES` words from the front of `words`; lanes beyond its end are zero.
#[inline]
#[must_use]
pub fn load(words: &[u32]) -> Packed {
    match words.get(..LANES) {
        Some(full) => *Packed::from_slice(as_elements(full)),
        None => Packed::from_fn(|lane| {
            as_elements(words)
                .get(lane)
                .copied()
                .unwrap_or(Element::ZERO)
        }),
    }
}

/// Reverses the lowest `num_bits` bits of `index`.
#[must_use]
pub fn reverse_bits(index: usize, num_bits: usize) -> usize {
    if num_bits == 0 {
        0
    } else {
        index.reverse_bits() >> (usize::BITS as usize - num_bits)
    }
}

#[cfg(test)]
mod tests {
    use p3_field::PrimeField32;

    use super::*;

    #[test]
    fn conversions_are_inverse() {
        assert_eq!(TO_MONTGOMERY * FROM_MONTGOMERY, Element::ONE);
        let element = as_elements(&[12345])[0] * TO_MONTGOMERY;
        assert_eq!(element.as_canonical_u32(), 12345);
        assert_eq!(word(element * FROM_MONTGOMERY), 12345);
    }

    #[test]
    fn short_loads_are_zero_filled() {
        let packed = load(&[5]);
        assert_eq!(word(packed.as_slice()[0]), 5);
        assert!(packed.as_slice()[1..].iter().all(|x| x.is_zero()));
    }

    #[test]
    fn bits_reverse() {
        assert_eq!(reverse_bits(0b0011, 4), 0b1100);
        assert_eq!(reverse_bits(0, 0), 0);
    }
}
