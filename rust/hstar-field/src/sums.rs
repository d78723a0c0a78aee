//! Sums of products that are reduced once, at the end.
//!
//! A product of two words has 62 bits. Up to four are added in 64 bits; the sum is then added to two running totals: one
//! of the sums modulo `2^64`, one of their upper halves. Both together determine the exact total, because the total of
//! the lower halves is below `2^64`. Invariant: fewer than `2^32` such additions for each total, over all lanes.

use crate::lanes::{Aligned, LANES, Lanes, Pack, Plane, ZERO_PACK};
use crate::packed::{self, Part};
use crate::sextic::Sextic;
use crate::{MODULUS, words};

/// Packs that are worked on at a time, so that they stay in the first-level cache between passes.
pub const CHUNK: usize = 32;

/// A running total of 64-bit sums.
#[derive(Clone, Copy)]
struct Total<H> {
    wrapped: H,
    high: H,
}

#[inline(always)]
fn zero_total<L: Lanes>() -> Total<L::Half> {
    Total {
        wrapped: L::zero_half(),
        high: L::zero_half(),
    }
}

#[inline(always)]
fn push<L: Lanes>(total: &mut Total<L::Half>, sum: L::Half) {
    total.wrapped = L::add_half(total.wrapped, sum);
    total.high = L::add_half(total.high, L::high(sum));
}

/// The exact total of the even and odd lanes, modulo `p`.
fn finish<L: Lanes>(halves: [Total<L::Half>; 2]) -> u32 {
    let sum = |of: fn(&Total<L::Half>) -> L::Half| {
        let lanes = halves.each_ref().map(|total| L::sum_half(of(total)));
        lanes[0].wrapping_add(lanes[1])
    };
    let (wrapped, high) = (sum(|total| total.wrapped), sum(|total| total.high));
    let low = wrapped.wrapping_sub(high << 32);
    let modulus = u64::from(MODULUS);
    let (low, high) = ((low % modulus) as u32, (high % modulus) as u32);
    words::add(low, words::mul(high, words::R))
}

/// `sum a b` over pairs of extension elements.
///
/// With `a = A + B y` and `b = C + D y`, where `y = x^3` and `A, B, C, D` have degree 2 in `x`, the product follows from
/// `P = A C`, `Q = B D` and `S = (A - B)(D - C)`, as `P - Q + (S + P) y`, because `y^2 = -y - 1`. The five coefficients
/// of `P`, `Q` and `S` are totals; the rest happens once, at the end: 27 multiplications a pair instead of 36.
pub struct ExtensionSum<L: Lanes> {
    /// `[P, Q, S][even, odd][coefficient]`
    totals: [[[Total<L::Half>; 5]; 2]; 3],
    scratch: Box<Aligned<[Pack; CHUNK]>>,
}

impl<L: Lanes> Default for ExtensionSum<L> {
    fn default() -> Self {
        Self {
            totals: [[[zero_total::<L>(); 5]; 2]; 3],
            scratch: Box::new(Aligned([ZERO_PACK; CHUNK])),
        }
    }
}

impl<L: Lanes> ExtensionSum<L> {
    /// Adds the products of the elements of `a` and `b`, which have the same number of packs.
    #[inline(always)]
    pub fn add(&mut self, a: &[Pack], b: &[Pack]) {
        for (a, b) in a.chunks(CHUNK).zip(b.chunks(CHUNK)) {
            for ((scratch, a), b) in self.scratch.0.iter_mut().zip(a).zip(b) {
                differences::<L>(scratch, a, b);
            }
            let scratch = &self.scratch.0[..a.len()];
            let [p, q, s] = &mut self.totals;
            convolve::<L, false>(&mut p[0], (a, 0), (b, 0));
            convolve::<L, true>(&mut p[1], (a, 0), (b, 0));
            convolve::<L, false>(&mut q[0], (a, 3), (b, 3));
            convolve::<L, true>(&mut q[1], (a, 3), (b, 3));
            convolve::<L, false>(&mut s[0], (scratch, 0), (scratch, 3));
            convolve::<L, true>(&mut s[1], (scratch, 0), (scratch, 3));
        }
    }

    /// The sum of everything that was added.
    #[must_use]
    pub fn finish(&self) -> Sextic {
        let [p, q, s] = self.totals.map(|[even, odd]| {
            core::array::from_fn::<u32, 5, _>(|k| {
                // Two Montgomery words were multiplied: one factor too many.
                words::from_montgomery(finish::<L>([even[k], odd[k]]))
            })
        });
        let mut cyclic = [0; 9];
        for k in 0..5 {
            cyclic[k] = words::add(cyclic[k], words::sub(p[k], q[k]));
            cyclic[k + 3] = words::add(cyclic[k + 3], words::add(s[k], p[k]));
        }
        Sextic::from_cyclic(cyclic)
    }
}

/// Planes 0 to 2 become `A - B`, planes 3 to 5 `D - C`.
#[inline(always)]
fn differences<L: Lanes>(out: &mut Pack, a: &Pack, b: &Pack) {
    for part in 0..L::PARTS {
        let (a, b): (Part<L>, Part<L>) = (packed::load(a, part), packed::load(b, part));
        let difference = core::array::from_fn(|i| {
            if i < 3 {
                a[i].sub(a[i + 3])
            } else {
                b[i].sub(b[i - 3])
            }
        });
        packed::store(difference, out, part);
    }
}

/// Planes that start at the given offset in each pack, three a pack.
type Triples<'a> = (&'a [Pack], usize);

