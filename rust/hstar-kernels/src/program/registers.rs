//! What a column register holds: one register of base elements, or six of extension elements.

use hstar_field::Lanes;
use hstar_field::packed::{self, Multiplier, Part};

use super::interpreter::Challenge;

/// Values of one unit of rows (one register's worth) in a column register.
pub trait Column<L: Lanes>: Copy + Send + Sync {
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
    /// `self` times a base element.
    fn mul_constant(self, word: L) -> Self;
    /// `self` as extension elements.
    fn lift(self) -> Part<L>;
    /// `self + e`.
    fn add_to(self, e: Part<L>) -> Part<L>;
    /// `self * e`.
    fn multiply_into(self, e: Part<L>) -> Part<L>;
    /// `sum challenge * value` over at most six terms.
    fn weigh<'a>(terms: impl Iterator<Item = (&'a Challenge, Self)>) -> Part<L>;
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

impl<L: Lanes + Send + Sync> Column<L> for Base<L> {
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
    fn mul_constant(self, word: L) -> Self {
        Self(multiply_words(self.0, word))
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
    fn weigh<'a>(terms: impl Iterator<Item = (&'a Challenge, Self)>) -> Part<L> {
        let mut even = [L::zero_half(); 6];
        let mut odd = [L::zero_half(); 6];
        for (challenge, Self(value)) in terms {
            let centred = value.centre();
            let (value_even, value_odd) = (centred.even(), centred.odd());
            for (k, &word) in challenge.centred.iter().enumerate() {
                let factor = L::splat(word).even();
                even[k] = L::add_half(even[k], L::mul_signed(value_even, factor));
                odd[k] = L::add_half(odd[k], L::mul_signed(value_odd, factor));
            }
        }
        // Invariant of `reduce`: at most six products of centred words.
        core::array::from_fn(|k| L::reduce(even[k], odd[k]))
    }
}

/// Extension elements.
#[derive(Clone, Copy)]
pub struct Extension<L>(pub Part<L>);

impl<L: Lanes + Send + Sync> Column<L> for Extension<L> {
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
    fn mul_constant(self, word: L) -> Self {
        Self(Base(word).multiply_into(self.0))
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
    fn weigh<'a>(terms: impl Iterator<Item = (&'a Challenge, Self)>) -> Part<L> {
        terms.fold([zero(); 6], |sum, (challenge, Self(value))| {
            packed::add(sum, Multiplier::splat(challenge.element).multiply(value))
        })
    }
}
