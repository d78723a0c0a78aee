//! Arithmetic on packs of extension elements.
//!
//! A product is schoolbook on centred words with one reduction for each coefficient. Seen as a linear map of `a`, the
//! coefficients of its matrix are `b_i` or `b_i - b_(i+3)`, so nothing is left to reduce modulo `x^6 + x^3 + 1`.

use crate::lanes::{LANES, Lanes, Pack, Plane};
use crate::sextic::Sextic;
use crate::words;

/// Planes of one register each.
pub type Part<L> = [L; 6];

/// Reads part `part` of a pack.
#[inline(always)]
pub fn load<L: Lanes>(pack: &Pack, part: usize) -> Part<L> {
    core::array::from_fn(|plane| L::load(&pack[plane], part))
}

/// Writes part `part` of a pack.
#[inline(always)]
pub fn store<L: Lanes>(values: Part<L>, pack: &mut Pack, part: usize) {
    for (value, plane) in values.into_iter().zip(pack.iter_mut()) {
        value.store(plane, part);
    }
}

/// `a + b`.
#[inline(always)]
pub fn add<L: Lanes>(a: Part<L>, b: Part<L>) -> Part<L> {
    core::array::from_fn(|plane| a[plane].add(b[plane]))
}

/// `a - b`.
#[inline(always)]
pub fn sub<L: Lanes>(a: Part<L>, b: Part<L>) -> Part<L> {
    core::array::from_fn(|plane| a[plane].sub(b[plane]))
}

/// Both halves of a register of centred words.
#[derive(Clone, Copy)]
struct Operand<L: Lanes> {
    even: L::Half,
    odd: L::Half,
}

impl<L: Lanes> Operand<L> {
    #[inline(always)]
    fn new(words: L) -> Self {
        let centred = words.centre();
        Self {
            even: centred.even(),
            odd: centred.odd(),
        }
    }

    /// A word that is the same in all lanes needs no separate odd half.
    #[inline(always)]
    fn splat(word: u32) -> Self {
        let centred = L::splat(word).centre().even();
        Self {
            even: centred,
            odd: centred,
        }
    }
}

/// The right factor of products: `b_0 .. b_5` and `b_0 - b_3`, `b_1 - b_4`, `b_2 - b_5`, centred.
#[derive(Clone, Copy)]
pub struct Multiplier<L: Lanes> {
    b: [Operand<L>; 6],
    d: [Operand<L>; 3],
}

impl<L: Lanes> Multiplier<L> {
    /// For a factor that differs from lane to lane.
    #[inline(always)]
    pub fn new(b: Part<L>) -> Self {
        Self {
            b: core::array::from_fn(|i| Operand::new(b[i])),
            d: core::array::from_fn(|i| Operand::new(b[i].sub(b[i + 3]))),
        }
    }

    /// For the same factor in all lanes.
    #[inline(always)]
    #[must_use]
    pub fn splat(element: Sextic) -> Self {
        let b = element.0;
        Self {
            b: core::array::from_fn(|i| Operand::splat(b[i])),
            d: core::array::from_fn(|i| Operand::splat(words::sub(b[i], b[i + 3]))),
        }
    }

    /// `a` times the factor.
    #[inline(always)]
    pub fn multiply(&self, a: Part<L>) -> Part<L> {
        let [b0, b1, b2, b3, b4, b5] = &self.b;
        let [d0, d1, d2] = &self.d;
        let [a0, a1, a2, a3, a4, a5] = &core::array::from_fn(|i| Operand::new(a[i]));
        // Invariant of `reduce`: six products of centred words in each row.
        macro_rules! row {
            ($($x:ident $y:ident)+ ; $($u:ident $v:ident)*) => {{
                let even = sum!([$(($x.even, $y.even)),+], [$(($u.even, $v.even)),*]);
                let odd = sum!([$(($x.odd, $y.odd)),+], [$(($u.odd, $v.odd)),*]);
                L::reduce(even, odd)
            }};
        }
        macro_rules! sum {
            ([($x:expr, $y:expr) $(, ($s:expr, $t:expr))*], [$(($u:expr, $v:expr)),*]) => {{
                let sum = L::mul_signed($x, $y);
                $(let sum = L::add_half(sum, L::mul_signed($s, $t));)*
                $(let sum = L::sub_half(sum, L::mul_signed($u, $v));)*
                sum
            }};
        }
        [
            row!(a0 b0; a1 b5 a2 b4 a3 b3 a4 d2 a5 d1),
            row!(a0 b1 a1 b0; a2 b5 a3 b4 a4 b3 a5 d2),
            row!(a0 b2 a1 b1 a2 b0; a3 b5 a4 b4 a5 b3),
            row!(a0 b3 a1 d2 a2 d1 a3 d0; a4 b2 a5 b1),
            row!(a0 b4 a1 b3 a2 d2 a3 d1 a4 d0; a5 b2),
            row!(a0 b5 a1 b4 a2 b3 a3 d2 a4 d1 a5 d0;),
        ]
    }