/// Adds the products of polynomials of degree 2, for the even or the odd lanes; two packs at a time, because most of
/// the sums then have four terms, as many as 64 bits hold.
#[inline(always)]
fn convolve<L: Lanes, const ODD: bool>(
    totals: &mut [Total<L::Half>; 5],
    (a, a_offset): Triples<'_>,
    (b, b_offset): Triples<'_>,
) {
    let triple = |pack: &Pack, offset: usize, part: usize| -> [L::Half; 3] {
        core::array::from_fn(|i| L::load_half::<ODD>(&pack[offset + i], part))
    };
    let mut local = *totals;
    let mul = L::mul_unsigned;
    let (a_pairs, a_rest) = a.as_chunks::<2>();
    let (b_pairs, b_rest) = b.as_chunks::<2>();
    for (a, b) in a_pairs.iter().zip(b_pairs) {
        for part in 0..L::PARTS {
            let [x0, x1, x2] = triple(&a[0], a_offset, part);
            let [y0, y1, y2] = triple(&b[0], b_offset, part);
            let mut sum0 = mul(x0, y0);
            let mut sum1 = L::add_half(mul(x0, y1), mul(x1, y0));
            let sum2 = L::add_half(L::add_half(mul(x0, y2), mul(x1, y1)), mul(x2, y0));
            let mut sum3 = L::add_half(mul(x1, y2), mul(x2, y1));
            let mut sum4 = mul(x2, y2);
            push::<L>(&mut local[2], sum2);
            let [x0, x1, x2] = triple(&a[1], a_offset, part);
            let [y0, y1, y2] = triple(&b[1], b_offset, part);
            sum0 = L::add_half(sum0, mul(x0, y0));
            sum1 = L::add_half(L::add_half(sum1, mul(x0, y1)), mul(x1, y0));
            let sum2 = L::add_half(L::add_half(mul(x0, y2), mul(x1, y1)), mul(x2, y0));
            sum3 = L::add_half(L::add_half(sum3, mul(x1, y2)), mul(x2, y1));
            sum4 = L::add_half(sum4, mul(x2, y2));
            push::<L>(&mut local[0], sum0);
            push::<L>(&mut local[1], sum1);
            push::<L>(&mut local[2], sum2);
            push::<L>(&mut local[3], sum3);
            push::<L>(&mut local[4], sum4);
        }
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        for part in 0..L::PARTS {
            let (x, y) = (triple(a, a_offset, part), triple(b, b_offset, part));
            for (i, &x) in x.iter().enumerate() {
                for (j, &y) in y.iter().enumerate() {
                    push::<L>(&mut local[i + j], mul(x, y));
                }
            }
        }
    }
    *totals = local;
}

/// `sum a b` over base-field elements `a` and extension elements `b`.
///
/// Base-field words are canonical, not Montgomery: then the factor of `b` is right without any correction.
#[derive(Clone, Copy)]
pub struct BaseSum<L: Lanes> {
    /// `[even, odd][coefficient]`
    totals: [[Total<L::Half>; 6]; 2],
}

impl<L: Lanes> Default for BaseSum<L> {
    fn default() -> Self {
        Self {
            totals: [[zero_total::<L>(); 6]; 2],
        }
    }
}

impl<L: Lanes> BaseSum<L> {
    /// Adds the products of the elements of `a` and `b`, which have the same number of packs.
    #[inline(always)]
    pub fn add(&mut self, a: &[Plane], b: &[Pack]) {
        for (a, b) in a.chunks(CHUNK).zip(b.chunks(CHUNK)) {
            let [even, odd] = &mut self.totals;
            weigh::<L, false>(even, a, b);
            weigh::<L, true>(odd, a, b);
        }
    }

    /// The sum of everything that was added.
    #[must_use]
    pub fn finish(&self) -> Sextic {
        let [even, odd] = &self.totals;
        Sextic(core::array::from_fn(|k| finish::<L>([even[k], odd[k]])))
    }
}

#[inline(always)]
fn weigh<L: Lanes, const ODD: bool>(totals: &mut [Total<L::Half>; 6], a: &[Plane], b: &[Pack]) {
    let mut local = *totals;
    let (a_groups, a_rest) = a.as_chunks::<4>();
    let (b_groups, b_rest) = b.as_chunks::<4>();
    for (a, b) in a_groups.iter().zip(b_groups) {
        for part in 0..L::PARTS {
            let x: [L::Half; 4] = core::array::from_fn(|i| L::load_half::<ODD>(&a[i], part));
            for (k, total) in local.iter_mut().enumerate() {
                let term = |i: usize| L::mul_unsigned(x[i], L::load_half::<ODD>(&b[i][k], part));
                let sum = L::add_half(L::add_half(term(0), term(1)), L::add_half(term(2), term(3)));
                push::<L>(total, sum);
            }
        }
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        for part in 0..L::PARTS {
            let x = L::load_half::<ODD>(a, part);
            for (k, total) in local.iter_mut().enumerate() {
                push::<L>(total, L::mul_unsigned(x, L::load_half::<ODD>(&b[k], part)));
            }
        }
    }
    *totals = local;
}

/// `sum b` over extension elements.
#[must_use]
pub fn total(packs: &[Pack]) -> Sextic {
    let mut sums = [[0_u64; LANES]; 6];
    for pack in packs {
        for (sum, plane) in sums.iter_mut().zip(pack) {
            for (sum, &word) in sum.iter_mut().zip(plane) {
                *sum += u64::from(word);
            }
        }
    }
    Sextic(sums.map(|sum| (sum.into_iter().sum::<u64>() % u64::from(MODULUS)) as u32))
}
