//! Plain 64-bit arithmetic, two lanes at a time: correct everywhere, several times slower than the vector versions.

use crate::lanes::{Lanes, Plane};
use crate::{MODULUS, words};

/// Two words.
#[derive(Clone, Copy, Debug)]
pub struct Portable([u32; 2]);

const MODULUS_INVERSE: u32 = 0x8100_0001; // 1 / p modulo 2^32

#[inline(always)]
fn reduce_one(x: u64) -> u32 {
    let quotient = (x as u32).wrapping_mul(MODULUS_INVERSE);
    let subtracted = ((u64::from(quotient) * u64::from(MODULUS)) >> 32) as i64;
    let result = ((x as i64) >> 32) - subtracted;
    result.rem_euclid(i64::from(MODULUS)) as u32
}

impl Lanes for Portable {
    const PARTS: usize = 8;
    type Half = u64;

    #[inline(always)]
    fn load(plane: &Plane, part: usize) -> Self {
        Self([plane[2 * part], plane[2 * part + 1]])
    }

    #[inline(always)]
    fn store(self, plane: &mut Plane, part: usize) {
        plane[2 * part..2 * part + 2].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn splat(word: u32) -> Self {
        Self([word; 2])
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(core::array::from_fn(|i| {
            let sum = self.0[i] + other.0[i];
            sum.min(sum.wrapping_sub(MODULUS))
        }))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(core::array::from_fn(|i| {
            let difference = self.0[i].wrapping_sub(other.0[i]);
            difference.min(difference.wrapping_add(MODULUS))
        }))
    }

    #[inline(always)]
    fn centre(self) -> Self {
        Self(self.0.map(|word| {
            if word > MODULUS / 2 {
                word.wrapping_sub(MODULUS)
            } else {
                word
            }
        }))
    }

    #[inline(always)]
    fn even(self) -> u64 {
        u64::from(self.0[0])
    }

    #[inline(always)]
    fn odd(self) -> u64 {
        u64::from(self.0[1])
    }

    #[inline(always)]
    fn load_half<const ODD: bool>(plane: &Plane, part: usize) -> u64 {
        u64::from(plane[2 * part + usize::from(ODD)])
    }

    #[inline(always)]
    fn zero_half() -> u64 {
        0
    }

    #[inline(always)]
    fn mul_unsigned(a: u64, b: u64) -> u64 {
        u64::from(a as u32) * u64::from(b as u32)
    }

    #[inline(always)]
    fn mul_signed(a: u64, b: u64) -> u64 {
        (i64::from(a as i32) * i64::from(b as i32)) as u64
    }

    #[inline(always)]
    fn add_half(a: u64, b: u64) -> u64 {
        a.wrapping_add(b)
    }

    #[inline(always)]
    fn sub_half(a: u64, b: u64) -> u64 {
        a.wrapping_sub(b)
    }

    #[inline(always)]
    fn high(a: u64) -> u64 {
        a >> 32
    }

    #[inline(always)]
    fn sum_half(a: u64) -> u64 {
        a
    }

    #[inline(always)]
    fn reduce(even: u64, odd: u64) -> Self {
        Self([reduce_one(even), reduce_one(odd)])
    }
}

const _: () = assert!(MODULUS_INVERSE.wrapping_mul(MODULUS) == 1);
const _: () = assert!(words::mul(words::R, words::R_INVERSE) == 1);
