//! AVX-512: one register is a plane.

use core::arch::asm;
use core::arch::x86_64::*;

use crate::MODULUS;
use crate::lanes::{Lanes, Plane};

/// Sixteen words.
#[derive(Clone, Copy, Debug)]
pub struct Avx512(__m512i);

const MODULUS_INVERSE: i32 = 0x8100_0001_u32 as i32; // 1 / p modulo 2^32
const EVEN_LANES: __mmask16 = 0x5555;

/// For each bit below 4: the indices below 32 that have it clear.
const LOW_INDICES: [Plane; 4] = {
    let mut indices = [[0; 16]; 4];
    let mut bit = 0;
    while bit < 4 {
        let mut lane = 0;
        while lane < 16 {
            indices[bit][lane] = (((lane >> bit) << (bit + 1)) + lane % (1 << bit)) as u32;
            lane += 1;
        }
        bit += 1;
    }
    indices
};

/// Calls intrinsics whose only condition is the instruction set.
macro_rules! vector {
    ($body:expr) => {
        // SAFETY: this module is compiled only where AVX-512F is enabled for the whole crate, and no memory is touched.
        unsafe { $body }
    };
}

#[inline(always)]
fn modulus() -> __m512i {
    vector!(_mm512_set1_epi32(MODULUS as i32))
}

/// Hides where a value comes from. Keeps LLVM, for one, from merging the two multiplications of a reduction into the
/// slower `vpmullq`.
#[inline(always)]
fn opaque(x: __m512i) -> __m512i {
    let y;
    // SAFETY: the instruction list is empty; the operand stays in its register.
    unsafe {
        asm!("/*{0}*/", inlateout(zmm_reg) x => y, options(nomem, nostack, preserves_flags, pure))
    };
    y
}

/// The upper halves of `even`'s and `odd`'s 64-bit words, in even and odd lanes.
#[inline(always)]
fn upper_halves(even: __m512i, odd: __m512i) -> __m512i {
    let merged;
    // SAFETY: reads and writes registers only. Written out because LLVM replaces the intrinsic by a slower permutation.
    unsafe {
        asm!(
            "vmovshdup {merged}{{{mask}}}, {even}",
            merged = inlateout(zmm_reg) odd => merged,
            mask = in(kreg) EVEN_LANES,
            even = in(zmm_reg) even,
            options(nomem, nostack, preserves_flags, pure),
        );
    }
    merged
}

impl Lanes for Avx512 {
    const PARTS: usize = 1;
    type Half = __m512i;

    #[inline(always)]
    fn load(plane: &Plane, _part: usize) -> Self {
        // SAFETY: a plane is 64 bytes; the load needs no alignment.
        Self(unsafe { _mm512_loadu_si512(plane.as_ptr().cast()) })
    }

    #[inline(always)]
    fn store(self, plane: &mut Plane, _part: usize) {
        // SAFETY: a plane is 64 bytes; the store needs no alignment.
        unsafe { _mm512_storeu_si512(plane.as_mut_ptr().cast(), self.0) }
    }

    #[inline(always)]
    fn splat(word: u32) -> Self {
        Self(vector!(_mm512_set1_epi32(word as i32)))
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(vector!({
            let sum = _mm512_add_epi32(self.0, other.0);
            _mm512_min_epu32(sum, _mm512_sub_epi32(sum, modulus()))
        }))
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(vector!({
            let difference = _mm512_sub_epi32(self.0, other.0);
            _mm512_min_epu32(difference, _mm512_add_epi32(difference, modulus()))
        }))
    }

    #[inline(always)]
    fn centre(self) -> Self {
        Self(vector!({
            let half = _mm512_set1_epi32((MODULUS / 2) as i32);
            let large = _mm512_cmpgt_epi32_mask(self.0, half);
            _mm512_mask_sub_epi32(self.0, large, self.0, modulus())
        }))
    }

    #[inline(always)]
    fn even(self) -> __m512i {
        self.0
    }

    #[inline(always)]
    fn odd(self) -> __m512i {
        vector!(_mm512_srli_epi64(self.0, 32))
    }

    #[inline(always)]
    fn load_half<const ODD: bool>(plane: &Plane, part: usize) -> __m512i {
        let words = Self::load(plane, part).0;
        if ODD {
            vector!(_mm512_castps_si512(_mm512_movehdup_ps(
                _mm512_castsi512_ps(words)
            )))
        } else {
            words
        }
    }

    #[inline(always)]
    fn zero_half() -> __m512i {
        vector!(_mm512_setzero_si512())
    }

    #[inline(always)]
    fn mul_unsigned(a: __m512i, b: __m512i) -> __m512i {
        vector!(_mm512_mul_epu32(a, b))
    }

    #[inline(always)]
    fn mul_signed(a: __m512i, b: __m512i) -> __m512i {
        vector!(_mm512_mul_epi32(a, b))
    }

    #[inline(always)]
    fn add_half(a: __m512i, b: __m512i) -> __m512i {
        vector!(_mm512_add_epi64(a, b))
    }

    #[inline(always)]
    fn sub_half(a: __m512i, b: __m512i) -> __m512i {
        vector!(_mm512_sub_epi64(a, b))
    }

    #[inline(always)]
    fn high(a: __m512i) -> __m512i {
        vector!(_mm512_srli_epi64(a, 32))
    }

    #[inline(always)]
    fn sum_half(a: __m512i) -> u64 {
        vector!(_mm512_reduce_add_epi64(a)) as u64
    }

    #[inline(always)]
    fn separate(planes: [&Plane; 2], log_stride: usize, low: &mut Plane, high: &mut Plane) {
        let [first, second] = planes.map(|plane| Self::load(plane, 0).0);
        let indices = Self::load(&LOW_INDICES[log_stride], 0).0;
        let low_words = vector!(_mm512_permutex2var_epi32(first, indices, second));
        let high_words = vector!({
            let distance = _mm512_set1_epi32(1 << log_stride);
            _mm512_permutex2var_epi32(first, _mm512_add_epi32(indices, distance), second)
        });
        // Hidden because LLVM narrows registers and stores halves instead, and reading them back whole stalls.
        Self(opaque(low_words)).store(low, 0);
        Self(opaque(high_words)).store(high, 0);
    }

    #[inline(always)]
    fn reduce(even: __m512i, odd: __m512i) -> Self {
        Self(vector!({
            let inverse = _mm512_set1_epi32(MODULUS_INVERSE);
            let quotient_even = opaque(_mm512_mul_epu32(even, inverse));
            let quotient_odd = opaque(_mm512_mul_epu32(odd, inverse));
            let multiple_even = _mm512_mul_epu32(quotient_even, modulus());
            let multiple_odd = _mm512_mul_epu32(quotient_odd, modulus());
            let value = upper_halves(even, odd);
            let value = _mm512_min_epu32(value, _mm512_add_epi32(value, modulus()));
            let multiple = upper_halves(multiple_even, multiple_odd);
            let borrow = _mm512_cmplt_epu32_mask(value, multiple);
            let result = _mm512_sub_epi32(value, multiple);
            _mm512_mask_add_epi32(result, borrow, result, modulus())
        }))
    }
}
