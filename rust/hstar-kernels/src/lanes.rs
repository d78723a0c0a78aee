//! Eight 64-bit words side by side: one AVX-512 register, or an array that the compiler spreads over what there is.
//!
//! Written out for AVX-512 because the compiler, left alone, uses half of each register.

#[cfg(all(target_arch = "x86_64", target_feature = "avx512f"))]
mod implementation {
    use core::arch::x86_64::{
        __m256i, __m512i, _mm512_add_epi64, _mm512_cvtepu32_epi64, _mm512_or_si512,
        _mm512_ror_epi64, _mm512_set1_epi64, _mm512_slli_epi64, _mm512_xor_si512,
    };

    /// Eight 64-bit words.
    #[derive(Clone, Copy, Debug)]
    #[repr(transparent)]
    pub struct Lanes(__m512i);

    // SAFETY of every block below: this module exists only where the binary is compiled for AVX-512F, which is all that
    // the intrinsics need; the transmutations are between types of the same size without invalid values.
    #[allow(clippy::undocumented_unsafe_blocks)]
    impl Lanes {
        /// The same word in every lane.
        #[inline(always)]
        #[must_use]
        pub fn splat(word: u64) -> Self {
            Self(unsafe { _mm512_set1_epi64(word.cast_signed()) })
        }

        /// The words of an array.
        #[inline(always)]
        #[must_use]
        pub fn from_array(words: [u64; 8]) -> Self {
            unsafe { core::mem::transmute(words) }
        }

        /// The words as an array.
        #[inline(always)]
        #[must_use]
        pub fn to_array(self) -> [u64; 8] {
            unsafe { core::mem::transmute(self) }
        }

        /// The words `low + 2^32 high`.
        #[inline(always)]
        #[must_use]
        pub fn from_halves(low: [u32; 8], high: [u32; 8]) -> Self {
            unsafe {
                let low = _mm512_cvtepu32_epi64(core::mem::transmute::<[u32; 8], __m256i>(low));
                let high = _mm512_cvtepu32_epi64(core::mem::transmute::<[u32; 8], __m256i>(high));
                Self(_mm512_or_si512(low, _mm512_slli_epi64::<32>(high)))
            }
        }

        /// Sums modulo `2^64`.
        #[inline(always)]
        #[must_use]
        pub fn add(self, other: Self) -> Self {
            Self(unsafe { _mm512_add_epi64(self.0, other.0) })
        }

        /// Exclusive or.
        #[inline(always)]
        #[must_use]
        pub fn xor(self, other: Self) -> Self {
            Self(unsafe { _mm512_xor_si512(self.0, other.0) })
        }

        /// Rotates every word.
        #[inline(always)]
        #[must_use]
        pub fn rotate_right<const BITS: i32>(self) -> Self {
            Self(unsafe { _mm512_ror_epi64::<BITS>(self.0) })
        }
    }
}

#[cfg(not(all(target_arch = "x86_64", target_feature = "avx512f")))]
mod implementation {
    use core::array::from_fn;

    /// Eight 64-bit words.
    #[derive(Clone, Copy, Debug)]
    pub struct Lanes([u64; 8]);

    impl Lanes {
        /// The same word in every lane.
        #[inline(always)]
        #[must_use]
        pub fn splat(word: u64) -> Self {
            Self([word; 8])
        }

        /// The words of an array.
        #[inline(always)]
        #[must_use]
        pub fn from_array(words: [u64; 8]) -> Self {
            Self(words)
        }

        /// The words as an array.
        #[inline(always)]
        #[must_use]
        pub fn to_array(self) -> [u64; 8] {
            self.0
        }

        /// The words `low + 2^32 high`.
        #[inline(always)]
        #[must_use]
        pub fn from_halves(low: [u32; 8], high: [u32; 8]) -> Self {
            Self(from_fn(|i| u64::from(low[i]) | u64::from(high[i]) << 32))
        }

        /// Sums modulo `2^64`.
        #[inline(always)]
        #[must_use]
        pub fn add(self, other: Self) -> Self {
            Self(from_fn(|i| self.0[i].wrapping_add(other.0[i])))
        }

        /// Exclusive or.
        #[inline(always)]
        #[must_use]
        pub fn xor(self, other: Self) -> Self {
            Self(from_fn(|i| self.0[i] ^ other.0[i]))
        }

        /// Rotates every word.
        #[inline(always)]
        #[must_use]
        pub fn rotate_right<const BITS: i32>(self) -> Self {
            Self(from_fn(|i| self.0[i].rotate_right(BITS.unsigned_abs())))
        }
    }
}

pub use implementation::Lanes;
