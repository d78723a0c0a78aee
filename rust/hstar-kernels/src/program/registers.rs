//! What a column register holds: one register of base elements, or six of extension elements.

use std::cell::Cell;

use hstar_field::Lanes;
use hstar_field::packed::{self, Part};

use super::interpreter::Challenge;

/// Values of one unit of rows (one register's worth) in a column register.
pub trait Column<L: Lanes>: Copy {
    /// Planes of a unit.
    const PLANES: usize;
    /// Zeros.
    fn zero() -> Self;
    /// The same base element, a Montgomery word in every lane.
    fn constant(word: L) -> Self;
    /// `self + other`.
    fn add(self, other: Self) -> Self;
    /// `self - other`.
    fn sub(self, other: Self) -> Self;
    /// `self * other`.
    fn mul(self, other: Self) -> Self;
    /// `self` plus a base element.
    fn add_constant(self, word: L) -> Self;
    /// `self` as extension elements.
    fn lift(self) -> Part<L>;
    /// `self + e`.
    fn add_to(self, e: Part<L>) -> Part<L>;
    /// `self * e`.
    fn multiply_into(self, e: Part<L>) -> Part<L>;
    /// `sum challenge * value` over at most six terms: first unit of a column register, challenge.
    fn weigh(
        terms: &[(usize, usize)],
        challenges: &[Challenge],
        columns: &[Cell<L>],
        unit: usize,
    ) -> Part<L>;
    /// Reads the planes of a unit.
    fn load_from(planes: &[Cell<L>]) -> Self;
    /// Writes the planes of a unit.
    fn store_to(self, planes: &[Cell<L>]);
}

/// `a * b` of base elements in Montgomery form.
///
/// Invariant of `reduce`: a product of two words below `p` is below `6 ((p-1)/2)^2`.
#[inline(always)]
pub fn multiply_words<L: Lanes>(a: L, b: L) -> L {
    L::reduce(
        L::mul_unsigned(a.even(), b.even()),
        L::mul_unsigned(a.odd(), b.odd()),
    )
}

#[inline(always)]
fn zero<L: Lanes>() -> L {
    L::splat(0)
}

/// Base elements.
#[derive(Clone, Copy)]
pub struct Base<L>(pub L);

impl<L: Lanes> Column<L> for Base<L> {
    const PLANES: usize = 1;
    #[inline(always)]
    fn zero() -> Self {
        Self(zero())
    }
    #[inline(always)]
    fn constant(word: L) -> Self {
        Self(word)
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0.add(other.0))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0.sub(other.0))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(multiply_words(self.0, other.0))
    }
    #[inline(always)]
    fn add_constant(self, word: L) -> Self {
        Self(self.0.add(word))
    }
    #[inline(always)]
    fn lift(self) -> Part<L> {
        let mut part = [zero(); 6];
        part[0] = self.0;
        part
    }
    #[inline(always)]
    fn add_to(self, mut e: Part<L>) -> Part<L> {
        e[0] = e[0].add(self.0);
        e
    }
    #[inline(always)]
    fn multiply_into(self, e: Part<L>) -> Part<L> {
        e.map(|plane| multiply_words(plane, self.0))
    }
    #[inline(always)]
    fn weigh(
        terms: &[(usize, usize)],
        challenges: &[Challenge],
        columns: &[Cell<L>],
        unit: usize,
    ) -> Part<L> {
        let mut even = [L::zero_half(); 6];
        let mut odd = [L::zero_half(); 6];
        for &(register, challenge) in terms {
            let centred = columns[register + unit].get().centre();
            let (value_even, value_odd) = (centred.even(), centred.odd());
            for (k, &word) in challenges[challenge].factor.words().iter().enumerate() {
                let factor = L::splat(word).even();
                even[k] = L::add_half(even[k], L::mul_signed(value_even, factor));
                odd[k] = L::add_half(odd[k], L::mul_signed(value_odd, factor));
            }
        }
        // Invariant of `reduce`: at most six products of centred words.
        core::array::from_fn(|k| L::reduce(even[k], odd[k]))
    }
    #[inline(always)]
    fn load_from(planes: &[Cell<L>]) -> Self {
        Self(planes[0].get())
    }
    #[inline(always)]
    fn store_to(self, planes: &[Cell<L>]) {
        planes[0].set(self.0);
    }
}

/// Extension elements.
#[derive(Clone, Copy)]
pub struct Extension<L>(pub Part<L>);

impl<L: Lanes> Column<L> for Extension<L> {
    const PLANES: usize = 6;
    #[inline(always)]
    fn zero() -> Self {
        Self([zero(); 6])
    }
    #[inline(always)]
    fn constant(word: L) -> Self {
        Self(Base(word).lift())
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(packed::add(self.0, other.0))
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(packed::sub(self.0, other.0))
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        Self(packed::multiply(self.0, other.0))
    }
    #[inline(always)]
    fn add_constant(self, word: L) -> Self {
        Self(Base(word).add_to(self.0))
    }
    #[inline(always)]
    fn lift(self) -> Part<L> {
        self.0
    }
    #[inline(always)]
    fn add_to(self, e: Part<L>) -> Part<L> {
        packed::add(self.0, e)
    }
    #[inline(always)]
    fn multiply_into(self, e: Part<L>) -> Part<L> {
        packed::multiply(self.0, e)
    }
    #[inline(always)]
    fn weigh(
        terms: &[(usize, usize)],
        challenges: &[Challenge],
        columns: &[Cell<L>],
        unit: usize,
    ) -> Part<L> {
        let mut sum = [zero(); 6];
        for (index, &(register, challenge)) in terms.iter().enumerate() {
            let value = Self::load_from(&columns[(register + unit) * Self::PLANES..]).0;
            let product = challenges[challenge].factor.multiplier().multiply(value);
            sum = if index == 0 {
                product
            } else {
                packed::add(sum, product)
            };
        }
        sum
    }
    #[inline(always)]
    fn load_from(planes: &[Cell<L>]) -> Self {
        let planes: &[Cell<L>; 6] = planes.first_chunk().expect("a unit");
        Self(core::array::from_fn(|k| planes[k].get()))
    }
    #[inline(always)]
    fn store_to(self, planes: &[Cell<L>]) {
        let planes: &[Cell<L>; 6] = planes.first_chunk().expect("a unit");
        for (plane, value) in planes.iter().zip(self.0) {
            plane.set(value);
        }
    }
}
