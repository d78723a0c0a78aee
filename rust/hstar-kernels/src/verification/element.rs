//! Elements of the extension one at a time, fast: six Montgomery words, and sums of products reduced once.
//!
//! An `Element` has canonical words, and zeros in lanes 6 and 7. A `Wide` is six unreduced sums of products; what the
//! functions say about their size keeps them below `2^64`, for `4 p^2 < 2^64`.

use hstar_field::MODULUS;
use hstar_field::words::{R, mul};

/// An element: six Montgomery words and two zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct Element(pub [u32; 8]);

const P: u64 = MODULUS as u64;
/// `p^-1 mod 2^32`.
const INVERSE: u32 = 0x8100_0001;
/// A word times it is the word's Montgomery form.
const R_SQUARED: u32 = mul(R, R);

impl Element {
    /// Zero.
    pub const ZERO: Self = Self([0; 8]);
    /// One.
    pub const ONE: Self = Self([R, 0, 0, 0, 0, 0, 0, 0]);

    /// An element of the base field, given as a canonical word.
    #[inline]
    pub fn of_word(word: u32) -> Self {
        Self([montgomery(word), 0, 0, 0, 0, 0, 0, 0])
    }

    /// From canonical words; there may be fewer than six.
    #[inline]
    pub fn of_words(words: impl IntoIterator<Item = u32>) -> Self {
        let mut element = [0; 8];
        for (place, word) in element[..6].iter_mut().zip(words) {
            *place = word;
        }
        Self(element).scaled(R_SQUARED)
    }

    /// The first word, canonical.
    #[inline]
    pub fn first_word(self) -> u32 {
        from_montgomery_fast(self.0[0])
    }

    /// Six canonical words.
    #[inline]
    pub fn to_words(self) -> [u32; 6] {
        let [a, b, c, d, e, f, ..] = self.scaled(1).0;
        [a, b, c, d, e, f]
    }

    /// Six canonical words, little-endian.
    #[inline]
    pub fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(self.to_words()) {
            *bytes = word.to_le_bytes();
        }
        bytes
    }

    /// The coefficient at a place, as an element of the base field.
    #[inline]
    pub fn lane(self, place: usize) -> Self {
        Self([self.0[place], 0, 0, 0, 0, 0, 0, 0])
    }

    /// `self + other`.
    #[inline(always)]
    pub fn plus(self, other: Self) -> Self {
        Self(core::array::from_fn(|i| {
            let sum = self.0[i] + other.0[i];
            sum.min(sum.wrapping_sub(MODULUS))
        }))
    }

    /// `self - other`.
    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        Self(core::array::from_fn(|i| {
            let difference = self.0[i].wrapping_sub(other.0[i]);
            difference.min(difference.wrapping_add(MODULUS))
        }))
    }

    /// `self * other`.
    #[inline(always)]
    pub fn times(self, other: Self) -> Self {
        Wide::product(self, other).reduce()
    }

    /// `self` times a Montgomery word.
    #[inline(always)]
    pub fn scaled(self, word: u32) -> Self {
        Wide::scaled(self, word).reduce()
    }

    /// `x -> x^p`: as `p = 2` modulo 9, it sends `x` to `x^2`, and `x^6 = -1 - x^3`.
    #[must_use]
    pub fn frobenius(self) -> Self {
        let [a, b, c, d, e, f, ..] = self.0;
        Self([a, f, b, 0, c, 0, 0, 0]).minus(Self([d, 0, e, d, 0, e, 0, 0]))
    }

    /// The product of the other conjugates over the norm; 0 for 0.
    #[must_use]
    pub fn inverse(self) -> Self {
        let (mut conjugate, mut others) = (self, Self::ONE);
        for _ in 1..6 {
            conjugate = conjugate.frobenius();
            others = others.times(conjugate);
        }
        others.scaled(word_power(self.times(others).0[0], MODULUS - 2))
    }
}

/// The Montgomery word of a canonical one.
#[inline(always)]
pub fn montgomery(word: u32) -> u32 {
    reduce_word(u64::from(word) * u64::from(R_SQUARED))
}

#[inline(always)]
fn from_montgomery_fast(word: u32) -> u32 {
    reduce_word(u64::from(word))
}

/// `x / 2^32` for `x < 2^32 p`.
#[inline(always)]
fn reduce_word(x: u64) -> u32 {
    let quotient = (x as u32).wrapping_mul(INVERSE);
    let low = (u64::from(quotient) * P) >> 32;
    let difference = ((x >> 32) as u32).wrapping_sub(low as u32);
    difference.min(difference.wrapping_add(MODULUS))
}

/// The product of two Montgomery words.
#[inline(always)]
pub fn word_product(a: u32, b: u32) -> u32 {
    reduce_word(u64::from(a) * u64::from(b))
}

fn word_power(base: u32, exponent: u32) -> u32 {
    let (mut square, mut result) = (base, R);
    for bit in 0..u32::BITS {
        if exponent >> bit & 1 == 1 {
            result = word_product(result, square);
        }
        square = word_product(square, square);
    }
    result
}

#[cfg(all(
    target_arch = "x86_64",
    target_feature = "avx512f",
    target_feature = "avx512vl"
))]
pub use super::element_avx512::Wide;
#[cfg(not(all(
    target_arch = "x86_64",
    target_feature = "avx512f",
    target_feature = "avx512vl"
)))]
pub use portable::Wide;

/// What runs where there is no AVX-512; also what the other one is tested against.
#[cfg(any(
    test,
    not(all(
        target_arch = "x86_64",
        target_feature = "avx512f",
        target_feature = "avx512vl"
    ))
))]
mod portable {
    use super::{Element, P, reduce_word};

