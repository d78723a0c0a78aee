//! Hashes and signatures. Every Keccak of `alloy` comes through here; signatures are recovered by libsecp256k1, which
//! takes a quarter of the cycles of the guest library's own function.
pub use crate::accelerators::{keccak256, sha256};
use alloy_primitives::Address;
use secp256k1_sys as secp;

/// 32 bytes of a hash.
pub type Digest = [u8; 32];

pub const EMPTY_CODE_HASH: Digest = revm::primitives::KECCAK_EMPTY.0;

/// Half the order of secp256k1, rounded down, big-endian: the largest `s` that EIP-2 allows.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e,
    0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// SHA-256 of two digests: an inner node of an SSZ tree.
pub fn sha256_pair(left: &Digest, right: &Digest) -> Digest {
    let mut both = [0; 64];
    both[..32].copy_from_slice(left);
    both[32..].copy_from_slice(right);
    sha256(&both)
}

/// What `alloy-primitives` calls for every Keccak (feature `native-keccak`).
///
/// # Safety
/// `bytes` is valid for `len` bytes, `output` for 32.
#[unsafe(no_mangle)]
unsafe extern "C" fn native_keccak256(bytes: *const u8, len: usize, output: *mut u8) {
    // SAFETY: the caller's promise; an empty slice may come with any pointer.
    unsafe {
        let data = if len == 0 { &[] } else { core::slice::from_raw_parts(bytes, len) };
        core::ptr::copy_nonoverlapping(keccak256(data).as_ptr(), output, 32);
    }
}

/// The public key (64 bytes) that made a signature (r || s, big-endian); `None` when there is none.
pub fn recover_public_key(hash: &Digest, signature: &[u8; 64], recovery_id: u8) -> Option<[u8; 64]> {
    const UNCOMPRESSED: u32 = 2;
    let mut parsed = secp::recovery::RecoverableSignature::new();
    // SAFETY: never read before the library has written it.
    let mut key = unsafe { secp::PublicKey::from_array_unchecked([0; 64]) };
    let (mut serialized, mut length) = ([0; 65], 65);
    // SAFETY: every pointer is to a value of the size that the library's header asks for; the static context serves
    // for parsing, recovery and serialization, and `recovery_id` is checked below 4.
    unsafe {
        let context = secp::secp256k1_context_no_precomp;
        if recovery_id > 3
            || secp::recovery::secp256k1_ecdsa_recoverable_signature_parse_compact(
                context,
                &mut parsed,
                signature.as_ptr(),
                i32::from(recovery_id),
            ) != 1
            || secp::recovery::secp256k1_ecdsa_recover(context, &mut key, &parsed, hash.as_ptr()) != 1
            || secp::secp256k1_ec_pubkey_serialize(context, serialized.as_mut_ptr(), &mut length, &key, UNCOMPRESSED)
                != 1
        {
            return None;
        }
    }
    serialized[1..].try_into().ok()
}

/// The signer of a hash by a signature with `s` in the lower half (EIP-2); `None` when it is not valid.
pub fn recover_signer(hash: &Digest, y_parity: u8, signature: &[u8; 64]) -> Option<Address> {
    if y_parity > 1 || signature[32..] > HALF_ORDER[..] {
        return None;
    }
    let key = recover_public_key(hash, signature, y_parity)?;
    Some(Address::from_slice(&keccak256(&key)[12..]))
}
