"""The proof object of one circuit, its shape, and its strict encoding.

Layout: heights, roots, then the messages of LogUp-GKR, zerocheck and WHIR in transcript order. There are no length
fields outside opened trees: everything else has the size that the key fixes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from hstar.air.program import Group
from hstar.errors import VerificationError
from hstar.field.extension import ExtensionElement
from hstar.hash.suite import Digest
from hstar.iop.logup_gkr.relation import LogUpGkrProof, logup_gkr_shape
from hstar.iop.whir.relation import WhirProof, whir_shape
from hstar.iop.zerocheck.relation import ZerocheckProof, zerocheck_shape
from hstar.stark.keys import VerifyingKey
from hstar.transcript.reason import ProofReason
from hstar.transcript.shapes import BASE, EMPTY, EXTENSION, OPENING_HEADER_BYTES, DigestShape, Reader, Record, Repeat


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything that the prover sends; what a circuit has no use for is an empty tuple.

    Args:
        early_heights: heights of the chips with boundary columns.
        boundary_root: of the boundary columns' tree.
        boundary_pin: out-of-domain value of the boundary columns, in the list-decoding regime.
        late_heights: heights of the other chips that the key leaves open.
        main_root: of the main columns' tree.
        gkr, zerocheck, whir: the proofs of the steps.
    """

    early_heights: tuple[int, ...]
    boundary_root: tuple[Digest, ...]
    boundary_pin: tuple[ExtensionElement, ...]
    late_heights: tuple[int, ...]
    main_root: tuple[Digest, ...]
    gkr: LogUpGkrProof
    zerocheck: ZerocheckProof
    whir: WhirProof


def proof_shape(key: VerifyingKey) -> Record:
    """The shape of every proof under a key."""
    parameters, digest = key.parameters, DigestShape(key.suite)
    has_boundary, has_main = (parameters.group_columns[group] > 0 for group in (Group.BOUNDARY, Group.MAIN))
    return Record(
        Proof,
        early_heights=Repeat(BASE, len(key.early_chips)),
        boundary_root=Repeat(digest, 1) if has_boundary else EMPTY,
        boundary_pin=Repeat(EXTENSION, 1) if parameters.boundary_pin else EMPTY,
        late_heights=Repeat(BASE, len(key.late_chips)),
        main_root=Repeat(digest, 1) if has_main else EMPTY,
        gkr=logup_gkr_shape(key.tree_dimensions),
        zerocheck=zerocheck_shape(key.circuit, parameters.log_max_height),
        whir=whir_shape(parameters),
    )


def encode_proof(key: VerifyingKey, proof: Proof) -> bytes:
    """The canonical bytes of a proof."""
    return proof_shape(key).encode(proof)


def decode_proof(key: VerifyingKey, data: bytes) -> Proof:
    """The proof that `data` encodes; every proof has exactly one encoding.

    Raises:
        VerificationError: MALFORMED, NOT_CANONICAL, OPENING_SIZE, TRAILING_BYTES.
    """
    if not isinstance(data, bytes):
        raise VerificationError(f"a proof is bytes, not {type(data).__name__}", reason=ProofReason.MALFORMED)
    reader = Reader(data)
    proof = proof_shape(key).decode(reader, "")
    reader.finish()
    if not isinstance(proof, Proof):
        raise TypeError("the shape of a proof makes a Proof")
    return proof


def part_bytes(key: VerifyingKey, proof: Proof) -> dict[str, int]:
    """Bytes of each part of a proof, named as the calculator's prediction names them; they add up to its length."""
    parts: dict[str, int] = {}
    for path, shape, value in proof_shape(key).leaves(proof, ""):
        name = part_of(path)
        parts[name] = parts.get(name, 0) + len(shape.encode(value))
    num_openings = sum(len(iteration.openings) for iteration in proof.whir.iterations)
    parts["WHIR leaves"] += OPENING_HEADER_BYTES * num_openings
    return parts


_PARTS = (
    ("gkr", "fraction tree"),
    ("zerocheck.rounds", "zerocheck"),
    ("zerocheck.column_values", "column values"),
    ("final_vector", "final vector"),
    (".leaves", "WHIR leaves"),
    (".siblings", "WHIR paths"),
    ("whir", "WHIR messages"),
)


@cache
def part_of(path: str) -> str:
    """The part that a leaf of the proof belongs to."""
    return next((name for marker, name in _PARTS if marker in path), "commitments and heights")
