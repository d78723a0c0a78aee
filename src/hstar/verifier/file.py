"""The files of a proven run: V, the public output, and the proofs; strict, and nothing after it.

Layout: magic, version, kind and digest of the parameters as in every proof file (`hstar.stark.file`), then parts behind
their lengths: V; the output; and then, by kind,

    segments   for each segment the index of its class in the key, D_k, and the proof
    final      N, D and S in one part; the final proof

The key is not in the file: a verifier has it from someone it trusts. Nothing here is decoded further than its length
says, so reading a file takes no more memory than the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hstar.errors import InputError, Reason
from hstar.field.extension import DEGREE, ExtensionElement
from hstar.field.koala_bear import ELEMENT_BYTES, MODULUS
from hstar.hash import tags
from hstar.hash.blake2b import encode_elements
from hstar.hash.suite import BLAKE2B, POSEIDON2
from hstar.machine.keys import MachineKey
from hstar.machine.layout import MAX_OUTPUT_BYTES, MAX_SEGMENTS
from hstar.recursion.accept import FinalProof
from hstar.recursion.recursion_key import RecursionKey
from hstar.stark.file import KIND_FINAL, KIND_SEGMENTS, MAGIC, PARAMETERS_DIGEST_BYTES, VERSION, file_kind
from hstar.stark.key_decoding import decode_word, split_parts
from hstar.stark.keys import encode_word
from hstar.stark.segments import SegmentProof
from hstar.stark.verify import SEGMENT_DIGEST_ELEMENTS

_WORD_BYTES = 4
_HEAD_WORDS = 1 + SEGMENT_DIGEST_ELEMENTS
_HEADER_BYTES = len(MAGIC) + 2 * _WORD_BYTES + PARAMETERS_DIGEST_BYTES
_FIXED_PARTS, _FINAL_PARTS = 2, 4
_CLAIM_BYTES = _WORD_BYTES + POSEIDON2.digest_bytes + ELEMENT_BYTES * DEGREE
"""N, D and S."""


@dataclass(frozen=True)
class RunFile:
    """What a file claims. Nothing of it is verified.

    Args:
        parameters_digest: of the parameters of all classes of the key.
        key_digest: V, encoded.
        output: the public output.
        segments: 1 .. N in order, proofs encoded.
    """

    parameters_digest: bytes
    key_digest: bytes
    output: bytes
    segments: tuple[SegmentProof, ...]


@dataclass(frozen=True)
class FinalFile:
    """What a file with one final proof claims. Nothing of it is verified.

    Args:
        parameters_digest: of the parameters of the final proof.
        key_digest: V, encoded.
        output: the public output.
        final: N, D, S, and the proof, encoded.
    """

    parameters_digest: bytes
    key_digest: bytes
    output: bytes
    final: FinalProof


def parameters_digest(key: MachineKey) -> bytes:
    """Names the parameters of all classes of a key."""
    digests = b"".join(item.key.parameters.digest() for item in key.classes)
    return BLAKE2B.digest_to_bytes(BLAKE2B.hash_bytes(tags.PARAMETERS, digests))


def write_run_file(key: MachineKey, output: bytes, segments: Sequence[SegmentProof]) -> bytes:
    """The file of a proven run; the proofs are encoded already.

    Raises:
        InputError: WRONG_TYPE for a proof that is not bytes.
    """
    parts = [POSEIDON2.digest_to_bytes(key.digest), output]
    for segment in segments:
        if not isinstance(segment.proof, bytes):
            raise InputError("the proofs of a file are bytes", reason=Reason.WRONG_TYPE)
        parts.append(encode_word(segment.key_index) + encode_elements(segment.digest) + segment.proof)
    head = MAGIC + encode_word(VERSION) + encode_word(KIND_SEGMENTS) + parameters_digest(key)
    return head + b"".join(encode_word(len(part)) + part for part in parts)


def encode_claim(final: FinalProof) -> bytes:
    """N, D and S."""
    return encode_word(final.num_segments) + encode_elements(final.digest) + final.partial_sum.to_bytes()


def write_final_file(key: MachineKey, recursion: RecursionKey, output: bytes, final: FinalProof) -> bytes:
    """The file of a final proof; the proof is encoded already.

    Raises:
        InputError: WRONG_TYPE for a proof that is not bytes.
    """
    if not isinstance(final.proof, bytes):
        raise InputError("the proof of a file is bytes", reason=Reason.WRONG_TYPE)
    parts = [POSEIDON2.digest_to_bytes(key.digest), output, encode_claim(final), final.proof]
    head = MAGIC + encode_word(VERSION) + encode_word(KIND_FINAL) + recursion.final.parameters.digest()
    return head + b"".join(encode_word(len(part)) + part for part in parts)


def looks_like_run(data: bytes) -> bool:
    """Whether a file starts as the file with the proofs of a run's segments does."""
    return file_kind(data) == KIND_SEGMENTS


