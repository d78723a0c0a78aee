"""Proof files: what is proven under which key, then the proof; strict, and nothing after it.

Layout: magic, version, kind, digest of the parameters (33 bytes), then four parts behind their lengths: digest of the
key, statement (little-endian words), key, proof. The key stands in the file so that the file can be looked at. A
verifier never takes it from there: it compares the file's with the key that it was given.
"""

from __future__ import annotations

from dataclasses import dataclass

from hstar.errors import InputError, Reason, VerificationError
from hstar.field.koala_bear import ELEMENT_BYTES
from hstar.hash.blake2b import encode_elements
from hstar.stark.key_decoding import decode_key, decode_word, split_parts
from hstar.stark.keys import VerifyingKey, encode_word
from hstar.stark.proof import Proof, decode_proof, encode_proof
from hstar.stark.statement import Statement, check_statement
from hstar.stark.verify import DEFAULT_MINIMUM_BITS, AcceptedProof, verify
from hstar.transcript.reason import ProofReason

MAGIC = b"hstar\0pf"
VERSION = 1
KIND_CIRCUIT, KIND_SEGMENTS, KIND_FINAL = 1, 2, 3
PARAMETERS_DIGEST_BYTES = 33
_FILE_PARTS = 4
_HEADER_BYTES = len(MAGIC) + 8 + PARAMETERS_DIGEST_BYTES


@dataclass(frozen=True)
class ProofFile:
    """A proof of one stand-alone circuit, with what it claims to be a proof of.

    Args:
        key: as it stands in the file.
        statement: the public statement.
        proof: encoded.
    """

    key: VerifyingKey
    statement: Statement
    proof: bytes

    def decode(self) -> Proof:
        """The proof object.

        Raises:
            VerificationError: as `decode_proof`.
        """
        return decode_proof(self.key, self.proof)


def write_proof_file(key: VerifyingKey, statement: Statement, proof: Proof) -> bytes:
    """The file of a stand-alone proof.

    Raises:
        InputError: the statement does not fit the key, or the key is a segment's.
    """
    check_statement(key, statement)
    if key.circuit.has_global_bus:
        raise InputError("a proof file of one circuit holds no segments", reason=Reason.WRONG_TYPE)
    head = MAGIC + encode_word(VERSION) + encode_word(KIND_CIRCUIT) + key.parameters.digest()
    parts = [
        key.suite.digest_to_bytes(key.digest),
        encode_elements(statement.values),
        key.encode(),
        encode_proof(key, proof),
    ]
    return head + b"".join(encode_word(len(part)) + part for part in parts)


def read_proof_file(data: bytes) -> ProofFile:
    """What a proof file says; nothing is verified.

    Raises:
        InputError: MALFORMED, NOT_CANONICAL.
    """
    kind = file_kind(data)
    if kind is None or len(data) < _HEADER_BYTES:
        raise InputError("this is not an hstar proof file", reason=Reason.MALFORMED)
    version = decode_word(data, len(MAGIC))
    if (version, kind) != (VERSION, KIND_CIRCUIT):
        raise InputError(
            f"proof file of version {version} and kind {kind}; this program reads version {VERSION}, kind "
            f"{KIND_CIRCUIT} (one circuit)",
            reason=Reason.MALFORMED,
        )
    parts = split_parts(data[_HEADER_BYTES:])
    if len(parts) != _FILE_PARTS:
        raise InputError(f"a proof file has {_FILE_PARTS} parts, not {len(parts)}", reason=Reason.MALFORMED)
    digest, statement, encoded_key, proof = parts
    key = decode_key(encoded_key)
    if data[_HEADER_BYTES - PARAMETERS_DIGEST_BYTES : _HEADER_BYTES] != key.parameters.digest():
        raise InputError("the digest of the parameters is not that of the key", reason=Reason.MALFORMED)
    if digest != key.suite.digest_to_bytes(key.digest):
        raise InputError("the key in the file does not have the digest that the file names", reason=Reason.MALFORMED)
    if len(statement) % ELEMENT_BYTES:
        raise InputError("the statement is cut off", reason=Reason.MALFORMED)
    values = [decode_word(statement, start) for start in range(0, len(statement), ELEMENT_BYTES)]
    checked = Statement(tuple(values))
    check_statement(key, checked)
    return ProofFile(key, checked, proof)


def looks_like_proof(data: bytes) -> bool:
    """Whether a file starts as a proof file does."""
    return data.startswith(MAGIC)


def file_kind(data: bytes) -> int | None:
    """The kind that the header of a proof file names; None for any other file."""
    if not looks_like_proof(data) or len(data) < len(MAGIC) + 8:
        return None
    return decode_word(data, len(MAGIC) + 4)


def verify_proof_file(key: VerifyingKey, data: bytes, *, minimum_bits: int = DEFAULT_MINIMUM_BITS) -> AcceptedProof:
    """Accepts a proof file under a key that the caller trusts, or raises.

    Returns:
        What is now known; its statement is the file's.

    Raises:
        VerificationError: WRONG_KEY, MALFORMED, or any reason of `verify`.
    """
    try:
        file = read_proof_file(data)
    except InputError as error:
        raise VerificationError(error.message, reason=ProofReason.MALFORMED) from error
    if file.key != key:
        raise VerificationError("the proof is for another key", reason=ProofReason.WRONG_KEY)
    return verify(key, file.statement, file.proof, minimum_bits=minimum_bits)
