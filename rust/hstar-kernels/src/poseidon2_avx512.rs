//! The partial rounds of Poseidon2-24 with AVX-512, in a basis in which they cost a third less.
//!
//! A partial round maps lane `i > 0` to `d_i s_i + S`, where `S` sums all lanes. Nine pairs of lanes have opposite
//! factors `d` and `-d`. For `u = a + b` and `w = d (a - b)` such a pair obeys
//!
//! ```text
//!     u' = w + 2 S        w' = d^2 u
//! ```
//!
//! so a pair costs one multiplication and one addition instead of two of each, and `S` needs `u` alone. All factors are
//! small integers or inverse powers of two, which cost a few shifts.
//!
//! Every vector holds Montgomery forms below the modulus, except the results of `negated_quotient`, which may be the
//! modulus itself; each function says what it accepts.

// SAFETY of every block in this file: the module exists only where the binary is compiled for AVX-512F and BW, which is
// all that the intrinsics need, and the transmutations are between types of 64 bytes without invalid values.
#![allow(clippy::undocumented_unsafe_blocks)]

use core::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_and_si512, _mm512_madd_epi16, _mm512_mask_add_epi32,
    _mm512_mask_slli_epi32, _mm512_mask_sub_epi32, _mm512_min_epu32, _mm512_set1_epi32,
    _mm512_slli_epi32, _mm512_srli_epi32, _mm512_sub_epi32, _mm512_test_epi32_mask,
};
use core::mem::transmute;

use p3_field::PrimeCharacteristicRing;

use crate::words::{Element, Packed};

const MODULUS: i32 = 0x7F00_0001;
/// `MODULUS = 127 * 2^24 + 1`.
const ODD_FACTOR: i32 = 127;
const TWO_ADICITY: u32 = 24;

/// Lanes `(a, b)` with factors `(2^-K, -2^-K)`, by `K`; the pair of `2^-24` is treated by itself.
const PAIR_1: (usize, usize) = (3, 6);
const PAIR_3: (usize, usize) = (11, 17);
const PAIR_4: (usize, usize) = (12, 18);
const PAIR_5: (usize, usize) = (13, 19);
const PAIR_6: (usize, usize) = (14, 20);
const PAIR_8: (usize, usize) = (9, 16);
const PAIR_24: (usize, usize) = (15, 23);
/// Lanes with factors `(3, -3)` and `(4, -4)`.
const PAIR_TIMES_3: (usize, usize) = (4, 7);
const PAIR_TIMES_4: (usize, usize) = (5, 8);

#[derive(Clone, Copy)]
struct Vector(__m512i);

impl Vector {
    #[inline(always)]
    fn splat(word: i32) -> Self {
        Self(unsafe { _mm512_set1_epi32(word) })
    }

    #[inline(always)]
    fn from_packed(packed: Packed) -> Self {
        unsafe { transmute(packed) }
    }

    /// Accepts canonical lanes.
    #[inline(always)]
    fn to_packed(self) -> Packed {
        unsafe { transmute(self) }
    }

