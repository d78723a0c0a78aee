"""The SSZ records of the stateless contract, for every schema id and both dialects of the body.

Field order is the encoding; the types are those of EIP-8025 (execution-layer half) and its extension to the forks
before Amsterdam. Names are the EIPs' names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from hstar.ethereum.hashing import UNCOMPRESSED_PUBLIC_KEY_BYTES
from hstar.ethereum.ssz import UINT64, UINT256, ByteList, FixedBytes, ListOf, Record, RecordOf

HASH, ADDRESS, BLS_PUBLIC_KEY, BLS_SIGNATURE = FixedBytes(32), FixedBytes(20), FixedBytes(48), FixedBytes(96)
LOGS_BLOOM_BYTES = 256
MAX_EXTRA_DATA_BYTES = 32
MAX_HEADERS = 256
MAX_HEADER_BYTES = 2**10


@dataclass(frozen=True, slots=True)
class Withdrawal(Record):
    """A withdrawal from the beacon chain (EIP-4895); `amount` in Gwei."""

    index: Annotated[int, UINT64]
    validator_index: Annotated[int, UINT64]
    address: Annotated[bytes, ADDRESS]
    amount: Annotated[int, UINT64]


@dataclass(frozen=True, slots=True)
class DepositRequest(Record):
    """A validator deposit seen in the deposit contract's logs (EIP-6110)."""

    pubkey: Annotated[bytes, BLS_PUBLIC_KEY]
    withdrawal_credentials: Annotated[bytes, HASH]
    amount: Annotated[int, UINT64]
    signature: Annotated[bytes, BLS_SIGNATURE]
    index: Annotated[int, UINT64]


@dataclass(frozen=True, slots=True)
class WithdrawalRequest(Record):
    """A withdrawal triggered from the execution layer (EIP-7002)."""

    source_address: Annotated[bytes, ADDRESS]
    validator_pubkey: Annotated[bytes, BLS_PUBLIC_KEY]
    amount: Annotated[int, UINT64]


@dataclass(frozen=True, slots=True)
class ConsolidationRequest(Record):
    """A validator consolidation (EIP-7251)."""

    source_address: Annotated[bytes, ADDRESS]
    source_pubkey: Annotated[bytes, BLS_PUBLIC_KEY]
    target_pubkey: Annotated[bytes, BLS_PUBLIC_KEY]


@dataclass(frozen=True, slots=True)
class BuilderDepositRequest(Record):
    """A builder's deposit (EIP-8282, Amsterdam)."""

    pubkey: Annotated[bytes, BLS_PUBLIC_KEY]
    withdrawal_credentials: Annotated[bytes, HASH]
    amount: Annotated[int, UINT64]
    signature: Annotated[bytes, BLS_SIGNATURE]


@dataclass(frozen=True, slots=True)
class BuilderExitRequest(Record):
    """A builder's exit (EIP-8282, Amsterdam)."""

    source_address: Annotated[bytes, ADDRESS]
    pubkey: Annotated[bytes, BLS_PUBLIC_KEY]


def _progressive(record: type[Record]) -> ListOf:
    return ListOf(RecordOf(record), None, progressive=True)


@dataclass(frozen=True, slots=True)
class ExecutionRequests(Record):
    """The requests that execution hands to the consensus layer, Prague to BPO2 (EIP-7685)."""

    PROGRESSIVE: ClassVar[bool] = True

    deposits: Annotated[tuple[DepositRequest, ...], _progressive(DepositRequest)] = ()
    withdrawals: Annotated[tuple[WithdrawalRequest, ...], _progressive(WithdrawalRequest)] = ()
    consolidations: Annotated[tuple[ConsolidationRequest, ...], _progressive(ConsolidationRequest)] = ()


@dataclass(frozen=True, slots=True)
class AmsterdamExecutionRequests(ExecutionRequests):
    """The same with the builder requests of Amsterdam."""

    builder_deposits: Annotated[tuple[BuilderDepositRequest, ...], _progressive(BuilderDepositRequest)] = ()
    builder_exits: Annotated[tuple[BuilderExitRequest, ...], _progressive(BuilderExitRequest)] = ()


