//! What the precompiles compute: the guest library's accelerators in the machine, the software of revm's crates on the
//! host, so that vectors run on two implementations of everything.

#[cfg(target_os = "none")]
pub use hstar_guest::*;

#[cfg(not(target_os = "none"))]
pub use host::*;

#[cfg(not(target_os = "none"))]
mod host {
    use alloc::vec::Vec;
    use revm::precompile::bls12_381::{G1Point, G2Point};
    use revm::precompile::{Crypto, DefaultCrypto, PrecompileHalt};

    #[derive(Clone, Copy)]
    pub struct Aligned<const N: usize>(pub [u8; N]);

    #[derive(Debug)]
    pub struct Refused;

    impl From<PrecompileHalt> for Refused {
        fn from(_: PrecompileHalt) -> Self {
            Self
        }
    }

    pub fn keccak256(data: &[u8]) -> [u8; 32] {
        use sha3::Digest as _;
        sha3::Keccak256::digest(data).into()
    }

    pub fn sha256(data: &[u8]) -> [u8; 32] {
        DefaultCrypto.sha256(data)
    }

    pub fn ripemd160(data: &[u8]) -> [u8; 32] {
        DefaultCrypto.ripemd160(data)
    }

    pub fn blake2f(rounds: u32, state: &mut [u8; 64], message: &[u8; 128], offset: &[u8; 16], is_final: bool) {
        let mut words = words(state);
        DefaultCrypto.blake2_compress(rounds, &mut words, &self::words(message), &self::words(offset), is_final);
        state.chunks_exact_mut(8).zip(words).for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_le_bytes()));
    }

    fn words<const N: usize>(bytes: &[u8]) -> [u64; N] {
        core::array::from_fn(|at| u64::from_le_bytes(part(bytes, 8 * at)))
    }

    /// The `N` bytes from a place on.
    fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
        core::array::from_fn(|offset| bytes[at + offset])
    }

    pub fn modexp(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Result<Vec<u8>, Refused> {
        let value = DefaultCrypto.modexp(base, exponent, modulus)?;
        let mut out = alloc::vec![0; modulus.len()];
        out[modulus.len() - value.len()..].copy_from_slice(&value);
        Ok(out)
    }

    pub fn secp256r1_verify(hash: &[u8; 32], signature: &[u8; 64], key: &[u8; 64]) -> Result<bool, Refused> {
        Ok(DefaultCrypto.secp256r1_verify_signature(hash, signature, key))
    }

    pub fn bn254_g1_add(first: &[u8; 64], second: &[u8; 64]) -> Result<[u8; 64], Refused> {
        Ok(DefaultCrypto.bn254_g1_add(first, second)?)
    }

    pub fn bn254_g1_multiply(point: &[u8; 64], scalar: &[u8; 32]) -> Result<[u8; 64], Refused> {
        Ok(DefaultCrypto.bn254_g1_mul(point, scalar)?)
    }

    pub fn bn254_pairing(pairs: &[Aligned<192>]) -> Result<bool, Refused> {
        let pairs: Vec<_> = pairs.iter().map(|pair| pair.0.split_at(64)).collect();
        Ok(DefaultCrypto.bn254_pairing_check(&pairs)?)
    }

    fn g1(bytes: &[u8]) -> G1Point {
        (part(bytes, 0), part(bytes, 48))
    }

    fn g2(bytes: &[u8]) -> G2Point {
        (part(bytes, 0), part(bytes, 48), part(bytes, 96), part(bytes, 144))
    }

    pub fn bls12_g1_add(first: &[u8; 96], second: &[u8; 96]) -> Result<[u8; 96], Refused> {
        Ok(DefaultCrypto.bls12_381_g1_add(g1(first), g1(second))?)
    }

    pub fn bls12_g2_add(first: &[u8; 192], second: &[u8; 192]) -> Result<[u8; 192], Refused> {
        Ok(DefaultCrypto.bls12_381_g2_add(g2(first), g2(second))?)
    }

    pub fn bls12_g1_msm(terms: &[Aligned<128>]) -> Result<[u8; 96], Refused> {
        Ok(DefaultCrypto.bls12_381_g1_msm(&mut terms.iter().map(|term| Ok((g1(&term.0), part(&term.0, 96)))))?)
    }

    pub fn bls12_g2_msm(terms: &[Aligned<224>]) -> Result<[u8; 192], Refused> {
        Ok(DefaultCrypto.bls12_381_g2_msm(&mut terms.iter().map(|term| Ok((g2(&term.0), part(&term.0, 192)))))?)
    }

    pub fn bls12_pairing(pairs: &[Aligned<288>]) -> Result<bool, Refused> {
        let pairs: Vec<_> = pairs.iter().map(|pair| (g1(&pair.0), g2(&pair.0[96..]))).collect();
        Ok(DefaultCrypto.bls12_381_pairing_check(&pairs)?)
    }

    pub fn bls12_map_to_g1(element: &[u8; 48]) -> Result<[u8; 96], Refused> {
        Ok(DefaultCrypto.bls12_381_fp_to_g1(element)?)
    }

    pub fn bls12_map_to_g2(element: &[u8; 96]) -> Result<[u8; 192], Refused> {
        Ok(DefaultCrypto.bls12_381_fp2_to_g2((part(element, 0), part(element, 48)))?)
    }

    pub fn kzg_point_eval(
        commitment: &[u8; 48],
        z: &[u8; 32],
        y: &[u8; 32],
        proof: &[u8; 48],
    ) -> Result<bool, Refused> {
        Ok(DefaultCrypto.verify_kzg_proof(z, y, commitment, proof).is_ok())
    }
}
