"""The three outside primitives of Ethereum's formats: Keccak-256, SHA-256 and secp256k1 signatures."""

from __future__ import annotations

import hashlib

from coincurve import PrivateKey, PublicKey
from Crypto.Hash import keccak

ADDRESS_BYTES = 20
HASH_BYTES = 32
UNCOMPRESSED_PUBLIC_KEY_BYTES = 65
SIGNATURE_BYTES = 65  # r, s, parity
SECP256K1_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


def keccak256(data: bytes) -> bytes:
    """Keccak-256 with Ethereum's padding (not SHA3-256)."""
    digest: bytes = keccak.new(digest_bits=256, data=data).digest()
    return digest


def sha256(data: bytes) -> bytes:
    """SHA-256, as EIP-7685 uses it for execution requests."""
    return hashlib.sha256(data).digest()


def address_of(public_key: bytes) -> bytes:
    """Address of an uncompressed public key (65 bytes, first byte 4)."""
    return keccak256(public_key[1:])[-ADDRESS_BYTES:]


def recover_public_key(message_hash: bytes, r: int, s: int, parity: int) -> bytes | None:
    """The uncompressed public key (65 bytes) behind a signature, or None when there is none.

    Args:
        message_hash: 32 bytes that were signed.
        r, s: the signature; both must lie in [1, order).
        parity: 0 or 1, the parity of the nonce point's second coordinate.
    """
    if not (0 < r < SECP256K1_ORDER and 0 < s < SECP256K1_ORDER and parity in (0, 1)):
        return None
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
    try:
        key: bytes = PublicKey.from_signature_and_message(signature, message_hash, hasher=None).format(compressed=False)
    except ValueError:  # no curve point has this first coordinate, or the sum is the point at infinity
        return None
    return key


def sign(message_hash: bytes, secret: bytes) -> tuple[int, int, int]:
    """Deterministic signature `(r, s, parity)` with s in the lower half (RFC 6979, EIP-2)."""
    signature = PrivateKey(secret).sign_recoverable(message_hash, hasher=None)
    return int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]


def public_key_of(secret: bytes) -> bytes:
    """Uncompressed public key (65 bytes) of a secret key (32 bytes)."""
    return PrivateKey(secret).public_key.format(compressed=False)
