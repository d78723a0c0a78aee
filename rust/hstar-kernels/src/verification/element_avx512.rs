//! `element::portable::Wide` with eight lanes of 64 bits.
//!
//! A product is computed modulo `x^9 - 1`, whose coefficients are `d_0 .. d_8`, and with `x^6 = -x^3 - 1`. The lanes
//! hold `d_0, d_1, d_2 - d_8, d_3, d_4, d_5 - d_8, d_6, d_7`; what is missing is subtracting `d_6` and `d_7`.

use core::arch::x86_64::*;

use hstar_field::MODULUS;

use super::element::Element;

const P: i64 = MODULUS as i64;
const TWO_SQUARES: i64 = 2 * P * P;
/// `p^-1 mod 2^32`.
const INVERSE: i64 = 0x8100_0001;
/// Lanes 0, 1, 3, 4.
const ENDS: __mmask8 = 0b01_1011;
/// Lanes 0 .. 5.
const SIX: __mmask8 = 0b11_1111;

/// For each coefficient `i` of the left factor which lane of `(b, e)` meets it: lanes 0 .. 7 are those of `b`, lanes 8 ..
/// those of `e = (b_0 - b_3, b_1 - b_4, b_2 - b_5, -b_3, -b_4, -b_5, 0, 0)`; lane 6 is zero.
const MEETS: [[u64; 8]; 6] = {
    let mut meets = [[6; 8]; 6];
    let mut i = 0;
    while i < 6 {
        let mut lane = 0;
        while lane < 8 {
            let place = (lane + 9 - i) % 9; // of b in d_lane
            if place < 6 {
                meets[i][lane] = place as u64;
            }
            if i >= 3 && (lane == 2 || lane == 5) {
                let taken = (8 + 9 - i) % 9; // of b in d_8: 5, 4, 3
                meets[i][lane] = (8 + if place < 6 { place } else { taken }) as u64;
            }
            lane += 1;
        }
        i += 1;
    }
    meets
};

/// Six unreduced sums of products; lanes 6 and 7 hold anything.
#[derive(Clone, Copy, Debug)]
pub struct Wide(__m512i);

// SAFETY of every block below: this module exists only where the binary is compiled for AVX-512F and AVX-512VL, which is
// all that the intrinsics need; loads and stores are of whole elements and constants.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Wide {
    /// Zero.
    #[inline(always)]
    pub fn zero() -> Self {
        Self(unsafe { _mm512_setzero_si512() })
    }

    /// A product; below `2 p^2`.
    #[inline(always)]
    pub fn product(a: Element, b: Element) -> Self {
        unsafe {
            let words = load(b);
            let modulus = _mm256_set1_epi32(MODULUS as i32);
            let upper =
                _mm256_permutevar8x32_epi32(words, _mm256_setr_epi32(3, 4, 5, 3, 4, 5, 6, 6));
            let difference = _mm256_sub_epi32(_mm256_maskz_mov_epi32(0b111, words), upper);
            let difference = _mm256_min_epu32(difference, _mm256_add_epi32(difference, modulus));
            let (words, extra) = (
                _mm512_cvtepu32_epi64(words),
                _mm512_cvtepu32_epi64(difference),
            );
            let term = |i: usize| {
                let met = _mm512_loadu_si512(MEETS[i].as_ptr().cast());
                let met = if i < 3 {
                    _mm512_permutexvar_epi64(met, words)
                } else {
                    _mm512_permutex2var_epi64(words, met, extra)
                };
                _mm512_mul_epu32(met, _mm512_set1_epi32(a.0[i].cast_signed()))
            };
            let low = _mm512_add_epi64(_mm512_add_epi64(term(0), term(1)), term(2));
            let high = _mm512_add_epi64(_mm512_add_epi64(term(3), term(4)), term(5));
            let sum = _mm512_add_epi64(halved(low), halved(high));
            let sum = halved(sum);
            let subtracted =
                _mm512_permutexvar_epi64(_mm512_setr_epi64(6, 7, 6, 6, 7, 6, 6, 6), sum);
            let negative = _mm512_maskz_sub_epi64(ENDS, two_squares(), subtracted);
            Self(halved(_mm512_add_epi64(sum, negative)))
        }
    }

    /// An element times a word; below `p^2`.
    #[inline(always)]
    pub fn scaled(a: Element, word: u32) -> Self {
        unsafe {
            let words = _mm512_cvtepu32_epi64(load(a));
            Self(_mm512_mul_epu32(
                words,
                _mm512_set1_epi32(word.cast_signed()),
            ))
        }
    }

    /// The sum, without a reduction.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(unsafe { _mm512_add_epi64(self.0, other.0) })
    }

    /// Below `2 p^2`, from below `4 p^2`.
    #[inline(always)]
    pub fn halved(self) -> Self {
        Self(halved(self.0))
    }

    /// The negative; at most `2 p^2`, from at most `2 p^2`.
    #[inline(always)]
    pub fn negated(self) -> Self {
        Self(unsafe { _mm512_sub_epi64(two_squares(), self.0) })
    }

    /// The element, from below `2 p^2` or equal to it.
    #[inline(always)]
    pub fn reduce(self) -> Element {
        unsafe {
            let quotient = _mm512_mul_epu32(self.0, _mm512_set1_epi64(INVERSE));
            let low = _mm512_mul_epu32(quotient, _mm512_set1_epi64(P));
            // The lower halves agree, so the difference of the whole words has the difference of the upper halves.
            let difference = _mm512_srli_epi64::<32>(_mm512_sub_epi64(self.0, low));
            let words = _mm512_maskz_cvtepi64_epi32(SIX, difference);
            let words = _mm256_min_epu32(
                words,
                _mm256_add_epi32(words, _mm256_set1_epi32(MODULUS as i32)),
            );
            let mut element = Element::ZERO;
            _mm256_store_si256(element.0.as_mut_ptr().cast(), words);
            element
        }
    }
}

#[inline(always)]
fn load(a: Element) -> __m256i {
    // SAFETY: an element is 32 bytes, aligned to 32.
    unsafe { _mm256_load_si256(a.0.as_ptr().cast()) }
}

#[inline(always)]
fn two_squares() -> __m512i {
    // SAFETY: see above.
    unsafe { _mm512_set1_epi64(TWO_SQUARES) }
}

/// Below `2 p^2`, from below `4 p^2`.
#[inline(always)]
fn halved(x: __m512i) -> __m512i {
    // SAFETY: see above.
    unsafe { _mm512_min_epu64(x, _mm512_sub_epi64(x, two_squares())) }
}
