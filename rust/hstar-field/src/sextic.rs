//! One extension element, in plain arithmetic: challenges, results, and elements that do not fill a pack.

use core::ops::{Add, AddAssign, Mul, Neg, Sub};

use crate::words;
use crate::{LANES, MODULUS, Pack};

/// An element of the extension as six Montgomery words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sextic(pub [u32; 6]);

impl Sextic {
    /// Zero.
    pub const ZERO: Self = Self([0; 6]);
    /// One.
    pub const ONE: Self = Self([words::R, 0, 0, 0, 0, 0]);

    /// From six canonical coefficients.
    #[must_use]
    pub fn from_canonical(coefficients: [u32; 6]) -> Self {
        Self(coefficients.map(words::to_montgomery))
    }

    /// Six canonical coefficients.
    #[must_use]
    pub fn to_canonical(self) -> [u32; 6] {
        self.0.map(words::from_montgomery)
    }

    /// The product with a base-field element that is given as a word in any form; the result has that form's factor.
    #[must_use]
    pub fn scale(self, word: u32) -> Self {
        Self(self.0.map(|coefficient| words::mul(coefficient, word)))
    }

    /// Element `lane` of a pack.
    #[must_use]
    pub fn of_lane(pack: &Pack, lane: usize) -> Self {
        Self(core::array::from_fn(|plane| pack[plane][lane]))
    }

    /// Writes the element into lane `lane` of a pack.
    pub fn to_lane(self, pack: &mut Pack, lane: usize) {
        for (plane, word) in pack.iter_mut().zip(self.0) {
            plane[lane] = word;
        }
    }

    /// Element `index` of packed elements; beyond their end there are zeros.
    #[must_use]
    pub fn of_packs(packs: &[Pack], index: usize) -> Self {
        packs
            .get(index / LANES)
            .map_or(Self::ZERO, |pack| Self::of_lane(pack, index % LANES))
    }

    /// From coefficients of `1, x, .., x^8`, which `x^9 = 1` and `x^6 = -x^3 - 1` reduce to six.
    #[must_use]
    pub fn from_cyclic(c: [u32; 9]) -> Self {
        Self(core::array::from_fn(|i| words::sub(c[i], c[6 + i % 3])))
    }
}

impl Add for Sextic {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(core::array::from_fn(|i| words::add(self.0[i], other.0[i])))
    }
}

impl AddAssign for Sextic {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Sextic {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(core::array::from_fn(|i| words::sub(self.0[i], other.0[i])))
    }
}

impl Neg for Sextic {
    type Output = Self;
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl Mul for Sextic {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let mut cyclic = [0; 9];
        for (i, &a) in self.0.iter().enumerate() {
            for (j, &b) in other.0.iter().enumerate() {
                cyclic[(i + j) % 9] += u64::from(words::mul(a, b));
            }
        }
        let cyclic = cyclic.map(|sum| words::from_montgomery((sum % u64::from(MODULUS)) as u32));
        Self::from_cyclic(cyclic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x_to_the_ninth_is_one() {
        let x = Sextic::from_canonical([0, 1, 0, 0, 0, 0]);
        let cube = x * x * x;
        assert_eq!(cube * cube * cube, Sextic::ONE);
        assert_eq!(cube * cube + cube + Sextic::ONE, Sextic::ZERO);
    }

    #[test]
    fn canonical_form_goes_there_and_back() {
        let coefficients = [1, 2, 3, crate::MODULUS - 1, 0, 6];
        assert_eq!(
            Sextic::from_canonical(coefficients).to_canonical(),
            coefficients
        );
    }
}
