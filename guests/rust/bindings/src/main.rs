//! Calls one accelerator on the input: byte 0 says which, the rest are its arguments. Output: the status (0, or 255 for
//! arguments that are refused), then the result. Inputs and outputs are those of `guests/c/accelerators.c`.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use hstar_guest::{self as guest, Aligned, Refused};

guest::entry!(main);

/// The `N` bytes from a place on; an input that is too short ends the guest.
fn part<const N: usize>(arguments: &[u8], at: usize) -> [u8; N] {
    core::array::from_fn(|offset| arguments[at + offset])
}

/// As many items as there are.
fn items<const N: usize>(arguments: &[u8]) -> Vec<Aligned<N>> {
    arguments.as_chunks().0.iter().map(|item| Aligned(*item)).collect()
}

fn bytes<const N: usize>(result: Result<[u8; N], Refused>) -> Result<Vec<u8>, Refused> {
    result.map(|bytes| bytes.to_vec())
}

fn check(result: Result<bool, Refused>) -> Result<Vec<u8>, Refused> {
    result.map(|holds| [u8::from(holds)].to_vec())
}

fn modexp(a: &[u8]) -> Result<Vec<u8>, Refused> {
    let [base, exponent, modulus] = [0, 2, 4].map(|at| usize::from(u16::from_le_bytes(part(a, at))));
    let (base, rest) = a[6..].split_at(base);
    let (exponent, rest) = rest.split_at(exponent);
    guest::modexp(base, exponent, &rest[..modulus])
}

fn blake2f(a: &[u8]) -> Result<Vec<u8>, Refused> {
    let is_final = match a[212] {
        0 => false,
        1 => true,
        _ => return Err(Refused),
    };
    let mut state = part(a, 4);
    guest::blake2f(u32::from_le_bytes(part(a, 0)), &mut state, &part(a, 68), &part(a, 196), is_final);
    Ok(state.to_vec())
}

fn call(function: u8, a: &[u8]) -> Result<Vec<u8>, Refused> {
    match function {
        b'K' => bytes(Ok(guest::keccak256(a))),
        b'S' => bytes(Ok(guest::sha256(a))),
        b'R' => bytes(Ok(guest::ripemd160(a))),
        b'B' => blake2f(a),
        b'M' => modexp(a),
        b'k' => check(guest::secp256k1_verify(&part(a, 0), &part(a, 32), &part(a, 96))),
        b'p' => check(guest::secp256r1_verify(&part(a, 0), &part(a, 32), &part(a, 96))),
        b'e' => bytes(guest::secp256k1_recover(&part(a, 0), &part(a, 32), a[96])),
        b'+' => bytes(guest::bn254_g1_add(&part(a, 32), &part(a, 96))),
        b'*' => bytes(guest::bn254_g1_multiply(&part(a, 32), &part(a, 0))),
        b'=' => check(guest::bn254_pairing(&items(a))),
        b'?' => check(guest::bls12_pairing(&items(a))),
        b'Z' => check(guest::kzg_point_eval(&part(a, 0), &part(a, 48), &part(a, 80), &part(a, 112))),
        b'1' => bytes(guest::bls12_g1_add(&part(a, 0), &part(a, 96))),
        b'2' => bytes(guest::bls12_g2_add(&part(a, 0), &part(a, 192))),
        b'3' => bytes(guest::bls12_g1_msm(&items(a))),
        b'4' => bytes(guest::bls12_g2_msm(&items(a))),
        b'5' => bytes(guest::bls12_map_to_g1(&part(a, 0))),
        b'6' => bytes(guest::bls12_map_to_g2(&part(a, 0))),
        _ => Err(Refused),
    }
}

fn main() {
    let input = guest::input();
    match call(input[0], &input[1..]) {
        Ok(result) => {
            guest::write_output(&[0]);
            guest::write_output(&result);
        }
        Err(Refused) => guest::write_output(&[255]),
    }
}
