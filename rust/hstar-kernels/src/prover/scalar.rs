//! Single extension elements: inverses and sums of point weights.

use hstar_field::{MODULUS, Sextic, words};

/// `u + v y` with `y = x^3`, so `y^2 = -y - 1`; Montgomery words.
type Quadratic = [u32; 2];

fn mul_word(a: u32, b: u32) -> u32 {
    words::from_montgomery(words::mul(a, b))
}

fn add2(a: Quadratic, b: Quadratic) -> Quadratic {
    [words::add(a[0], b[0]), words::add(a[1], b[1])]
}

fn sub2(a: Quadratic, b: Quadratic) -> Quadratic {
    [words::sub(a[0], b[0]), words::sub(a[1], b[1])]
}

fn mul2(a: Quadratic, b: Quadratic) -> Quadratic {
    let top = mul_word(a[1], b[1]);
    let cross = words::add(mul_word(a[0], b[1]), mul_word(a[1], b[0]));
    [
        words::sub(mul_word(a[0], b[0]), top),
        words::sub(cross, top),
    ]
}

fn times_y(a: Quadratic) -> Quadratic {
    [words::sub(0, a[1]), words::sub(a[0], a[1])]
}

fn invert_word(a: u32) -> u32 {
    let (mut square, mut result, mut exponent) = (a, words::R, MODULUS - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = mul_word(result, square);
        }
        square = mul_word(square, square);
        exponent >>= 1;
    }
    result
}

fn invert2([u, v]: Quadratic) -> Quadratic {
    let norm = words::add(words::sub(mul_word(u, u), mul_word(u, v)), mul_word(v, v));
    let inverse = invert_word(norm);
    [
        mul_word(words::sub(u, v), inverse),
        mul_word(words::sub(0, v), inverse),
    ]
}

/// `1 / a`, or zero for zero: the extension is cubic over `K(y)`, with `x^3 = y`.
#[must_use]
pub fn invert(a: Sextic) -> Sextic {
    let c = a.0;
    let (a0, a1, a2) = ([c[0], c[3]], [c[1], c[4]], [c[2], c[5]]);
    let b0 = sub2(mul2(a0, a0), times_y(mul2(a1, a2)));
    let b1 = sub2(times_y(mul2(a2, a2)), mul2(a0, a1));
    let b2 = sub2(mul2(a1, a1), mul2(a0, a2));
    let norm = add2(mul2(a0, b0), times_y(add2(mul2(a2, b1), mul2(a1, b2))));
    let inverse = invert2(norm);
    let [b0, b1, b2] = [b0, b1, b2].map(|b| mul2(b, inverse));
    Sextic([b0[0], b1[0], b2[0], b0[1], b1[1], b2[1]])
}

/// `eq(point, 0)`.
#[must_use]
pub fn zero_weight(point: &[Sextic]) -> Sextic {
    point
        .iter()
        .fold(Sextic::ONE, |product, &z| product * (Sextic::ONE - z))
}

/// The coefficients `c_0, c_1` of a round polynomial whose other coefficients sum to `higher`, from the value at 0 or,
/// where the eq coordinate is zero, at 1: `claim = c_0 + z (c_1 + higher)`.
#[must_use]
pub fn complete_round(claim: Sextic, z: Sextic, value: Sextic, higher: Sextic) -> (Sextic, Sextic) {
    if z == Sextic::ZERO {
        return (claim, value - claim - higher);
    }
    (value, (claim - value) * invert(z) - higher)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_times_element_is_one() {
        for seed in 1..50_u32 {
            let a = Sextic(core::array::from_fn(|i| {
                seed.wrapping_mul(0x9E37_79B9 ^ i as u32) % MODULUS
            }));
            assert_eq!(a * invert(a), Sextic::ONE);
        }
        assert_eq!(invert(Sextic::ZERO), Sextic::ZERO);
    }
}
