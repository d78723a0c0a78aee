//! Keccak-f[1600] (FIPS 202, section 3); the Python definition is `hstar.machine.keccak`.

const ROUND_CONSTANTS: [u64; 24] = round_constants();
const ROTATIONS: [u32; 25] = rotations();

/// Iota's constants from their shift register x^8 + x^6 + x^5 + x^4 + 1 (FIPS 202, 3.2.5).
const fn round_constants() -> [u64; 24] {
    let mut constants = [0u64; 24];
    let mut state = 1u32;
    let mut round = 0;
    while round < 24 {
        let mut j = 0;
        while j < 7 {
            if state & 1 == 1 {
                constants[round] |= 1 << ((1u32 << j) - 1);
            }
            state <<= 1;
            if state & 0x100 != 0 {
                state ^= 0x171;
            }
            j += 1;
        }
        round += 1;
    }
    constants
}

/// Rotation of the lane at x + 5 y (FIPS 202, 3.2.2).
const fn rotations() -> [u32; 25] {
    let mut offsets = [0u32; 25];
    let (mut x, mut y, mut t) = (1, 0, 0);
    while t < 24 {
        offsets[x + 5 * y] = ((t + 1) * (t + 2) / 2 % 64) as u32;
        (x, y) = (y, (2 * x + 3 * y) % 5);
        t += 1;
    }
    offsets
}

/// The permutation, in place; lane x + 5 y.
pub fn keccak_f1600(a: &mut [u64; 25]) {
    for constant in ROUND_CONSTANTS {
        let mut parity = [0u64; 5];
        for (x, p) in parity.iter_mut().enumerate() {
            *p = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        }
        let mut b = [0u64; 25];
        for x in 0..5 {
            let effect = parity[(x + 4) % 5] ^ parity[(x + 1) % 5].rotate_left(1);
            for y in 0..5 {
                let lane = a[x + 5 * y] ^ effect;
                b[y + 5 * ((2 * x + 3 * y) % 5)] = lane.rotate_left(ROTATIONS[x + 5 * y]);
            }
        }
        for y in 0..5 {
            for x in 0..5 {
                a[x + 5 * y] = b[x + 5 * y] ^ (!b[(x + 1) % 5 + 5 * y] & b[(x + 2) % 5 + 5 * y]);
            }
        }
        a[0] ^= constant;
    }
}

#[cfg(test)]
mod tests {
    use super::keccak_f1600;

    #[test]
    fn the_empty_message_hashes_to_the_known_digest() {
        // SHA3-256 of nothing (FIPS 202 example values): padding 0x06 .. 0x80 at rate 136.
        let mut state = [0u64; 25];
        state[0] = 0x06;
        state[16] = 0x80 << 56;
        keccak_f1600(&mut state);
        assert_eq!(
            state[0].to_le_bytes(),
            [0xa7, 0xff, 0xc6, 0xf8, 0xbf, 0x1e, 0xd7, 0x66]
        );
    }
}
