//! Every function of the accelerator interface (`zkvm_accelerators.h`), safe.
//!
//! Byte layouts are those of the EVM's precompiles without padding: big-endian numbers, a point is x and then y (all
//! zero at infinity), an element of a quadratic extension has the order of its precompile. What a call costs is in
//! `docs/guests.md`.
use alloc::vec::Vec;

/// Bytes where the interface wants them: at a multiple of 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(8))]
pub struct Aligned<const N: usize>(pub [u8; N]);

impl<const N: usize> Aligned<N> {
    const ZERO: Self = Self([0; N]);
}

/// Arguments that no precompile of the EVM takes: numbers that are not reduced, points off the curve or outside the
/// subgroup, operands that are too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// x and y in the base field of bn254.
pub const BN254_G1_BYTES: usize = 64;
/// A point of G1, then one of G2 (of each coordinate the imaginary part first, as in EIP-197).
pub const BN254_PAIR_BYTES: usize = 192;
/// x and y in the base field of BLS12-381.
pub const BLS12_G1_BYTES: usize = 96;
/// x and y in the quadratic extension (of each the real part first, as in EIP-2537).
pub const BLS12_G2_BYTES: usize = 192;
/// A point of G1, then a scalar of 32 bytes.
pub const BLS12_G1_TERM_BYTES: usize = 128;
/// A point of G2, then a scalar of 32 bytes.
pub const BLS12_G2_TERM_BYTES: usize = 224;
/// A point of G1, then one of G2.
pub const BLS12_PAIR_BYTES: usize = 288;

/// What a function of the interface returns; 0 is success.
type Status = i32;

unsafe extern "C" {
    fn zkvm_keccak256(data: *const u8, len: usize, output: *mut Aligned<32>) -> Status;
    fn zkvm_sha256(data: *const u8, len: usize, output: *mut Aligned<32>) -> Status;
    fn zkvm_ripemd160(data: *const u8, len: usize, output: *mut Aligned<32>) -> Status;
    fn zkvm_blake2f(rounds: u32, h: *mut Aligned<64>, m: *const Aligned<128>, t: *const Aligned<16>, f: u8) -> Status;
    fn zkvm_modexp(
        base: *const u8,
        base_len: usize,
        exp: *const u8,
        exp_len: usize,
        modulus: *const u8,
        mod_len: usize,
        output: *mut u8,
    ) -> Status;
    fn zkvm_secp256k1_verify(
        msg: *const Aligned<32>,
        sig: *const Aligned<64>,
        pubkey: *const Aligned<64>,
        verified: *mut bool,
    ) -> Status;
    fn zkvm_secp256r1_verify(
        msg: *const Aligned<32>,
        sig: *const Aligned<64>,
        pubkey: *const Aligned<64>,
        verified: *mut bool,
    ) -> Status;
    fn zkvm_secp256k1_ecrecover(
        msg: *const Aligned<32>,
        sig: *const Aligned<64>,
        recid: u8,
        output: *mut Aligned<64>,
    ) -> Status;
    fn zkvm_bn254_g1_add(p1: *const Aligned<64>, p2: *const Aligned<64>, result: *mut Aligned<64>) -> Status;
    fn zkvm_bn254_g1_mul(point: *const Aligned<64>, scalar: *const Aligned<32>, result: *mut Aligned<64>) -> Status;
    fn zkvm_bn254_pairing(pairs: *const Aligned<BN254_PAIR_BYTES>, num_pairs: usize, verified: *mut bool) -> Status;
    fn zkvm_bls12_g1_add(p1: *const Aligned<96>, p2: *const Aligned<96>, result: *mut Aligned<96>) -> Status;
    fn zkvm_bls12_g2_add(p1: *const Aligned<192>, p2: *const Aligned<192>, result: *mut Aligned<192>) -> Status;
    fn zkvm_bls12_g1_msm(
        pairs: *const Aligned<BLS12_G1_TERM_BYTES>,
        num_pairs: usize,
        result: *mut Aligned<96>,
    ) -> Status;
    fn zkvm_bls12_g2_msm(
        pairs: *const Aligned<BLS12_G2_TERM_BYTES>,
        num_pairs: usize,
        result: *mut Aligned<192>,
    ) -> Status;
    fn zkvm_bls12_pairing(pairs: *const Aligned<BLS12_PAIR_BYTES>, num_pairs: usize, verified: *mut bool) -> Status;
    fn zkvm_bls12_map_fp_to_g1(field_element: *const Aligned<48>, result: *mut Aligned<96>) -> Status;
    fn zkvm_bls12_map_fp2_to_g2(field_element: *const Aligned<96>, result: *mut Aligned<192>) -> Status;
    fn zkvm_kzg_point_eval(
        commitment: *const Aligned<48>,
        z: *const Aligned<32>,
        y: *const Aligned<32>,
        proof: *const Aligned<48>,
        verified: *mut bool,
    ) -> Status;
}

