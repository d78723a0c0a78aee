"""Stateless inputs and outputs: the bytes that a guest reads and writes.

input  = schema id (2 bytes, big-endian) followed by the SSZ body
output = SSZ(new_payload_request_root 32 | successful_validation 1 | chain_id 8 | schema_id 2) = 43 bytes

Source: EIP-8025, execution-layer half.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hstar.errors import InputError, Reason
from hstar.ethereum import ssz
from hstar.ethereum.forks import Fork, fork_of_schema
from hstar.ethereum.records import (
    AmsterdamNewPayloadRequest,
    AmsterdamStatelessInputRecord,
    NewPayloadRequest,
    OlderAmsterdamStatelessInputRecord,
    OlderStatelessInputRecord,
    OlderWitnessRecord,
    StatelessInputRecord,
    WitnessRecord,
)
from hstar.ethereum.witness import Witness

SCHEMA_ID_BYTES = 2
OUTPUT_BYTES = 43
DECODE_FAILURE_OUTPUT = bytes(OUTPUT_BYTES)


class Dialect(StrEnum):
    """The two encodings of the body that share every schema id."""

    NEWEST = "newest"
    WITH_PUBLIC_KEYS = "with_public_keys"


AnyRecord = StatelessInputRecord | OlderStatelessInputRecord

_RECORDS: dict[tuple[bool, Dialect], type[StatelessInputRecord] | type[OlderStatelessInputRecord]] = {
    (False, Dialect.NEWEST): StatelessInputRecord,
    (True, Dialect.NEWEST): AmsterdamStatelessInputRecord,
    (False, Dialect.WITH_PUBLIC_KEYS): OlderStatelessInputRecord,
    (True, Dialect.WITH_PUBLIC_KEYS): OlderAmsterdamStatelessInputRecord,
}
_FIRST_OFFSETS = {16: Dialect.NEWEST, 20: Dialect.WITH_PUBLIC_KEYS}  # bytes of the fixed part of the body


@dataclass(frozen=True)
class StatelessInput:
    """Everything that is needed to judge one block.

    `public_keys` is None in the newest dialect; in the older one it holds one uncompressed key (65 bytes) for each
    transaction, in order.
    """

    fork: Fork
    new_payload_request: NewPayloadRequest
    witness: Witness
    chain_id: int
    public_keys: tuple[bytes, ...] | None = None

    @property
    def dialect(self) -> Dialect:
        """The dialect in which this input is encoded."""
        return Dialect.NEWEST if self.public_keys is None else Dialect.WITH_PUBLIC_KEYS

    @property
    def schema_id(self) -> int:
        """Schema id of the encoding."""
        return self.fork.schema_id

    def encode(self) -> bytes:
        """The bytes of the input.

        Raises:
            InputError: a part does not fit the dialect or the fork.
        """
        amsterdam = self.fork >= Fork.AMSTERDAM
        if isinstance(self.new_payload_request, AmsterdamNewPayloadRequest) != amsterdam:
            raise InputError(
                f"the payload request does not have the shape of {self.fork.title}", reason=Reason.WRONG_TYPE
            )
        parts = (self.witness.state, self.witness.codes, self.witness.headers)
        request, record = self.new_payload_request, _RECORDS[amsterdam, self.dialect]
        body: AnyRecord
        if issubclass(record, OlderStatelessInputRecord):
            body = record(request, OlderWitnessRecord(*parts), self.chain_id, self.public_keys or ())
        else:
            body = record(request, WitnessRecord(*parts), self.chain_id)
        return self.schema_id.to_bytes(SCHEMA_ID_BYTES, "big") + ssz.encode(body, "StatelessInput")

    def new_payload_request_root(self) -> bytes:
        """The root (32 bytes) that a proof about this input carries; the same in both dialects."""
        return ssz.hash_tree_root(self.new_payload_request)


def detect_dialect(body: bytes) -> Dialect:
    """Tells the dialects apart by the first SSZ offset. For the edge only: a guest accepts one dialect."""
    first = int.from_bytes(body[: ssz.OFFSET_BYTES], "little")
    if len(body) < ssz.OFFSET_BYTES or first not in _FIRST_OFFSETS:
        raise InputError(
            f"malformed SSZ at StatelessInput: the first offset is {first}; known dialects start with 16 (newest) "
            "or 20 (with public keys)",
            reason=Reason.MALFORMED,
            place="StatelessInput",
        )
    return _FIRST_OFFSETS[first]


def decode_stateless_input(data: bytes, dialect: Dialect | None = None) -> StatelessInput:
    """Decodes a stateless input.

    Args:
        data: schema id and body, nothing after them.
        dialect: the encoding to accept; None detects it.

    Raises:
        InputError: an unknown schema id, or a body that is not the one encoding of a value of that schema.
    """
    if len(data) < SCHEMA_ID_BYTES:
        raise InputError(
            f"a stateless input starts with a 2-byte schema id; there are {len(data)} bytes",
            reason=Reason.MALFORMED,
        )
    fork = fork_of_schema(int.from_bytes(data[:SCHEMA_ID_BYTES], "big"))
    body = data[SCHEMA_ID_BYTES:]
    if dialect is None:
        dialect = detect_dialect(body)
    record = ssz.decode(_RECORDS[fork >= Fork.AMSTERDAM, dialect], body, "StatelessInput")
    witness = Witness(record.witness.state, record.witness.codes, record.witness.headers)
    keys = record.public_keys if isinstance(record, OlderStatelessInputRecord) else None
    return StatelessInput(fork, record.new_payload_request, witness, record.chain_id, keys)


@dataclass(frozen=True)
class StatelessOutput:
    """What a guest says about its input; `successful_validation` False is a statement too."""

    new_payload_request_root: bytes
    successful_validation: bool
    chain_id: int
    schema_id: int

    def encode(self) -> bytes:
        """The 43 bytes of the output."""
        return (
            self.new_payload_request_root
            + bytes([self.successful_validation])
            + self.chain_id.to_bytes(8, "little")
            + self.schema_id.to_bytes(2, "little")
        )


def decode_stateless_output(data: bytes) -> StatelessOutput | None:
    """Decodes a guest's output; None is the guest's answer that its input did not decode (43 zero bytes).

    Raises:
        InputError: a wrong length or a success byte other than 0 and 1.
    """
    if len(data) != OUTPUT_BYTES:
        raise InputError(f"a stateless output has {OUTPUT_BYTES} bytes, not {len(data)}", reason=Reason.WRONG_SHAPE)
    if data == DECODE_FAILURE_OUTPUT:
        return None
    if data[32] > 1:
        raise InputError(f"the success byte is {data[32]}, not 0 or 1", reason=Reason.NOT_CANONICAL)
    return StatelessOutput(
        data[:32], data[32] == 1, int.from_bytes(data[33:41], "little"), int.from_bytes(data[41:43], "little")
    )
