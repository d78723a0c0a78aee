"""Why a block, a witness or a stateless input is refused: reason codes for programs, one per rule."""

from __future__ import annotations

from enum import StrEnum

from hstar.errors import RejectedError


class BlockReason(StrEnum):
    """One code per rule of the stateless contract; the sentence that comes with it names the place."""

    # What the witness lacks or gets wrong
    MISSING_NODE = "missing_node"
    MISSING_CODE = "missing_code"
    MISSING_HEADER = "missing_header"
    PARENT_HEADER_MISSING = "parent_header_missing"
    PARENT_HEADER_WRONG = "parent_header_wrong"
    HEADERS_NOT_CONTIGUOUS = "headers_not_contiguous"
    TOO_MANY_HEADERS = "too_many_headers"
    MALFORMED_HEADER = "malformed_header"
    MALFORMED_NODE = "malformed_node"
    # What the payload and its request say
    BLOCK_HASH_WRONG = "block_hash_wrong"
    VERSIONED_HASHES_WRONG = "versioned_hashes_wrong"
    TRANSACTION_EMPTY = "transaction_empty"
    TRANSACTION_MALFORMED = "transaction_malformed"
    PUBLIC_KEY_WRONG = "public_key_wrong"
    # Which rules apply
    CHAIN_UNKNOWN = "chain_unknown"
    FORK_WRONG = "fork_wrong"
    FORK_UNSUPPORTED = "fork_unsupported"
    # Header rules
    BLOCK_NUMBER_WRONG = "block_number_wrong"
    TIMESTAMP_WRONG = "timestamp_wrong"
    GAS_LIMIT_WRONG = "gas_limit_wrong"
    GAS_USED_ABOVE_LIMIT = "gas_used_above_limit"
    BASE_FEE_WRONG = "base_fee_wrong"
    EXCESS_BLOB_GAS_WRONG = "excess_blob_gas_wrong"
    EXTRA_DATA_TOO_LONG = "extra_data_too_long"
    DIFFICULTY_WRONG = "difficulty_wrong"
    NONCE_WRONG = "nonce_wrong"
    OMMERS_WRONG = "ommers_wrong"
    BLOCK_TOO_LARGE = "block_too_large"
    HEADER_RULE = "header_rule"
    # What execution gave
    SIGNATURE_WRONG = "signature_wrong"
    TRANSACTION_INVALID = "transaction_invalid"
    SYSTEM_CALL_FAILED = "system_call_failed"
    DEPOSIT_LOG_MALFORMED = "deposit_log_malformed"
    GAS_USED_WRONG = "gas_used_wrong"
    BLOB_GAS_USED_WRONG = "blob_gas_used_wrong"
    TRANSACTIONS_ROOT_WRONG = "transactions_root_wrong"
    WITHDRAWALS_ROOT_WRONG = "withdrawals_root_wrong"
    RECEIPTS_ROOT_WRONG = "receipts_root_wrong"
    LOGS_BLOOM_WRONG = "logs_bloom_wrong"
    REQUESTS_HASH_WRONG = "requests_hash_wrong"
    STATE_ROOT_WRONG = "state_root_wrong"


class BlockRejectedError(RejectedError):
    """The block is invalid, or its witness does not suffice to say that it is valid."""