@dataclass(frozen=True, slots=True)
class ExecutionPayload(Record):
    """A block as the consensus layer sees it, Prague to BPO2 (17 fields)."""

    PROGRESSIVE: ClassVar[bool] = True

    parent_hash: Annotated[bytes, HASH]
    fee_recipient: Annotated[bytes, ADDRESS]
    state_root: Annotated[bytes, HASH]
    receipts_root: Annotated[bytes, HASH]
    logs_bloom: Annotated[bytes, FixedBytes(LOGS_BLOOM_BYTES)]
    prev_randao: Annotated[bytes, HASH]
    block_number: Annotated[int, UINT64]
    gas_limit: Annotated[int, UINT64]
    gas_used: Annotated[int, UINT64]
    timestamp: Annotated[int, UINT64]
    extra_data: Annotated[bytes, ByteList(MAX_EXTRA_DATA_BYTES)]
    base_fee_per_gas: Annotated[int, UINT256]
    block_hash: Annotated[bytes, HASH]
    transactions: Annotated[tuple[bytes, ...], ListOf(ByteList(None, progressive=True), None, progressive=True)]
    withdrawals: Annotated[tuple[Withdrawal, ...], _progressive(Withdrawal)]
    blob_gas_used: Annotated[int, UINT64]
    excess_blob_gas: Annotated[int, UINT64]


@dataclass(frozen=True, slots=True)
class AmsterdamExecutionPayload(ExecutionPayload):
    """The same with the block access list and the slot of Amsterdam (19 fields)."""

    block_access_list: Annotated[bytes, ByteList(None, progressive=True)]
    slot_number: Annotated[int, UINT64]


_VERSIONED_HASHES = ListOf(HASH, None, progressive=True)


@dataclass(frozen=True, slots=True)
class NewPayloadRequest(Record):
    """What a proof is about; its root is the first 32 bytes of a guest's output. Prague to BPO2."""

    execution_payload: ExecutionPayload
    versioned_hashes: Annotated[tuple[bytes, ...], _VERSIONED_HASHES]
    parent_beacon_block_root: Annotated[bytes, HASH]
    execution_requests: ExecutionRequests


@dataclass(frozen=True, slots=True)
class AmsterdamNewPayloadRequest(NewPayloadRequest):
    """The same over Amsterdam's payload and requests."""

    execution_payload: AmsterdamExecutionPayload
    execution_requests: AmsterdamExecutionRequests


_HEADERS = ListOf(ByteList(MAX_HEADER_BYTES), MAX_HEADERS)


@dataclass(frozen=True, slots=True)
class WitnessRecord(Record):
    """Nodes, codes and headers as the newest dialect carries them."""

    state: Annotated[tuple[bytes, ...], ListOf(ByteList(2**20), None, progressive=True)]
    codes: Annotated[tuple[bytes, ...], ListOf(ByteList(2**24), None, progressive=True)]
    headers: Annotated[tuple[bytes, ...], _HEADERS]


@dataclass(frozen=True, slots=True)
class OlderWitnessRecord(WitnessRecord):
    """The same with the tighter caps of the dialect that carries public keys."""

    state: Annotated[tuple[bytes, ...], ListOf(ByteList(2**10), None, progressive=True)]
    codes: Annotated[tuple[bytes, ...], ListOf(ByteList(2**16), None, progressive=True)]
    headers: Annotated[tuple[bytes, ...], _HEADERS]


@dataclass(frozen=True, slots=True)
class StatelessInputRecord(Record):
    """The body of a stateless input in the newest dialect, Prague to BPO2."""

    new_payload_request: NewPayloadRequest
    witness: WitnessRecord
    chain_id: Annotated[int, UINT64]


@dataclass(frozen=True, slots=True)
class AmsterdamStatelessInputRecord(StatelessInputRecord):
    """The body of a stateless input in the newest dialect, Amsterdam."""

    new_payload_request: AmsterdamNewPayloadRequest


_PUBLIC_KEYS = ListOf(FixedBytes(UNCOMPRESSED_PUBLIC_KEY_BYTES), None, progressive=True)


@dataclass(frozen=True, slots=True)
class OlderStatelessInputRecord(Record):
    """The body of a stateless input in the dialect with public keys, Prague to BPO2."""

    new_payload_request: NewPayloadRequest
    witness: OlderWitnessRecord
    chain_id: Annotated[int, UINT64]
    public_keys: Annotated[tuple[bytes, ...], _PUBLIC_KEYS]


@dataclass(frozen=True, slots=True)
class OlderAmsterdamStatelessInputRecord(OlderStatelessInputRecord):
    """The body of a stateless input in the dialect with public keys, Amsterdam."""

    new_payload_request: AmsterdamNewPayloadRequest
