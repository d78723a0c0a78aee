//! AVX2: two registers make a plane.

use core::arch::x86_64::*;

use crate::MODULUS;
use crate::lanes::{Lanes, Plane};

/// Eight words.
#[derive(Clone, Copy, Debug)]
pub struct Avx2(__m256i);

const MODULUS_INVERSE: i32 = 0x8100_0001_u32 as i32; // 1 / p modulo 2^32
const ODD_LANES: i32 = 0b1010_1010;

/// Calls intrinsics whose only condition is the instruction set.
macro_rules! vector {
    ($body:expr) => {
        // SAFETY: this module is compiled only where AVX2 is enabled for the whole crate, and no memory is touched.
        unsafe { $body }
    };
}

#[inline(always)]
fn modulus() -> __m256i {
    vector!(_mm256_set1_epi32(MODULUS as i32))
}

/// Odd lanes copied over the even ones.
#[inline(always)]
fn odd_twice(a: __m256i) -> __m256i {
    vector!(_mm256_castps_si256(_mm256_movehdup_ps(
        _mm256_castsi256_ps(a)
    )))
}

/// The upper halves of `even`'s and `odd`'s 64-bit words, in even and odd lanes.
#[inline(always)]
fn upper_halves(even: __m256i, odd: __m256i) -> __m256i {
    vector!(_mm256_blend_epi32::<ODD_LANES>(odd_twice(even), odd))
}

/// Undoes the order in which instructions that work on both 128-bit lanes leave 64-bit words.
#[inline(always)]
fn in_order(a: __m256i) -> __m256i {
    vector!(_mm256_permute4x64_epi64::<0xD8>(a))
}

impl Lanes for Avx2 {
    const PARTS: usize = 2;
    type Half = __m256i;

    #[inline(always)]
    fn load(plane: &Plane, part: usize) -> Self {
        let words = &plane[8 * part..8 * part + 8];
        // SAFETY: eight words are 32 bytes; the load needs no alignment.
        Self(unsafe { _mm256_loadu_si256(words.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, plane: &mut Plane, part: usize) {
        let words = &mut plane[8 * part..8 * part + 8];
        // SAFETY: eight words are 32 bytes; the store needs no alignment.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn splat(word: u32) -> Self {
        Self(vector!(_mm256_set1_epi32(word as i32)))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(vector!({
            let sum = _mm256_add_epi32(self.0, other.0);
            _mm256_min_epu32(sum, _mm256_sub_epi32(sum, modulus()))
        }))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(vector!({
            let difference = _mm256_sub_epi32(self.0, other.0);
            _mm256_min_epu32(difference, _mm256_add_epi32(difference, modulus()))
        }))
    }

    #[inline(always)]
    fn centre(self) -> Self {
        Self(vector!({
            let half = _mm256_set1_epi32((MODULUS / 2) as i32);
            let large = _mm256_cmpgt_epi32(self.0, half);
            _mm256_sub_epi32(self.0, _mm256_and_si256(large, modulus()))
        }))
    }

    #[inline(always)]
    fn even(self) -> __m256i {
        self.0
    }

    #[inline(always)]
    fn odd(self) -> __m256i {
        odd_twice(self.0)
    }

    #[inline(always)]
    fn load_half<const ODD: bool>(plane: &Plane, part: usize) -> __m256i {
        let words = Self::load(plane, part).0;
        if ODD { odd_twice(words) } else { words }
    }

    #[inline(always)]
    fn zero_half() -> __m256i {
        vector!(_mm256_setzero_si256())
    }

    #[inline(always)]
    fn mul_unsigned(a: __m256i, b: __m256i) -> __m256i {
        vector!(_mm256_mul_epu32(a, b))
    }

    #[inline(always)]
    fn mul_signed(a: __m256i, b: __m256i) -> __m256i {
        vector!(_mm256_mul_epi32(a, b))
    }

    #[inline(always)]
    fn add_half(a: __m256i, b: __m256i) -> __m256i {
        vector!(_mm256_add_epi64(a, b))
    }

    #[inline(always)]
    fn sub_half(a: __m256i, b: __m256i) -> __m256i {
        vector!(_mm256_sub_epi64(a, b))
    }

    #[inline(always)]
    fn high(a: __m256i) -> __m256i {
        vector!(_mm256_srli_epi64(a, 32))
    }

    fn sum_half(a: __m256i) -> u64 {
        let mut words = [0_u64; 4];
        // SAFETY: the array is 32 bytes; the store needs no alignment.
        unsafe { _mm256_storeu_si256(words.as_mut_ptr().cast(), a) };
        words.into_iter().fold(0, u64::wrapping_add)
    }

    #[inline(always)]
    fn separate(planes: [&Plane; 2], log_stride: usize, low: &mut Plane, high: &mut Plane) {
        for (part, plane) in planes.into_iter().enumerate() {
            let (first, second) = (Self::load(plane, 0).0, Self::load(plane, 1).0);
            let (low_words, high_words) = vector!(match log_stride {
                0 => {
                    let (a, b) = (_mm256_castsi256_ps(first), _mm256_castsi256_ps(second));
                    (
                        in_order(_mm256_castps_si256(_mm256_shuffle_ps::<0x88>(a, b))),
                        in_order(_mm256_castps_si256(_mm256_shuffle_ps::<0xDD>(a, b))),
                    )
                }
                1 => (
                    in_order(_mm256_unpacklo_epi64(first, second)),
                    in_order(_mm256_unpackhi_epi64(first, second)),
                ),
                2 => (
                    _mm256_permute2x128_si256::<0x20>(first, second),
                    _mm256_permute2x128_si256::<0x31>(first, second),
                ),
                _ => (first, second),
            });
            Self(low_words).store(low, part);
            Self(high_words).store(high, part);
        }
    }

    #[inline(always)]
    fn reduce(even: __m256i, odd: __m256i) -> Self {
        Self(vector!({
            let inverse = _mm256_set1_epi32(MODULUS_INVERSE);
            let multiple_even = _mm256_mul_epu32(_mm256_mul_epu32(even, inverse), modulus());
            let multiple_odd = _mm256_mul_epu32(_mm256_mul_epu32(odd, inverse), modulus());
            let value = upper_halves(even, odd);
            let value = _mm256_min_epu32(value, _mm256_add_epi32(value, modulus()));
            let multiple = upper_halves(multiple_even, multiple_odd);
            let result = _mm256_sub_epi32(value, multiple);
            _mm256_min_epu32(result, _mm256_add_epi32(result, modulus()))
        }))
    }
}