    /// The canonical sum of a canonical value and one up to the modulus.
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        unsafe {
            let sum = _mm512_add_epi32(self.0, other.0);
            Self(_mm512_min_epu32(
                sum,
                _mm512_sub_epi32(sum, Self::splat(MODULUS).0),
            ))
        }
    }

    /// The canonical difference of a canonical value and one up to the modulus.
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        unsafe {
            let difference = _mm512_sub_epi32(self.0, other.0);
            Self(_mm512_min_epu32(
                difference,
                _mm512_add_epi32(difference, Self::splat(MODULUS).0),
            ))
        }
    }

    #[inline(always)]
    fn double(self) -> Self {
        self.add(self)
    }

    /// `16 x`, canonical for canonical `x`: the upper four bits come back as `2^31 = 2^24 - 1`.
    #[inline(always)]
    fn times_16(self) -> Self {
        unsafe {
            let high = _mm512_srli_epi32::<27>(self.0);
            let low = _mm512_and_si512(_mm512_slli_epi32::<4>(self.0), Self::splat(i32::MAX).0);
            let folded = _mm512_sub_epi32(_mm512_slli_epi32::<24>(high), high);
            let sum = _mm512_add_epi32(low, folded);
            Self(_mm512_min_epu32(
                sum,
                _mm512_sub_epi32(sum, Self::splat(MODULUS).0),
            ))
        }
    }

    /// `x / 2`, up to the modulus for `x` up to the modulus.
    #[inline(always)]
    fn halve(self) -> Self {
        unsafe {
            let is_odd = _mm512_test_epi32_mask(self.0, Self::splat(1).0);
            let half = _mm512_srli_epi32::<1>(self.0);
            Self(_mm512_mask_add_epi32(
                half,
                is_odd,
                half,
                Self::splat(MODULUS / 2 + 1).0,
            ))
        }
    }

    /// `-x / 2^K` for `K <= 16` and `x` up to the modulus; up to the modulus.
    ///
    /// `-1 / 2^K = 127 * 2^(24 - K)`. With `x = high * 2^K + low` that gives `127 * 2^(24 - K) * low - high`, which is
    /// not negative for `low > 0`; for `low = 0` the modulus takes its place.
    #[inline(always)]
    fn negated_quotient<const K: u32, const REST: u32>(self) -> Self {
        const { assert!(K <= 15 && K + REST == TWO_ADICITY) };
        unsafe {
            let mask = Self::splat((1 << K) - 1).0;
            let high = _mm512_srli_epi32::<K>(self.0);
            let low = _mm512_and_si512(self.0, mask);
            let has_low = _mm512_test_epi32_mask(self.0, mask);
            let product = _mm512_madd_epi16(low, Self::splat(ODD_FACTOR).0);
            let shifted = _mm512_mask_slli_epi32::<REST>(Self::splat(MODULUS).0, has_low, product);
            Self(_mm512_sub_epi32(shifted, high))
        }
    }

    /// `-x / 2^16`; the lower half is too wide for the signed product of `negated_quotient`.
    #[inline(always)]
    fn negated_quotient_16(self) -> Self {
        unsafe {
            let high = _mm512_srli_epi32::<16>(self.0);
            let low = _mm512_slli_epi32::<16>(self.0);
            let has_low = _mm512_test_epi32_mask(low, low);
            let (times_2_15, times_2_8) =
                (_mm512_srli_epi32::<1>(low), _mm512_srli_epi32::<8>(low));
            let product =
                _mm512_mask_sub_epi32(Self::splat(MODULUS).0, has_low, times_2_15, times_2_8);
            Self(_mm512_sub_epi32(product, high))
        }
    }

    /// `-x / 2^24`, as `negated_quotient`; here `127 * low = 128 * low - low`.
    #[inline(always)]
    fn negated_quotient_24(self) -> Self {
        unsafe {
            let mask = Self::splat((1 << TWO_ADICITY) - 1).0;
            let high = _mm512_srli_epi32::<TWO_ADICITY>(self.0);
            let low = _mm512_and_si512(self.0, mask);
            let has_low = _mm512_test_epi32_mask(self.0, mask);
            let shifted = _mm512_mask_slli_epi32::<7>(Self::splat(MODULUS).0, has_low, low);
            Self(_mm512_sub_epi32(shifted, _mm512_add_epi32(low, high)))
        }
    }
}

/// The lanes other than lane 0.
struct Tail {
    /// `a + b` of the pairs of `1/2, 1/8, 1/16, 1/32, 1/64, 1/2^8`, canonical.
    u: [Vector; 6],
    /// `-d (a - b)` of these pairs, up to the modulus.
    w: [Vector; 6],
    /// `a + b` and `d (a - b)` of the pairs of 3 and 4, canonical.
    u_times: [Vector; 2],
    w_times: [Vector; 2],
    /// `a + b`, canonical, and `b - a`, up to the modulus, of the pair of `2^-24`.
    u_24: Vector,
    v_24: Vector,
    /// Lanes 1, 2, 10, 21, 22 with factors `1, 2, 1/4, -1/2^7, -1/2^9`, canonical.
    single: [Vector; 5],
}