def looks_like_final(data: bytes) -> bool:
    """Whether a file starts as the file of a final proof does."""
    return file_kind(data) == KIND_FINAL


def read_run_file(data: bytes) -> RunFile:
    """What a file with the proofs of all segments says; nothing is verified, and no proof is decoded.

    Raises:
        InputError: MALFORMED, NOT_CANONICAL.
    """
    digest, parts = _read_parts(data, KIND_SEGMENTS)
    if not _FIXED_PARTS < len(parts) <= _FIXED_PARTS + MAX_SEGMENTS:
        raise InputError(
            f"the file has {len(parts) - _FIXED_PARTS} segments; a run has 1 to {MAX_SEGMENTS}", reason=Reason.MALFORMED
        )
    segments = tuple(_read_segment(part) for part in parts[_FIXED_PARTS:])
    return RunFile(digest, parts[0], parts[1], segments)


def read_final_file(data: bytes) -> FinalFile:
    """What a file with a final proof says; nothing is verified, and the proof is not decoded.

    Raises:
        InputError: MALFORMED, NOT_CANONICAL.
    """
    digest, parts = _read_parts(data, KIND_FINAL)
    if len(parts) != _FINAL_PARTS or len(parts[2]) != _CLAIM_BYTES:
        raise InputError(
            f"the file of a final proof has {_FINAL_PARTS} parts, and its claim {_CLAIM_BYTES} bytes",
            reason=Reason.MALFORMED,
        )
    claim = parts[2]
    count, sum_start = decode_word(claim, 0), _WORD_BYTES + POSEIDON2.digest_bytes
    if not 1 <= count <= MAX_SEGMENTS:
        raise InputError(f"the file is about {count} segments; a run has 1 to {MAX_SEGMENTS}", reason=Reason.MALFORMED)
    words = [decode_word(claim, start) for start in range(_WORD_BYTES, sum_start, _WORD_BYTES)]
    if max(words) >= MODULUS:
        raise InputError(
            "the digest of the segments holds a word that is no field element", reason=Reason.NOT_CANONICAL
        )
    final = FinalProof(count, tuple(words), ExtensionElement.from_bytes(claim[sum_start:]), parts[3])
    return FinalFile(digest, parts[0], parts[1], final)


def _read_parts(data: bytes, kind: int) -> tuple[bytes, list[bytes]]:
    """Digest of the parameters, and the parts; V and the output have been looked at."""
    if file_kind(data) != kind or len(data) < _HEADER_BYTES:
        raise InputError("this is not the proof of a program's run", reason=Reason.MALFORMED)
    version = decode_word(data, len(MAGIC))
    if version != VERSION:
        raise InputError(f"proof file of version {version}; this program reads {VERSION}", reason=Reason.MALFORMED)
    parts = split_parts(data[_HEADER_BYTES:])
    if len(parts) < _FIXED_PARTS:
        raise InputError("the file is cut off", reason=Reason.MALFORMED)
    key_digest, output = parts[:_FIXED_PARTS]
    POSEIDON2.digest_from_bytes(key_digest)
    if len(output) > MAX_OUTPUT_BYTES:
        raise InputError(
            f"the file claims {len(output)} bytes of output; a program writes at most {MAX_OUTPUT_BYTES}",
            reason=Reason.MALFORMED,
        )
    return data[_HEADER_BYTES - PARAMETERS_DIGEST_BYTES : _HEADER_BYTES], parts


def _read_segment(part: bytes) -> SegmentProof:
    words = [decode_word(part, _WORD_BYTES * index) for index in range(_HEAD_WORDS)]
    if max(words[1:]) >= MODULUS:
        raise InputError("the digest of a segment holds a word that is no field element", reason=Reason.NOT_CANONICAL)
    return SegmentProof(words[0], tuple(words[1:]), part[_WORD_BYTES * _HEAD_WORDS :])