    /// Base-field elements, one a lane, times the factor: the result has the form (canonical or Montgomery) that makes
    /// `base * factor / 2^32` come out, so base words have to be in Montgomery form.
    #[inline(always)]
    pub fn multiply_base(&self, base: L) -> Part<L> {
        let a = Operand::new(base);
        core::array::from_fn(|i| self.multiply_operand(a, i))
    }

    /// The first coefficient of `multiply_base`, all of it when the factor is a base-field element.
    #[inline(always)]
    pub fn multiply_base_constant(&self, base: L) -> L {
        self.multiply_operand(Operand::new(base), 0)
    }

    #[inline(always)]
    fn multiply_operand(&self, a: Operand<L>, i: usize) -> L {
        let even = L::mul_signed(a.even, self.b[i].even);
        let odd = L::mul_signed(a.odd, self.b[i].odd);
        L::reduce(even, odd)
    }
}

/// A factor that is the same in all lanes, kept as nine words: `b_0 .. b_5` and the three differences, centred.
#[derive(Clone, Copy)]
pub struct Factor([u32; 9]);

impl Factor {
    /// Prepares an element.
    #[must_use]
    pub fn new(element: Sextic) -> Self {
        let b = element.0;
        let word = |i: usize| {
            if i < 6 {
                b[i]
            } else {
                words::sub(b[i - 6], b[i - 3])
            }
        };
        Self(core::array::from_fn(|i| words::centre(word(i))))
    }

    /// The element's words, from `-(p-1)/2` to `(p-1)/2` as two's complement.
    #[inline(always)]
    #[must_use]
    pub fn words(&self) -> &[u32; 6] {
        self.0.first_chunk().expect("nine words")
    }

    /// The factor in every lane.
    #[inline(always)]
    #[must_use]
    pub fn multiplier<L: Lanes>(&self) -> Multiplier<L> {
        let operand = |i: usize| {
            let half = L::splat(self.0[i]).even();
            Operand {
                even: half,
                odd: half,
            }
        };
        Multiplier {
            b: core::array::from_fn(operand),
            d: core::array::from_fn(|i| operand(6 + i)),
        }
    }
}

/// `a * b`.
#[inline(always)]
pub fn multiply<L: Lanes>(a: Part<L>, b: Part<L>) -> Part<L> {
    Multiplier::new(b).multiply(a)
}

/// `y += a * b`.
#[inline(always)]
pub fn multiply_add<L: Lanes>(y: &mut Pack, a: &Pack, b: &Pack) {
    for part in 0..L::PARTS {
        let product = multiply::<L>(load(a, part), load(b, part));
        store(add(load(y, part), product), y, part);
    }
}

/// `out = factor * a`.
#[inline(always)]
pub fn scale<L: Lanes>(factor: &Multiplier<L>, a: &Pack, out: &mut Pack) {
    for part in 0..L::PARTS {
        store(factor.multiply(load(a, part)), out, part);
    }
}

/// `out = factor * a`, word by word, where the factor is a base-field element.
#[inline(always)]
pub fn scale_words<L: Lanes>(factor: &Multiplier<L>, a: &Pack, out: &mut Pack) {
    for part in 0..L::PARTS {
        let words: Part<L> = load(a, part);
        store(
            words.map(|word| factor.multiply_base_constant(word)),
            out,
            part,
        );
    }
}

/// `out = low + factor * (high - low)`.
#[inline(always)]
pub fn fold<L: Lanes>(factor: &Multiplier<L>, low: &Pack, high: &Pack, out: &mut Pack) {
    for part in 0..L::PARTS {
        let product = factor.multiply(sub(load(high, part), load(low, part)));
        store(add(load(low, part), product), out, part);
    }
}

/// Applies `f` to each part of packs: `out = f(a, b)`. Only for functions that are always inlined: a closure is not.
#[inline(always)]
pub fn for_each_part<L: Lanes>(
    out: &mut Pack,
    a: &Pack,
    b: &Pack,
    f: impl Fn(Part<L>, Part<L>) -> Part<L>,
) {
    for part in 0..L::PARTS {
        store(f(load(a, part), load(b, part)), out, part);
    }
}

/// Splits 32 consecutive values into those whose index has the bit `STRIDE` clear and those where it is set.
#[inline(always)]
#[must_use]
pub fn separate<const STRIDE: usize>(first: &Plane, second: &Plane) -> (Plane, Plane) {
    let (mut low, mut high) = ([0; LANES], [0; LANES]);
    let log_stride = STRIDE.ilog2() as usize;
    crate::Native::separate([first, second], log_stride, &mut low, &mut high);
    (low, high)
}
