"""Reading a block for proving, whatever form it comes in: one function, the form is detected.

| form | what it is |
|---|---|
| `block_json` | `{chainId, block: RLP, executionWitness: {state, codes, keys, headers}}` |
| `stateless_input` | the bytes that a guest reads, raw or as one line of hexadecimal digits |
| `stateless_vector` | JSON with `statelessInputBytes` and `statelessOutputBytes` (EIP-8025 test vectors) |
| `benchmark_json` | JSON with `block_and_witness` and a chain configuration (benchmark vectors) |
| `trace_json` | JSON with `prev_state_root`, `block_hashes`, `states`: no parent header, so it cannot be proven |

Any of them may be compressed with gzip.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hstar.errors import InputError, Reason
from hstar.ethereum.blocks import Block, decode_block
from hstar.ethereum.fields import Fields, parse_json
from hstar.ethereum.forks import Fork
from hstar.ethereum.hashing import HASH_BYTES
from hstar.ethereum.json_blocks import read_block
from hstar.ethereum.node_headers import witness_headers
from hstar.ethereum.payload import header_of_request
from hstar.ethereum.stateless import OUTPUT_BYTES, StatelessInput, decode_stateless_input
from hstar.ethereum.witness import Witness

MAX_INPUT_BYTES = 2**28  # 256 MiB; the largest blocks with their witness stay below 100 MiB
_GZIP_MAGIC = b"\x1f\x8b"
_HEX_LINE = re.compile(rb"0x(?:[0-9a-fA-F]{2})+\s*")


class InputForm(StrEnum):
    """The forms that are told apart."""

    BLOCK_JSON = "block_json"
    STATELESS_INPUT = "stateless_input"
    STATELESS_VECTOR = "stateless_vector"
    BENCHMARK_JSON = "benchmark_json"
    TRACE_JSON = "trace_json"


@dataclass(frozen=True)
class BlockInput:
    """A block with what is needed to judge it.

    `declared_fork` is the fork that the file names, if it does. `stateless_input` is set when the file held one.
    `expected_output` are the 43 bytes that a vector promises. `trace_state_root` and `trace_block_hashes` (oldest
    first) come with the form that has no parent header.
    """

    form: InputForm
    chain_id: int
    block: Block
    witness: Witness
    declared_fork: Fork | None = None
    stateless_input: StatelessInput | None = None
    expected_output: bytes | None = None
    trace_state_root: bytes | None = None
    trace_block_hashes: tuple[bytes, ...] = ()


def _decompress(data: bytes, name: str) -> bytes:
    worker = zlib.decompressobj(wbits=31)
    try:
        plain = worker.decompress(data, MAX_INPUT_BYTES)
        if worker.unconsumed_tail or not worker.eof or worker.unused_data:
            raise InputError(
                f"{name}: the gzip stream is cut off, longer than {MAX_INPUT_BYTES >> 20} MiB, or followed by bytes",
                reason=Reason.MALFORMED,
            )
    except zlib.error as error:
        raise InputError(f"{name}: the gzip stream is damaged ({error})", reason=Reason.MALFORMED) from error
    return plain


def _witness(fields: Fields) -> Witness:
    headers = witness_headers(fields.at("headers"))
    return Witness(fields.at("state").data_items(), fields.at("codes").data_items(), headers)


def _from_stateless_input(data: bytes, form: InputForm, expected: bytes | None = None) -> BlockInput:
    decoded = decode_stateless_input(data)
    payload = decoded.new_payload_request.execution_payload
    block = Block(header_of_request(decoded.new_payload_request), payload.transactions, payload.withdrawals)
    return BlockInput(form, decoded.chain_id, block, decoded.witness, decoded.fork, decoded, expected)


def _from_block_json(fields: Fields) -> BlockInput:
    return BlockInput(
        InputForm.BLOCK_JSON,
        fields.at("chainId").integer(64),
        decode_block(fields.at("block").data()),
        _witness(fields.at("executionWitness")),
    )


def _declared_fork(configuration: Fields, timestamp: int) -> Fork:
    """The newest fork whose time in the file's own configuration has come."""
    active = []
    for fork in Fork:
        name = f"{fork.name.lower()}_time"
        scheduled = name in configuration and configuration.at(name).value is not None
        if scheduled and configuration.at(name).integer(64) <= timestamp:
            active.append(fork)
    if not active:
        raise InputError(
            f"{configuration.path}: no fork from Prague on is active at time {timestamp}", reason=Reason.OUT_OF_RANGE
        )
    return max(active)


def _from_benchmark_json(fields: Fields) -> BlockInput:
    inner = fields.at("block_and_witness")
    body, configuration = inner.at("block").at("body"), inner.at("chain_config")
    block = read_block(
        inner.at("block").at("header"), body.at("transactions"), body.at("withdrawals"), body.at("ommers")
    )
    return BlockInput(
        InputForm.BENCHMARK_JSON,
        configuration.at("chain_id").integer(64),
        block,
        _witness(inner.at("witness")),
        _declared_fork(configuration, block.header.timestamp),
    )


def _from_trace_json(fields: Fields) -> BlockInput:
    block = read_block(fields.at("header"), fields.at("transactions"), fields.at("withdrawals"), None)
    return BlockInput(
        InputForm.TRACE_JSON,
        fields.at("chain_id").integer(64),
        block,
        Witness(fields.at("states").data_items(), fields.at("codes").data_items(), ()),
        trace_state_root=fields.at("prev_state_root").data(HASH_BYTES),
        trace_block_hashes=tuple(reversed(fields.at("block_hashes").data_items(HASH_BYTES))),
    )


def _from_json(data: bytes, name: str) -> BlockInput:
    try:
        value = parse_json(data)
    except ValueError as error:
        raise InputError(f"{name} is not valid JSON: {error}", reason=Reason.MALFORMED) from error
    fields = Fields(value, "")
    if "statelessInputBytes" in fields:
        expected = fields.at("statelessOutputBytes").data(OUTPUT_BYTES) if "statelessOutputBytes" in fields else None
        return _from_stateless_input(fields.at("statelessInputBytes").data(), InputForm.STATELESS_VECTOR, expected)
    if "executionWitness" in fields:
        return _from_block_json(fields)
    if "block_and_witness" in fields:
        return _from_benchmark_json(fields)
    if "prev_state_root" in fields:
        return _from_trace_json(fields)
    raise InputError(
        f"{name} is JSON, but not of a block: expected `chainId`, `block` and `executionWitness`",
        reason=Reason.MALFORMED,
    )


def parse_block(data: bytes, name: str = "the input") -> BlockInput:
    """A block from the bytes of a file.

    Args:
        data: the contents, possibly compressed.
        name: says in errors which file it is.

    Raises:
        InputError: none of the forms, or malformed; the message names the place.
    """
    if data.startswith(_GZIP_MAGIC):
        data = _decompress(data, name)
    if data.lstrip()[:1] in (b"{", b"["):
        return _from_json(data, name)
    if _HEX_LINE.fullmatch(data):
        data = bytes.fromhex(data[2:].decode("ascii"))
    return _from_stateless_input(data, InputForm.STATELESS_INPUT)


def load_block(path: str | Path) -> BlockInput:
    """Reads a block from a file of any supported form.

    Raises:
        InputError: the file cannot be read, or holds no block.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > MAX_INPUT_BYTES:
            raise InputError(
                f"{path} has {size >> 20} MiB; blocks have at most {MAX_INPUT_BYTES >> 20} MiB",
                reason=Reason.OUT_OF_RANGE,
            )
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}", reason=Reason.UNREADABLE, path=str(path)
        ) from error
    return parse_block(data, str(path))