/// The bytes that a call writes.
fn written<const N: usize>(call: impl FnOnce(&mut Aligned<N>) -> Status) -> Result<[u8; N], Refused> {
    let mut out = Aligned::ZERO;
    if call(&mut out) == 0 { Ok(out.0) } else { Err(Refused) }
}

/// What a check finds.
fn found(call: impl FnOnce(&mut bool) -> Status) -> Result<bool, Refused> {
    let mut holds = false;
    if call(&mut holds) == 0 { Ok(holds) } else { Err(Refused) }
}

/// A hash: the interface's hashes take all bytes.
fn hash(function: unsafe extern "C" fn(*const u8, usize, *mut Aligned<32>) -> Status, data: &[u8]) -> [u8; 32] {
    let mut digest = Aligned::ZERO;
    // SAFETY: the hashes read `data`, write 32 aligned bytes, and cannot fail.
    unsafe { function(data.as_ptr(), data.len(), &mut digest) };
    digest.0
}

/// Keccak-256; its permutation is a precompile of the machine.
#[must_use]
pub fn keccak256(data: &[u8]) -> [u8; 32] {
    hash(zkvm_keccak256, data)
}

/// SHA-256.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    hash(zkvm_sha256, data)
}

/// RIPEMD-160 in the last 20 bytes.
#[must_use]
pub fn ripemd160(data: &[u8]) -> [u8; 32] {
    hash(zkvm_ripemd160, data)
}

/// The compression function F of BLAKE2b (EIP-152): `state` changes; all numbers are little-endian.
pub fn blake2f(rounds: u32, state: &mut [u8; 64], message: &[u8; 128], offset: &[u8; 16], is_final: bool) {
    let mut aligned = Aligned(*state);
    // SAFETY: all are values of the sizes that the interface asks for; a flag below 2 cannot fail.
    unsafe { zkvm_blake2f(rounds, &mut aligned, &Aligned(*message), &Aligned(*offset), is_final.into()) };
    *state = aligned.0;
}

/// base^exponent mod modulus, as long as the modulus; 0 for the modulus 0 (EIP-198). Bases and moduli of more than 2 MiB
/// are refused.
pub fn modexp(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut out = alloc::vec![0; modulus.len()];
    // SAFETY: reads the three slices, writes as many bytes as the modulus has.
    let status = unsafe {
        zkvm_modexp(
            base.as_ptr(),
            base.len(),
            exponent.as_ptr(),
            exponent.len(),
            modulus.as_ptr(),
            modulus.len(),
            out.as_mut_ptr(),
        )
    };
    if status == 0 { Ok(out) } else { Err(Refused) }
}

/// Whether an ECDSA signature (r, s) of a hash by a key (x, y) on secp256k1 is valid.
pub fn secp256k1_verify(hash: &[u8; 32], signature: &[u8; 64], key: &[u8; 64]) -> Result<bool, Refused> {
    // SAFETY: as for every function below: aligned values of the sizes in the interface, read or written only here.
    found(|holds| unsafe { zkvm_secp256k1_verify(&Aligned(*hash), &Aligned(*signature), &Aligned(*key), holds) })
}

/// Whether an ECDSA signature (r, s) of a hash by a key (x, y) on secp256r1 is valid.
pub fn secp256r1_verify(hash: &[u8; 32], signature: &[u8; 64], key: &[u8; 64]) -> Result<bool, Refused> {
    // SAFETY: as above.
    found(|holds| unsafe { zkvm_secp256r1_verify(&Aligned(*hash), &Aligned(*signature), &Aligned(*key), holds) })
}

/// The key (x, y) on secp256k1 that made a signature (r, s); `recovery_id` is below 4.
pub fn secp256k1_recover(hash: &[u8; 32], signature: &[u8; 64], recovery_id: u8) -> Result<[u8; 64], Refused> {
    // SAFETY: as above.
    written(|key| unsafe { zkvm_secp256k1_ecrecover(&Aligned(*hash), &Aligned(*signature), recovery_id, key) })
}

