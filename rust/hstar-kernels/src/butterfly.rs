//! Two layers of a transform at once, on packs.
//!
//! With AVX-512 the sums and differences that are only multiplied afterwards are left unreduced, which saves a sixth of
//! the instructions; elsewhere Plonky3's packed arithmetic does the same thing step by step.

use crate::words::{Element, Packed};

/// `[x0, x1]` to `[x0 + w x1, x0 - w x1]`.
#[inline(always)]
pub fn radix_2(x: [Packed; 2], w: Packed) -> [Packed; 2] {
    let product = implementation::times(x[1], w);
    [x[0] + product, x[0] - product]
}

/// Two layers: pairs `(0, 2)` and `(1, 3)` with the factor `w[0]`, then `(0, 1)` with `w[1]` and `(2, 3)` with `w[2]`.
#[inline(always)]
pub fn radix_4(x: [Packed; 4], w: [Packed; 3]) -> [Packed; 4] {
    let (t2, t3) = (
        implementation::times(x[2], w[0]),
        implementation::times(x[3], w[0]),
    );
    let (a0, a2) = (x[0] + t2, x[0] - t2);
    let t1 = implementation::sum_times(x[1], t3, w[1]);
    let t3 = implementation::difference_times(x[1], t3, w[2]);
    [a0 + t1, a0 - t1, a2 + t3, a2 - t3]
}

/// The same element in every lane.
#[inline(always)]
pub fn splat(element: Element) -> Packed {
    Packed::from(element)
}

#[cfg(not(all(target_arch = "x86_64", target_feature = "avx512f")))]
mod implementation {
    use super::Packed;

    #[inline(always)]
    pub fn times(x: Packed, w: Packed) -> Packed {
        x * w
    }

    #[inline(always)]
    pub fn sum_times(x: Packed, y: Packed, w: Packed) -> Packed {
        (x + y) * w
    }

    #[inline(always)]
    pub fn difference_times(x: Packed, y: Packed, w: Packed) -> Packed {
        (x - y) * w
    }
}

// SAFETY of every block in this module: it exists only where the binary is compiled for AVX-512F, which is all that the
// intrinsics need, and the transmutations are between types of 64 bytes without invalid values.
#[cfg(all(target_arch = "x86_64", target_feature = "avx512f"))]
#[allow(clippy::undocumented_unsafe_blocks)]
mod implementation {
    use core::arch::asm;
    use core::arch::x86_64::{
        __m512i, _mm512_add_epi32, _mm512_castps_si512, _mm512_castsi512_ps,
        _mm512_mask_movehdup_ps, _mm512_min_epu32, _mm512_movehdup_ps, _mm512_mul_epi32,
        _mm512_mul_epu32, _mm512_set1_epi32, _mm512_sub_epi32,
    };
    use core::mem::transmute;

    use super::Packed;

    const MODULUS: i32 = 0x7F00_0001;
    /// `1 / MODULUS` modulo `2^32`.
    const MODULUS_INVERSE: i32 = 0x8100_0001_u32.cast_signed();
    const EVEN_LANES: u16 = 0x5555;

    /// Odd lanes copied to the even lanes below them.
    #[inline(always)]
    fn odd_lanes(x: __m512i) -> __m512i {
        unsafe { _mm512_castps_si512(_mm512_movehdup_ps(_mm512_castsi512_ps(x))) }
    }

    /// Hides where a value comes from: the compiler would join two 32-bit products into one slow 64-bit product.
    #[inline(always)]
    fn opaque(x: __m512i) -> __m512i {
        let y;
        unsafe {
            asm!("/* {0} */", inlateout(zmm_reg) x => y, options(pure, nomem, nostack, preserves_flags))
        };
        y
    }

    /// The upper halves of the 64-bit words of two vectors, those of `odd` in the odd lanes.
    #[inline(always)]
    fn upper_halves(even: __m512i, odd: __m512i) -> __m512i {
        unsafe {
            let (even, odd) = (_mm512_castsi512_ps(even), _mm512_castsi512_ps(odd));
            _mm512_castps_si512(_mm512_mask_movehdup_ps(odd, EVEN_LANES, even))
        }
    }

    /// Montgomery reduction: `(products - multiples) / 2^32`, where the lower halves cancel.
    ///
    /// Invariant: the result before the correction is above `-MODULUS` and below `MODULUS`.
    #[inline(always)]
    fn reduce(products: [__m512i; 2], multiples: [__m512i; 2]) -> Packed {
        unsafe {
            let product = upper_halves(products[0], products[1]);
            let multiple = upper_halves(multiples[0], multiples[1]);
            let signed = _mm512_sub_epi32(product, multiple);
            let corrected = _mm512_add_epi32(signed, _mm512_set1_epi32(MODULUS));
            transmute(_mm512_min_epu32(signed, corrected))
        }
    }

    /// `x w` for any `x < 2^32` and canonical `w`: products are below `2^32 MODULUS`.
    #[inline(always)]
    fn times_unsigned(x: __m512i, w: __m512i) -> Packed {
        unsafe {
            let (inverse, modulus) = (
                _mm512_set1_epi32(MODULUS_INVERSE),
                _mm512_set1_epi32(MODULUS),
            );
            let products = [
                _mm512_mul_epu32(x, w),
                _mm512_mul_epu32(odd_lanes(x), odd_lanes(w)),
            ];
            let quotients = products.map(|product| opaque(_mm512_mul_epu32(product, inverse)));
            reduce(
                products,
                quotients.map(|quotient| _mm512_mul_epu32(quotient, modulus)),
            )
        }
    }

    /// `x w` for `x` above `-MODULUS` and below `MODULUS`, and canonical `w`.
    #[inline(always)]
    fn times_signed(x: __m512i, w: __m512i) -> Packed {
        unsafe {
            let (inverse, modulus) = (
                _mm512_set1_epi32(MODULUS_INVERSE),
                _mm512_set1_epi32(MODULUS),
            );
            let products = [
                _mm512_mul_epi32(x, w),
                _mm512_mul_epi32(odd_lanes(x), odd_lanes(w)),
            ];
            let quotients = products.map(|product| opaque(_mm512_mul_epi32(product, inverse)));
            reduce(
                products,
                quotients.map(|quotient| _mm512_mul_epi32(quotient, modulus)),
            )
        }
    }

    #[inline(always)]
    fn vector(x: Packed) -> __m512i {
        unsafe { transmute(x) }
    }

    #[inline(always)]
    pub fn times(x: Packed, w: Packed) -> Packed {
        times_unsigned(vector(x), vector(w))
    }

    #[inline(always)]
    pub fn sum_times(x: Packed, y: Packed, w: Packed) -> Packed {
        times_unsigned(unsafe { _mm512_add_epi32(vector(x), vector(y)) }, vector(w))
    }

    #[inline(always)]
    pub fn difference_times(x: Packed, y: Packed, w: Packed) -> Packed {
        times_signed(unsafe { _mm512_sub_epi32(vector(x), vector(y)) }, vector(w))
    }
}
