//! Extension arithmetic on vectors that fit the first-level cache: ours, and Plonky3's quintic extension of KoalaBear.

use std::hint::black_box;

use hstar_field::packed::{self, Multiplier};
use hstar_field::sums::{BaseSum, ExtensionSum};
use hstar_field::{LANES, Native, Pack, Plane, Sextic};
use hstar_kernels::threads;
use p3_field::extension::PackedQuinticTrinomialExtensionField;
use p3_field::{Field, PackedValue, PrimeCharacteristicRing};
use p3_koala_bear::KoalaBear;

type PackedBase = <KoalaBear as Field>::Packing;
type Quintic = PackedQuinticTrinomialExtensionField<KoalaBear, PackedBase>;

/// Elements in each vector: three vectors of ours take 36 KiB.
pub const ELEMENTS: usize = 512;
const PACKS: usize = ELEMENTS / LANES;

/// Runs `work` `repetitions` times in every thread of the pool at once.
fn repeat_everywhere(repetitions: usize, work: impl Fn(usize) + Sync) {
    threads::in_pool(|| rayon::broadcast(|_| work(repetitions)));
}

fn word(seed: usize) -> u32 {
    ((seed as u64 + 1) * 0x9E37_79B1 % u64::from(hstar_field::MODULUS)) as u32
}

fn packs(seed: usize) -> Vec<Pack> {
    let plane = |pack: usize, plane: usize| {
        core::array::from_fn(|lane| word(seed + 96 * pack + 16 * plane + lane))
    };
    (0..PACKS)
        .map(|pack| core::array::from_fn(|i| plane(pack, i)))
        .collect()
}

fn planes(seed: usize) -> Vec<Plane> {
    packs(seed).into_iter().map(|pack| pack[0]).collect()
}

fn quintics(seed: usize) -> Vec<Quintic> {
    let base =
        |index: usize| PackedBase::from_fn(|lane| KoalaBear::new(word(seed + 16 * index + lane)));
    (0..ELEMENTS / PackedBase::WIDTH)
        .map(|index| Quintic::new(core::array::from_fn(|i| base(5 * index + i))))
        .collect()
}

/// `y += a b` of sextic elements.
pub fn sextic_multiply_add(repetitions: usize) {
    repeat_everywhere(repetitions, |repetitions| {
        let (mut y, a, b) = (packs(1), packs(2), packs(3));
        for _ in 0..repetitions {
            for ((y, a), b) in y.iter_mut().zip(black_box(&a)).zip(black_box(&b)) {
                packed::multiply_add::<Native>(y, a, b);
            }
            black_box(&mut y);
        }
    });
}

/// `a + r (b - a)` of sextic elements, into another vector.
pub fn sextic_fold(repetitions: usize) {
    repeat_everywhere(repetitions, |repetitions| {
        let (mut y, a, b) = (packs(1), packs(2), packs(3));
        let multiplier = Multiplier::<Native>::splat(Sextic::of_lane(&y[0], 0));
        for _ in 0..repetitions {
            for ((y, a), b) in y.iter_mut().zip(black_box(&a)).zip(black_box(&b)) {
                packed::fold(&multiplier, a, b, y);
            }
            black_box(&mut y);
        }
    });
}

/// `r a` of sextic elements, into another vector.
pub fn sextic_scale(repetitions: usize) {
    repeat_everywhere(repetitions, |repetitions| {
        let (mut y, a) = (packs(1), packs(2));
        let multiplier = Multiplier::<Native>::splat(Sextic::of_lane(&y[0], 0));
        for _ in 0..repetitions {
            for (y, a) in y.iter_mut().zip(black_box(&a)) {
                packed::scale(&multiplier, a, y);
            }
            black_box(&mut y);
        }
    });
}

/// `sum a b` of sextic elements.
pub fn sextic_sum(repetitions: usize) {
    repeat_everywhere(repetitions, |repetitions| {
        let (a, b) = (packs(2), packs(3));
        let mut sum = ExtensionSum::<Native>::default();
        for _ in 0..repetitions {
            sum.add(black_box(&a), black_box(&b));
        }
        black_box(sum.finish());
    });
}

/// `sum a b` of base-field and sextic elements.
pub fn base_sextic_sum(repetitions: usize) {
    repeat_everywhere(repetitions, |repetitions| {
        let (a, b) = (planes(2), packs(3));
        let mut sum = BaseSum::<Native>::default();
        for _ in 0..repetitions {
            sum.add(black_box(&a), black_box(&b));
        }
        black_box(sum.finish());
    });
}

/// `y += a b` of Plonky3's quintic elements.
pub fn quintic_multiply_add(repetitions: usize) {
    repeat_everywhere(repetitions, |repetitions| {
        let (mut y, a, b) = (quintics(1), quintics(2), quintics(3));
        for _ in 0..repetitions {
            for ((y, a), b) in y.iter_mut().zip(black_box(&a)).zip(black_box(&b)) {
                *y += *a * *b;
            }
            black_box(&mut y);
        }
    });
}

/// `a + r (b - a)` of Plonky3's quintic elements, into another vector.
pub fn quintic_fold(repetitions: usize) {
    repeat_everywhere(repetitions, |repetitions| {
        let (mut y, a, b) = (quintics(1), quintics(2), quintics(3));
        let challenge = y[0];
        for _ in 0..repetitions {
            for ((y, a), b) in y.iter_mut().zip(black_box(&a)).zip(black_box(&b)) {
                *y = *a + challenge * (*b - *a);
            }
            black_box(&mut y);
        }
    });
}

/// `sum a b` of Plonky3's quintic elements.
pub fn quintic_sum(repetitions: usize) {
    repeat_everywhere(repetitions, |repetitions| {
        let (a, b) = (quintics(2), quintics(3));
        let mut sums = [Quintic::ZERO; 2];
        for _ in 0..repetitions {
            for (a, b) in black_box(&a)
                .as_chunks::<2>()
                .0
                .iter()
                .zip(black_box(&b).as_chunks::<2>().0)
            {
                sums[0] += a[0] * b[0];
                sums[1] += a[1] * b[1];
            }
        }
        let _ = black_box(sums);
    });
}