/// The sum of two points of bn254.
pub fn bn254_g1_add(first: &[u8; BN254_G1_BYTES], second: &[u8; BN254_G1_BYTES]) -> Result<[u8; 64], Refused> {
    // SAFETY: as above.
    written(|sum| unsafe { zkvm_bn254_g1_add(&Aligned(*first), &Aligned(*second), sum) })
}

/// A multiple of a point of bn254; the scalar need not be reduced.
pub fn bn254_g1_multiply(point: &[u8; BN254_G1_BYTES], scalar: &[u8; 32]) -> Result<[u8; 64], Refused> {
    // SAFETY: as above.
    written(|product| unsafe { zkvm_bn254_g1_mul(&Aligned(*point), &Aligned(*scalar), product) })
}

/// Whether the product of the pairings on bn254 is one; true for none.
pub fn bn254_pairing(pairs: &[Aligned<BN254_PAIR_BYTES>]) -> Result<bool, Refused> {
    // SAFETY: as above.
    found(|holds| unsafe { zkvm_bn254_pairing(pairs.as_ptr(), pairs.len(), holds) })
}

/// The sum of two points of G1; they need not be in the subgroup.
pub fn bls12_g1_add(first: &[u8; BLS12_G1_BYTES], second: &[u8; BLS12_G1_BYTES]) -> Result<[u8; 96], Refused> {
    // SAFETY: as above.
    written(|sum| unsafe { zkvm_bls12_g1_add(&Aligned(*first), &Aligned(*second), sum) })
}

/// The sum of two points of G2; they need not be in the subgroup.
pub fn bls12_g2_add(first: &[u8; BLS12_G2_BYTES], second: &[u8; BLS12_G2_BYTES]) -> Result<[u8; 192], Refused> {
    // SAFETY: as above.
    written(|sum| unsafe { zkvm_bls12_g2_add(&Aligned(*first), &Aligned(*second), sum) })
}

/// The sum of multiples of points of G1; infinity for none.
pub fn bls12_g1_msm(terms: &[Aligned<BLS12_G1_TERM_BYTES>]) -> Result<[u8; 96], Refused> {
    // SAFETY: as above.
    written(|sum| unsafe { zkvm_bls12_g1_msm(terms.as_ptr(), terms.len(), sum) })
}

/// The sum of multiples of points of G2; infinity for none.
pub fn bls12_g2_msm(terms: &[Aligned<BLS12_G2_TERM_BYTES>]) -> Result<[u8; 192], Refused> {
    // SAFETY: as above.
    written(|sum| unsafe { zkvm_bls12_g2_msm(terms.as_ptr(), terms.len(), sum) })
}

/// Whether the product of the pairings on BLS12-381 is one; true for none.
pub fn bls12_pairing(pairs: &[Aligned<BLS12_PAIR_BYTES>]) -> Result<bool, Refused> {
    // SAFETY: as above.
    found(|holds| unsafe { zkvm_bls12_pairing(pairs.as_ptr(), pairs.len(), holds) })
}

/// The point of G1 that a field element maps to (EIP-2537).
pub fn bls12_map_to_g1(element: &[u8; 48]) -> Result<[u8; 96], Refused> {
    // SAFETY: as above.
    written(|point| unsafe { zkvm_bls12_map_fp_to_g1(&Aligned(*element), point) })
}

/// The point of G2 that an element of the quadratic extension maps to (EIP-2537).
pub fn bls12_map_to_g2(element: &[u8; 96]) -> Result<[u8; 192], Refused> {
    // SAFETY: as above.
    written(|point| unsafe { zkvm_bls12_map_fp2_to_g2(&Aligned(*element), point) })
}

/// Whether the polynomial behind a commitment has the value `y` at `z` (EIP-4844).
pub fn kzg_point_eval(commitment: &[u8; 48], z: &[u8; 32], y: &[u8; 32], proof: &[u8; 48]) -> Result<bool, Refused> {
    // SAFETY: as above.
    found(|holds| unsafe {
        zkvm_kzg_point_eval(&Aligned(*commitment), &Aligned(*z), &Aligned(*y), &Aligned(*proof), holds)
    })
}
