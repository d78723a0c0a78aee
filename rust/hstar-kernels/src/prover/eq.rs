//! Tables of `eq(point, x)`, and halving them when the lowest variable is bound.

use hstar_field::packed::{self, Multiplier};
use hstar_field::{LANES, Lanes, Native, Sextic, ZERO_PACK};
use rayon::prelude::*;

use super::memory::Buffer;

type L = Native;
const PARALLEL_PACKS: usize = 256;

/// `scale * eq(point, x)` for `x < 2^len(point)`, with zeros behind them in the last pack.
#[must_use]
pub fn eq_table(point: &[Sextic], scale: Sextic) -> Buffer {
    let low = point.len().min(LANES.ilog2() as usize);
    let mut first = vec![scale];
    for &z in &point[..low] {
        let upper: Vec<Sextic> = first.iter().map(|&value| value * z).collect();
        for (value, &product) in first.iter_mut().zip(&upper) {
            *value = *value - product;
        }
        first.extend(upper);
    }
    let mut table = Buffer::unspecified(1 << (point.len() - low));
    table[0] = ZERO_PACK;
    for (lane, value) in first.into_iter().enumerate() {
        value.to_lane(&mut table[0], lane);
    }
    for (index, &z) in point[low..].iter().enumerate() {
        let (lower, upper) = table.split_at_mut(1 << index);
        extend(lower, &mut upper[..1 << index], z);
    }
    table
}

/// `upper = lower z`, then `lower -= upper`.
fn extend(lower: &mut [hstar_field::Pack], upper: &mut [hstar_field::Pack], z: Sextic) {
    let work = |(lower, upper): (&mut [hstar_field::Pack], &mut [hstar_field::Pack])| {
        let factor = Multiplier::<L>::splat(z);
        for (lower, upper) in lower.iter_mut().zip(upper) {
            for part in 0..L::PARTS {
                let value = packed::load::<L>(lower, part);
                let product = factor.multiply(value);
                packed::store(product, upper, part);
                packed::store(packed::sub(value, product), lower, part);
            }
        }
    };
    if lower.len() < PARALLEL_PACKS {
        work((lower, upper));
    } else {
        lower
            .par_chunks_mut(PARALLEL_PACKS)
            .zip(upper.par_chunks_mut(PARALLEL_PACKS))
            .for_each(work);
    }
}

/// The table of `len` entries without its lowest variable: neighbours add up, because `eq` sums to one over a variable.
pub fn halve(table: &mut [hstar_field::Pack], len: usize) {
    let packs = len.div_ceil(LANES);
    for out in 0..packs.div_ceil(2) {
        let first = table[2 * out];
        let second = if 2 * out + 1 < packs {
            table[2 * out + 1]
        } else {
            ZERO_PACK
        };
        for plane in 0..6 {
            let (even, odd) = packed::separate::<1>(&first[plane], &second[plane]);
            for part in 0..L::PARTS {
                L::load(&even, part)
                    .add(L::load(&odd, part))
                    .store(&mut table[out][plane], part);
            }
        }
    }
}
