//! Proof-of-work search: the smallest nonce for which the next squeezed element ends in zeros.

use p3_field::{PackedValue, PrimeField32};
use rayon::prelude::*;

use crate::blake2b::{self, Person};
use crate::lanes::Lanes;
use crate::poseidon2;
use crate::words::{Element, LANES, Packed};

const MODULUS: u32 = (1 << 31) - (1 << 24) + 1;
const WORD_MASK: u32 = (1 << 31) - 1;
/// Nonces tried by one task.
const NONCES_PER_TASK: u32 = 1024;
/// Nonces tried before looking whether one fits: a few milliseconds of all threads.
const NONCES_PER_ROUND: u32 = 1 << 16;

/// The smallest nonce below `MODULUS` for which `find(first, count)` finds one in its range.
fn smallest(find: impl Fn(u32, u32) -> Option<u32> + Sync) -> Option<u32> {
    (0..MODULUS)
        .step_by(NONCES_PER_ROUND as usize)
        .find_map(|round| {
            (0..NONCES_PER_ROUND / NONCES_PER_TASK)
                .into_par_iter()
                .find_map_first(|task| {
                    let first = round + task * NONCES_PER_TASK;
                    find(first, NONCES_PER_TASK.min(MODULUS.saturating_sub(first)))
                })
        })
}

/// Searches for Poseidon2: the permutation of `state` with the nonce in lane `nonce_lane` has a first lane whose lowest
/// `num_bits` bits are zero. `state` is canonical.
#[must_use]
pub fn find_poseidon2(
    state: &[u32; poseidon2::WIDTH],
    nonce_lane: usize,
    num_bits: u32,
) -> Option<u32> {
    let mask = (1u32 << num_bits) - 1;
    let start: [Packed; poseidon2::WIDTH] =
        core::array::from_fn(|i| Packed::from(Element::new(state[i])));
    smallest(|first, count| {
        (first..first + count).step_by(LANES).find_map(|nonce| {
            let mut lanes = start;
            lanes[nonce_lane] =
                Packed::from_fn(|lane| Element::new((nonce + lane as u32) % MODULUS));
            poseidon2::permute(&mut lanes);
            let fits = |x: &Element| x.as_canonical_u32() & mask == 0;
            let lane = lanes[0].as_slice().iter().position(fits)? as u32;
            (nonce + lane < first + count).then_some(nonce + lane)
        })
    })
}

fn message(bytes: &[&[u8]]) -> [u64; 16] {
    let mut block = [0; 128];
    for (slot, &byte) in block.iter_mut().zip(bytes.iter().copied().flatten()) {
        *slot = byte;
    }
    core::array::from_fn(|i| {
        u64::from_le_bytes(block[8 * i..8 * i + 8].try_into().expect("8 bytes"))
    })
}

/// The first element that a digest yields, or none if all its words are too large.
fn first_element(digests: &blake2b::Digests, lane: usize) -> Option<u32> {
    digests[..4]
        .iter()
        .flat_map(|word| [word[lane] as u32, (word[lane] >> 32) as u32])
        .map(|word| word & WORD_MASK)
        .find(|&word| word < MODULUS)
}

/// Searches for BLAKE2b: after absorbing the nonce into `state`, the first squeezed element ends in `num_bits` zeros.
#[must_use]
pub fn find_blake2b(
    state: &[u8; blake2b::DIGEST],
    absorb: &Person,
    squeeze: &Person,
    num_bits: u32,
) -> Option<u32> {
    let mask = (1u32 << num_bits) - 1;
    let (absorb, squeeze) = (blake2b::start(absorb), blake2b::start(squeeze));
    let template = message(&[state, &4u64.to_le_bytes()]).map(Lanes::splat);
    let absorbed_bytes = blake2b::DIGEST as u64 + 12;
    smallest(|first, count| {
        (first..first + count)
            .step_by(blake2b::LANES)
            .find_map(|nonce| {
                let mut block = template;
                // The nonce follows 33 + 8 bytes: it is bytes 1 to 4 of word 5.
                let nonces = core::array::from_fn(|lane| u64::from(nonce + lane as u32) << 8);
                block[5] = block[5].xor(Lanes::from_array(nonces));
                let absorbed = blake2b::hash_block(&absorb, &block, absorbed_bytes);
                let fits = |lane: usize| squeezed_element(&squeeze, &absorbed, lane) & mask == 0;
                let blocks = squeeze_block(&squeeze, &absorbed, 0);
                let lane = (0..blake2b::LANES).find(|&lane| match first_element(&blocks, lane) {
                    Some(element) => element & mask == 0,
                    None => fits(lane),
                })? as u32;
                (nonce + lane < first + count).then_some(nonce + lane)
            })
    })
}

fn squeeze_block(
    squeeze: &[Lanes; 8],
    absorbed: &blake2b::Digests,
    counter: u64,
) -> blake2b::Digests {
    let mut block = [Lanes::splat(0); 16];
    for (lanes, word) in block.iter_mut().zip(&absorbed[..4]) {
        *lanes = Lanes::from_array(*word);
    }
    // Byte 32 of the state, then the counter.
    block[4] = Lanes::from_array(absorbed[4].map(|word| word & 0xFF | counter << 8));
    block[5] = Lanes::splat(counter >> 56);
    blake2b::hash_block(squeeze, &block, blake2b::DIGEST as u64 + 8)
}

/// The first element of any block; the first block nearly always has one.
fn squeezed_element(squeeze: &[Lanes; 8], absorbed: &blake2b::Digests, lane: usize) -> u32 {
    (0..)
        .find_map(|counter| first_element(&squeeze_block(squeeze, absorbed, counter), lane))
        .expect("endless")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_nonce_wins() {
        for wanted in [0, 1, 1023, 1024, 65_535, 65_536, 200_000] {
            let find = |first: u32, count: u32| {
                (first..first + count).find(|&nonce| nonce >= wanted && nonce % 3 == wanted % 3)
            };
            assert_eq!(smallest(find), Some(wanted));
        }
    }

    #[test]
    fn a_digest_without_elements_yields_none() {
        let mut digests = [[u64::MAX; blake2b::LANES]; 5];
        assert_eq!(first_element(&digests, 3), None);
        digests[1][3] = 7 << 32 | 0xFFFF_FFFF;
        assert_eq!(first_element(&digests, 3), Some(7));
    }
}