impl Tail {
    #[inline(always)]
    fn new(s: &[Vector; 24]) -> Self {
        let sum = |(a, b): (usize, usize)| s[a].add(s[b]);
        let difference = |(a, b): (usize, usize)| s[a].sub(s[b]);
        let times_3 = difference(PAIR_TIMES_3);
        Self {
            u: [PAIR_1, PAIR_3, PAIR_4, PAIR_5, PAIR_6, PAIR_8].map(sum),
            w: [
                difference(PAIR_1).negated_quotient::<1, 23>(),
                difference(PAIR_3).negated_quotient::<3, 21>(),
                difference(PAIR_4).negated_quotient::<4, 20>(),
                difference(PAIR_5).negated_quotient::<5, 19>(),
                difference(PAIR_6).negated_quotient::<6, 18>(),
                difference(PAIR_8).negated_quotient::<8, 16>(),
            ],
            u_times: [sum(PAIR_TIMES_3), sum(PAIR_TIMES_4)],
            w_times: [
                times_3.double().add(times_3),
                difference(PAIR_TIMES_4).double().double(),
            ],
            u_24: sum(PAIR_24),
            v_24: s[PAIR_24.1].sub(s[PAIR_24.0]),
            single: [s[1], s[2], s[10], s[21], s[22]],
        }
    }

    #[inline(always)]
    fn sum(&self) -> Vector {
        let [u0, u1, u2, u3, u4, u5] = self.u;
        let [s0, s1, s2, s3, s4] = self.single;
        let left = u0.add(u1).add(u2.add(u3)).add(u4.add(u5));
        let right = s0.add(s1).add(s2.add(s3)).add(s4.add(self.u_24));
        left.add(right).add(self.u_times[0].add(self.u_times[1]))
    }

    /// `u' = w + 2 S`, and the lanes without a partner.
    #[inline(always)]
    fn add_sum(&self, total: Vector) -> ([Vector; 6], [Vector; 2], Vector, [Vector; 5]) {
        let twice = total.double();
        let [s0, s1, s2, s3, s4] = self.single;
        (
            self.w.map(|w| twice.sub(w)),
            self.w_times.map(|w| twice.add(w)),
            twice.add(self.v_24.negated_quotient_24()),
            [
                total.add(s0),
                total.add(s1.double()),
                total.sub(s2.negated_quotient::<2, 22>()),
                total.add(s3.negated_quotient::<7, 17>()),
                total.add(s4.negated_quotient::<9, 15>()),
            ],
        )
    }

    /// One linear layer that stays in the basis.
    #[inline(always)]
    fn step(&mut self, total: Vector) {
        let [u0, u1, u2, u3, u4, u5] = self.u;
        let w = [
            u0.negated_quotient::<2, 22>(),
            u1.negated_quotient::<6, 18>(),
            u2.negated_quotient::<8, 16>(),
            u3.negated_quotient::<10, 14>(),
            u4.negated_quotient::<12, 12>(),
            u5.negated_quotient_16(),
        ];
        let [t0, t1] = self.u_times;
        let w_times = [t0.double().double().double().add(t0), t1.times_16()];
        let v_24 = self.u_24.negated_quotient_24();
        let (u, u_times, u_24, single) = self.add_sum(total);
        *self = Self {
            u,
            w,
            u_times,
            w_times,
            u_24,
            v_24,
            single,
        };
    }

