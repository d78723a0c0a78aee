//! Gate programs: straight-line programs over wires of nine canonical words, run one gate after the other.

use hstar_field::{MODULUS, words};
use p3_field::{PackedValue, PrimeField32};

use crate::poseidon2::{RATE, WIDTH, permute};
use crate::words::{Element, Packed};

/// Words of a wire.
pub const WIRE: usize = 9;
/// Words of a gate: opcode, output, operands.
pub const GATE: usize = 10;
const DEGREE: usize = 6;
const NUM_BITS: usize = 31;
const RIGHT_LANE: usize = 12;
const TAG_LANE: usize = 23;

type Wire = [u32; WIRE];
type Value = [u32; DEGREE];

/// Runs all gates; returns the number of the first requirement that fails.
///
/// The caller has checked that every wire exists and every word is canonical.
#[must_use]
pub fn run(gates: &[[u32; GATE]], wires: &mut [Wire]) -> Option<u32> {
    gates
        .iter()
        .find_map(|[opcode, output, operands @ ..]| step(*opcode, *output, operands, wires))
}

fn step(opcode: u32, output: u32, operands: &[u32; 8], wires: &mut [Wire]) -> Option<u32> {
    let at = output as usize;
    let read = |operand: usize| wires[operands[operand] as usize];
    match opcode {
        0 => wires[at] = widen(&expression(operands, wires)),
        1 => return (expression(operands, wires) != [0; DEGREE]).then_some(output),
        2 => wires[at] = widen(&inverse(&value(&read(0)))),
        3 => wires[at] = widen(&[read(0)[operands[1] as usize]]),
        4 => wires[at] = widen(&core::array::from_fn::<_, DEGREE, _>(|i| read(i)[0])),
        5 => {
            let word = read(0)[0];
            for (bit, wire) in wires[at..at + NUM_BITS].iter_mut().enumerate() {
                *wire = widen(&[word >> bit & 1]);
            }
        }
        6 => {
            let lanes = sponge([read(0), read(1), read(2)], &read(3), operands[4]);
            for (offset, range) in [0..6, 6..12, 12..15, 15..24, 0..9].into_iter().enumerate() {
                wires[at + offset] = widen(&lanes[range]);
            }
        }
        7 => wires[at] = compress(&read(0), read(1)[0], &read(2), operands[3]),
        8 => {
            let (first, second) = (read(0), read(1));
            wires[at][..DEGREE].copy_from_slice(&first[..DEGREE]);
            wires[at][DEGREE..].copy_from_slice(&second[..WIRE - DEGREE]);
        }
        9 => return (read(0) != read(1)).then_some(output),
        10 => {
            let elements = [0, 1, 2, 3, 4, 5].map(|i| value(&read(i)));
            for (offset, result) in range_step(&elements, read(6)[0], read(7)[0])
                .iter()
                .enumerate()
            {
                wires[at + offset] = widen(result);
            }
        }
        11 => {
            let (product, power, coordinate) = (value(&read(0)), read(1)[0], value(&read(2)));
            let weighed = multiply(&product, &coordinate);
            wires[at] = widen(&add(&product, &scale(&weighed, words::sub(power, 1))));
            wires[at + 1] = widen(&[words::mul(power, power)]);
        }
        _ => {
            let weighed = value(&read(1))
                .into_iter()
                .zip(&operands[2..])
                .map(|(word, &weight)| scale(&value(&wires[weight as usize]), word));
            wires[at] = widen(&weighed.fold(value(&read(0)), |sum, term| add(&sum, &term)));
        }
    }
    None
}

fn widen(words: &[u32]) -> Wire {
    core::array::from_fn(|i| words.get(i).copied().unwrap_or(0))
}

fn value(wire: &Wire) -> Value {
    core::array::from_fn(|i| wire[i])
}

/// `s a b + t a + v b + w c + u`.
fn expression(operands: &[u32; 8], wires: &[Wire]) -> Value {
    let [a, b, c] = [0, 1, 2].map(|i| value(&wires[operands[i] as usize]));
    let [s, t, v, w, u] = [3, 4, 5, 6, 7].map(|i| u64::from(operands[i]));
    let product = if s == 0 {
        [0; DEGREE]
    } else {
        multiply(&a, &b)
    };
    core::array::from_fn(|i| {
        // Five terms below 2^62 each; the first two are reduced so that the sum stays below 2^64.
        let first = s * u64::from(product[i]) % u64::from(MODULUS);
        let second = t * u64::from(a[i]) % u64::from(MODULUS);
        let rest = v * u64::from(b[i]) + w * u64::from(c[i]) + if i == 0 { u } else { 0 };
        ((first + second + rest) % u64::from(MODULUS)) as u32
    })
}

/// Modulo `x^9 - 1`, then with `x^6 = -x^3 - 1`.
fn multiply(a: &Value, b: &Value) -> Value {
    let mut cyclic = [0_u64; 9];
    for (i, &x) in a.iter().enumerate() {
        for (j, &y) in b.iter().enumerate() {
            cyclic[(i + j) % 9] += u64::from(words::mul(x, y));
        }
    }
    let cyclic = cyclic.map(|sum| (sum % u64::from(MODULUS)) as u32);
    core::array::from_fn(|i| words::sub(cyclic[i], cyclic[6 + i % 3]))
}