    const TWO_SQUARES: u64 = 2 * P * P;

    /// Six unreduced sums of products.
    #[derive(Clone, Copy, Debug)]
    pub struct Wide([u64; 6]);

    /// Below `2 p^2`, from below `4 p^2`.
    #[inline(always)]
    fn halved(x: u64) -> u64 {
        x.min(x.wrapping_sub(TWO_SQUARES))
    }

    impl Wide {
        /// Zero.
        #[inline(always)]
        pub fn zero() -> Self {
            Self([0; 6])
        }

        /// A product; below `2 p^2`.
        #[inline(always)]
        pub fn product(a: Element, b: Element) -> Self {
            let m = |i: usize, j: usize| u64::from(a.0[i]) * u64::from(b.0[j]);
            let c0 = m(0, 0);
            let c1 = m(0, 1) + m(1, 0);
            let c2 = m(0, 2) + m(1, 1) + m(2, 0);
            let c3 = halved(m(0, 3) + m(1, 2) + m(2, 1) + m(3, 0));
            let c4 = halved(halved(m(0, 4) + m(1, 3) + m(2, 2) + m(3, 1)) + m(4, 0));
            let c5 = halved(halved(m(0, 5) + m(1, 4) + m(2, 3) + m(3, 2)) + m(4, 1) + m(5, 0));
            let c6 = halved(halved(m(1, 5) + m(2, 4) + m(3, 3) + m(4, 2)) + m(5, 1));
            let c7 = halved(m(2, 5) + m(3, 4) + m(4, 3) + m(5, 2));
            let c8 = halved(m(3, 5) + m(4, 4) + m(5, 3));
            let c9 = m(4, 5) + m(5, 4);
            let c10 = m(5, 5);
            let minus = |x: u64, y: u64| halved(x + (TWO_SQUARES - y));
            Self([
                minus(halved(c0 + c9), c6),
                minus(halved(c1 + c10), c7),
                minus(halved(c2), c8),
                minus(c3, c6),
                minus(c4, c7),
                minus(c5, c8),
            ])
        }

        /// An element times a word; below `p^2`.
        #[inline(always)]
        pub fn scaled(a: Element, word: u32) -> Self {
            Self(core::array::from_fn(|i| {
                u64::from(a.0[i]) * u64::from(word)
            }))
        }

        /// The sum, without a reduction.
        #[inline(always)]
        pub fn plus(self, other: Self) -> Self {
            Self(core::array::from_fn(|i| self.0[i] + other.0[i]))
        }

        /// Below `2 p^2`, from below `4 p^2`.
        #[inline(always)]
        pub fn halved(self) -> Self {
            Self(self.0.map(halved))
        }

        /// The negative; at most `2 p^2`, from at most `2 p^2`.
        #[inline(always)]
        pub fn negated(self) -> Self {
            Self(self.0.map(|x| TWO_SQUARES - x))
        }

        /// The element, from below `2 p^2` or equal to it.
        #[inline(always)]
        pub fn reduce(self) -> Element {
            let mut words = [0; 8];
            for (word, x) in words[..6].iter_mut().zip(self.0) {
                *word = reduce_word(x);
            }
            Element(words)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hstar_field::Sextic;

    fn samples() -> Vec<[u32; 6]> {
        let edges = [0, 1, MODULUS - 1, MODULUS - 2, 1 << 24, 127 << 24];
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state % MODULUS
        };
        let mut all: Vec<[u32; 6]> = (0..40)
            .map(|_| core::array::from_fn(|_| random()))
            .collect();
        all.extend((0..12).map(|n| core::array::from_fn(|i| edges[(n * (i + 1) + i) % 6])));
        all.extend([[0; 6], [MODULUS - 1; 6], [1, 0, 0, 0, 0, 0]]);
        all
    }

    #[test]
    fn arithmetic_is_that_of_the_field() {
        for a in samples() {
            for b in samples() {
                let (x, y) = (Sextic::from_canonical(a), Sextic::from_canonical(b));
                let (e, f) = (Element::of_words(a), Element::of_words(b));
                assert_eq!(e.times(f).to_words(), (x * y).to_canonical());
                let portable = portable::Wide::product(e, f).reduce();
                assert_eq!(portable, e.times(f));
                assert_eq!(e.plus(f).to_words(), (x + y).to_canonical());
                assert_eq!(e.minus(f).to_words(), (x - y).to_canonical());
                let scaled = e.scaled(montgomery(b[0])).to_words();
                assert_eq!(scaled, a.map(|word| mul(word, b[0])));
                let sum = Wide::product(e, f)
                    .negated()
                    .plus(Wide::scaled(e, f.0[0]))
                    .halved();
                assert_eq!(sum.reduce(), e.scaled(f.0[0]).minus(e.times(f)));
                let portable = portable::Wide::product(e, f)
                    .negated()
                    .plus(portable::Wide::scaled(e, f.0[0]))
                    .halved();
                assert_eq!(portable.reduce(), sum.reduce());
                assert_eq!(portable::Wide::zero().reduce(), Wide::zero().reduce());
            }
        }
    }

    #[test]
    fn inverses_invert() {
        for a in samples() {
            let e = Element::of_words(a);
            let product = e.times(e.inverse());
            let expected = if a == [0; 6] {
                Element::ZERO
            } else {
                Element::ONE
            };
            assert_eq!(product, expected);
            assert_eq!(e.to_words(), a);
            assert_eq!(hstar_field::words::from_montgomery(e.0[0]), a[0]);
        }
    }
}