    /// The last linear layer: `v' = d u` instead of `w'`, then `a = (u' + v') / 2` and `b = (u' - v') / 2`.
    #[inline(always)]
    fn finish(&self, total: Vector, s: &mut [Vector; 24]) {
        let [u0, u1, u2, u3, u4, u5] = self.u;
        let negated_v = [
            u0.negated_quotient::<1, 23>(),
            u1.negated_quotient::<3, 21>(),
            u2.negated_quotient::<4, 20>(),
            u3.negated_quotient::<5, 19>(),
            u4.negated_quotient::<6, 18>(),
            u5.negated_quotient::<8, 16>(),
        ];
        let [t0, t1] = self.u_times;
        let v_times = [t0.double().add(t0), t1.double().double()];
        let negated_v_24 = self.u_24.negated_quotient_24();
        let (u, u_times, u_24, single) = self.add_sum(total);
        let pairs = [PAIR_1, PAIR_3, PAIR_4, PAIR_5, PAIR_6, PAIR_8];
        for ((u, v), (a, b)) in u.into_iter().zip(negated_v).zip(pairs) {
            (s[a], s[b]) = (u.halve().sub(v.halve()), u.halve().add(v.halve()));
        }
        for ((u, v), (a, b)) in u_times
            .into_iter()
            .zip(v_times)
            .zip([PAIR_TIMES_3, PAIR_TIMES_4])
        {
            (s[a], s[b]) = (u.halve().add(v.halve()), u.halve().sub(v.halve()));
        }
        let (u, v) = (u_24.halve(), negated_v_24.halve());
        (s[PAIR_24.0], s[PAIR_24.1]) = (u.sub(v), u.add(v));
        [s[1], s[2], s[10], s[21], s[22]] = single;
    }
}

/// Applies the partial rounds.
#[inline]
pub fn partial_rounds(constants: &[Element], state: &mut [Packed; 24]) {
    let mut lanes = state.map(Vector::from_packed);
    let mut tail = Tail::new(&lanes);
    let mut head = state[0];
    let Some((&last, others)) = constants.split_last() else {
        return;
    };
    let mut s_box = |tail: &Tail, constant: Element| {
        let cubed = Vector::from_packed((head + constant).cube());
        let tail_sum = tail.sum();
        head = tail_sum.sub(cubed).to_packed();
        tail_sum.add(cubed)
    };
    for &constant in others {
        let total = s_box(&tail, constant);
        tail.step(total);
    }
    let total = s_box(&tail, last);
    tail.finish(total, &mut lanes);
    lanes[0] = Vector::from_packed(head);
    *state = lanes.map(Vector::to_packed);
}

#[cfg(test)]
mod tests {
    use p3_field::PackedValue;
    use p3_koala_bear::{KOALABEAR_POSEIDON2_RC_24_INTERNAL, Poseidon2InternalLayerKoalaBear};
    use p3_poseidon2::{InternalLayer, InternalLayerConstructor};

    use super::*;
    use crate::words::{LANES, as_elements, word};

    /// Montgomery words at which a carry, a mask or the missing zero could go wrong.
    fn edge_words() -> Vec<u32> {
        let modulus = MODULUS as u32;
        let mut words = vec![
            0,
            1,
            2,
            modulus - 1,
            modulus - 2,
            modulus / 2,
            modulus / 2 + 1,
        ];
        for k in 1..31 {
            words.extend([
                1 << k,
                (1 << k) - 1,
                (modulus - 1) >> k << k,
                modulus - (1 << k),
            ]);
        }
        words
    }

    #[test]
    fn edge_states_agree_with_plonky3() {
        let words = edge_words();
        let mut seed = 1u64;
        let mut next = move || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize
        };
        let published = KOALABEAR_POSEIDON2_RC_24_INTERNAL.to_vec();
        let zeros = vec![Element::ZERO; 23];
        for constants in [published, zeros] {
            let plonky3 =
                Poseidon2InternalLayerKoalaBear::<24>::new_from_constants(constants.clone());
            for trial in 0..2000 {
                // Few different words at a time, so that sums and differences meet the edges too.
                let choice: Vec<u32> = (0..1 + trial % 5)
                    .map(|_| words[next() % words.len()])
                    .collect();
                let mut ours: [Packed; 24] = core::array::from_fn(|_| {
                    Packed::from_fn(|_| as_elements(&choice)[next() % choice.len()])
                });
                let mut theirs = ours;
                partial_rounds(&constants, &mut ours);
                InternalLayer::<Packed, 24, 3>::permute_state(&plonky3, &mut theirs);
                for (ours, theirs) in ours.iter().zip(&theirs) {
                    for lane in 0..LANES {
                        assert_eq!(word(ours.as_slice()[lane]), word(theirs.as_slice()[lane]));
                    }
                }
            }
        }
    }
}
