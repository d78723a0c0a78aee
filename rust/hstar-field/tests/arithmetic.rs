//! Every instruction set that this build contains against plain arithmetic, on random and extreme words.

use hstar_field::packed::{self, Multiplier, Part};
use hstar_field::portable::Portable;
use hstar_field::sums::{self, BaseSum, ExtensionSum};
use hstar_field::{LANES, Lanes, MODULUS, Native, Pack, Plane, Sextic, ZERO_PACK, words};

const EXTREMES: [u32; 6] = [0, 1, MODULUS - 1, MODULUS / 2, MODULUS / 2 + 1, MODULUS - 2];

/// A small generator of reproducible words (splitmix64).
struct Source(u64);

impl Source {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 16
    }

    /// A canonical word: an extreme one every fourth time.
    fn word(&mut self) -> u32 {
        let random = self.next();
        if random.is_multiple_of(4) {
            EXTREMES[(random / 4 % 6) as usize]
        } else {
            (random % u64::from(MODULUS)) as u32
        }
    }

    fn plane(&mut self) -> Plane {
        core::array::from_fn(|_| self.word())
    }

    fn packs(&mut self, count: usize) -> Vec<Pack> {
        (0..count)
            .map(|_| core::array::from_fn(|_| self.plane()))
            .collect()
    }
}

fn binary<L: Lanes>(a: &Pack, b: &Pack, f: impl Fn(Part<L>, Part<L>) -> Part<L>) -> Pack {
    let mut out = ZERO_PACK;
    packed::for_each_part::<L>(&mut out, a, b, f);
    out
}

fn check_elementwise<L: Lanes>() {
    let mut source = Source(1);
    for _ in 0..500 {
        let (a, b) = (source.packs(1)[0], source.packs(1)[0]);
        let factor = Sextic::of_lane(&b, 0);
        let base = source.plane();
        let sum = binary::<L>(&a, &b, packed::add);
        let difference = binary::<L>(&a, &b, packed::sub);
        let product = binary::<L>(&a, &b, packed::multiply);
        let multiplier = Multiplier::<L>::splat(factor);
        let scaled = binary::<L>(&a, &b, |a, _| multiplier.multiply(a));
        let mut lifted = ZERO_PACK;
        for part in 0..L::PARTS {
            let value = multiplier.multiply_base(L::load(&base, part));
            packed::store(value, &mut lifted, part);
        }
        for (lane, &base) in base.iter().enumerate() {
            let (x, y) = (Sextic::of_lane(&a, lane), Sextic::of_lane(&b, lane));
            assert_eq!(Sextic::of_lane(&sum, lane), x + y);
            assert_eq!(Sextic::of_lane(&difference, lane), x - y);
            assert_eq!(Sextic::of_lane(&product, lane), x * y);
            assert_eq!(Sextic::of_lane(&scaled, lane), x * factor);
            let expected = factor.scale(words::from_montgomery(base));
            assert_eq!(Sextic::of_lane(&lifted, lane), expected);
        }
    }
}

/// The largest words everywhere reach the bound that `reduce` states.
fn check_extremes<L: Lanes>() {
    for x in EXTREMES {
        for y in EXTREMES {
            let (a, b) = ([[x; LANES]; 6], [[y; LANES]; 6]);
            let product = binary::<L>(&a, &b, packed::multiply);
            assert_eq!(
                Sextic::of_lane(&product, 3),
                Sextic([x; 6]) * Sextic([y; 6])
            );
        }
    }
}

fn check_sums<L: Lanes>() {
    let mut source = Source(2);
    for count in [0, 1, 2, 3, 4, 5, 31, 32, 33, 70] {
        let (a, b) = (source.packs(count), source.packs(count));
        let base: Vec<Plane> = (0..count).map(|_| source.plane()).collect();
        let mut sum = ExtensionSum::<L>::default();
        sum.add(&a, &b);
        let mut base_sum = BaseSum::<L>::default();
        base_sum.add(&base, &b);
        let (mut expected, mut expected_base, mut expected_total) =
            (Sextic::ZERO, Sextic::ZERO, Sextic::ZERO);
        for ((a, b), base) in a.iter().zip(&b).zip(&base) {
            for (lane, &base) in base.iter().enumerate() {
                let (x, y) = (Sextic::of_lane(a, lane), Sextic::of_lane(b, lane));
                expected += x * y;
                expected_base += y.scale(base);
                expected_total += y;
            }
        }
        assert_eq!(sum.finish(), expected);
        assert_eq!(base_sum.finish(), expected_base);
        assert_eq!(sums::total(&b), expected_total);
    }
}

/// Totals wrap around modulo 2^64 many times.
fn check_long_sums<L: Lanes>() {
    let largest = [[MODULUS - 1; LANES]; 6];
    let packs = vec![largest; 64];
    let planes = vec![[MODULUS - 1; LANES]; 64];
    let (mut sum, mut base_sum) = (ExtensionSum::<L>::default(), BaseSum::<L>::default());
    let repetitions = 50;
    for _ in 0..repetitions {
        sum.add(&packs, &packs);
        base_sum.add(&planes, &packs);
    }
    let count = (repetitions * packs.len() * LANES) as u32;
    let element = Sextic([MODULUS - 1; 6]);
    assert_eq!(sum.finish(), (element * element).scale(count));
    assert_eq!(
        base_sum.finish(),
        element.scale(words::mul(MODULUS - 1, count))
    );
}

fn check_separation<L: Lanes>() {
    let first: Plane = core::array::from_fn(|i| i as u32);
    let second = first.map(|word| word + 16);
    for log_stride in 0..4 {
        let (mut low, mut high) = ([0; LANES], [0; LANES]);
        L::separate([&first, &second], log_stride, &mut low, &mut high);
        let with_bit = |bit: u32| (0..32).filter(move |i| (i >> log_stride) & 1 == bit);
        assert!(low.into_iter().eq(with_bit(0)));
        assert!(high.into_iter().eq(with_bit(1)));
    }
}

macro_rules! check_all {
    ($name:ident, $lanes:ty) => {
        #[test]
        fn $name() {
            check_elementwise::<$lanes>();
            check_extremes::<$lanes>();
            check_sums::<$lanes>();
            check_long_sums::<$lanes>();
            check_separation::<$lanes>();
        }
    };
}

check_all!(native, Native);
check_all!(portable, Portable);
#[cfg(all(target_arch = "x86_64", target_feature = "avx2"))]
check_all!(avx2, hstar_field::avx2::Avx2);