fn add(a: &Value, b: &Value) -> Value {
    core::array::from_fn(|i| words::add(a[i], b[i]))
}

fn sub(a: &Value, b: &Value) -> Value {
    core::array::from_fn(|i| words::sub(a[i], b[i]))
}

fn scale(a: &Value, word: u32) -> Value {
    a.map(|coefficient| words::mul(coefficient, word))
}

/// `if_one` where the bit is 1, else `if_zero`; linear in the bit.
fn select(bit: u32, if_one: &Value, if_zero: &Value) -> Value {
    add(if_zero, &scale(&sub(if_one, if_zero), bit))
}

/// A bit of the branching program behind the jagged weight.
fn range_step([t0, t1, l0, l1, row, cell]: &[Value; 6], start: u32, end: u32) -> [Value; 4] {
    const ZERO: Value = [0; DEGREE];
    const ONE: Value = [1, 0, 0, 0, 0, 0];
    let both = multiply(row, cell);
    let (row_only, cell_only) = (sub(row, &both), sub(cell, &both));
    let neither = sub(&sub(&ONE, row), &cell_only);
    let equal = add(&neither, &both);
    let moves = |zero: &Value, one: &Value| {
        [
            select(start, &ZERO, zero),
            select(start, zero, one),
            select(start, one, &ZERO),
        ]
    };
    let (total, less) = (moves(t0, t1), moves(l0, l1));
    let low: [Value; 3] = core::array::from_fn(|i| select(end, &total[i], &less[i]));
    let high = less.map(|value| scale(&value, end));
    let sum = |terms: &[(&Value, &Value)]| {
        terms
            .iter()
            .fold(ZERO, |sum, (a, b)| add(&sum, &multiply(a, b)))
    };
    [
        sum(&[(&equal, &total[0]), (&cell_only, &total[1])]),
        sum(&[(&row_only, &total[1]), (&equal, &total[2])]),
        sum(&[
            (&neither, &low[0]),
            (&both, &high[0]),
            (&cell_only, &high[1]),
        ]),
        sum(&[(&row_only, &low[1]), (&neither, &low[2]), (&both, &high[2])]),
    ]
}

fn power(base: &Value, exponent: u32) -> Value {
    let (mut square, mut result) = (*base, [1, 0, 0, 0, 0, 0]);
    for bit in 0..u32::BITS {
        if exponent >> bit & 1 == 1 {
            result = multiply(&result, &square);
        }
        square = multiply(&square, &square);
    }
    result
}

/// The product of the conjugates over the norm; 0 for 0.
fn inverse(x: &Value) -> Value {
    let mut conjugate = power(x, MODULUS);
    let mut others = conjugate;
    for _ in 2..DEGREE {
        conjugate = power(&conjugate, MODULUS);
        others = multiply(&others, &conjugate);
    }
    let norm = multiply(x, &others);
    multiply(&others, &power(&norm, MODULUS - 2))
}

fn permuted(lanes: &[u32; WIDTH]) -> [u32; WIDTH] {
    let mut state = lanes.map(|lane| Packed::from(Element::new(lane)));
    permute(&mut state);
    state.map(|lane| lane.as_slice()[0].as_canonical_u32())
}

fn sponge(inputs: [Wire; 3], capacity: &Wire, form: u32) -> [u32; WIDTH] {
    let skipped = if form == 0 { 0 } else { DEGREE / 2 };
    permuted(&core::array::from_fn(|lane| {
        if lane < RATE {
            let word = lane + skipped;
            inputs[word / DEGREE][word % DEGREE]
        } else {
            capacity[lane - RATE]
        }
    }))
}

fn compress(node: &Wire, bit: u32, sibling: &Wire, tag: u32) -> Wire {
    let (left, right) = if bit == 0 {
        (node, sibling)
    } else {
        (sibling, node)
    };
    let mut lanes = [0; WIDTH];
    lanes[..WIRE].copy_from_slice(left);
    lanes[RIGHT_LANE..RIGHT_LANE + WIRE].copy_from_slice(right);
    lanes[TAG_LANE] = tag;
    let output = permuted(&lanes);
    core::array::from_fn(|i| words::add(output[i], lanes[i]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_invert() {
        let x = [5, 0, 3, MODULUS - 1, 77, 1 << 30];
        assert_eq!(multiply(&x, &inverse(&x)), [1, 0, 0, 0, 0, 0]);
        assert_eq!(inverse(&[0; DEGREE]), [0; DEGREE]);
    }

    #[test]
    fn the_first_failed_requirement_ends_the_run() {
        let mut wires = vec![[0; WIRE]; 3];
        wires[1][0] = 2;
        let gates = [
            [0, 2, 1, 1, 0, 1, 0, 0, 0, 0],
            [1, 7, 2, 0, 0, 0, 1, 0, 0, MODULUS - 4],
            [1, 8, 2, 0, 0, 0, 1, 0, 0, 0],
            [0, 2, 0, 0, 0, 0, 0, 0, 0, 9],
        ];
        assert_eq!(run(&gates, &mut wires), Some(8));
        assert_eq!(wires[2][0], 4);
    }
}
