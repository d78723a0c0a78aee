"""What a block's execution needs of the state before it: trie nodes, contract codes, ancestor headers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hstar.errors import InputError
from hstar.ethereum.hashing import keccak256
from hstar.ethereum.headers import Header, decode_header
from hstar.ethereum.reasons import BlockReason, BlockRejectedError
from hstar.ethereum.records import MAX_HEADERS


@dataclass(frozen=True)
class Witness:
    """Nodes and codes in any order (canonically sorted without duplicates), headers from oldest to the parent."""

    state: tuple[bytes, ...]
    codes: tuple[bytes, ...]
    headers: tuple[bytes, ...]

    def canonical(self) -> Witness:
        """The witness as stateless inputs carry it: nodes and codes sorted, each once."""
        return Witness(tuple(sorted(set(self.state))), tuple(sorted(set(self.codes))), self.headers)

    def code_by_hash(self) -> dict[bytes, bytes]:
        """Every code, hashed here."""
        return {keccak256(code): code for code in self.codes}


@dataclass(frozen=True)
class Ancestors:
    """The checked headers before a block, oldest first; the last one is the parent."""

    headers: tuple[Header, ...]
    hashes: tuple[bytes, ...]

    @property
    def parent(self) -> Header:
        """Header of the parent block."""
        return self.headers[-1]


def check_ancestors(headers: Iterable[bytes], parent_hash: bytes) -> Ancestors:
    """Checks the witness headers: at most 256, each the parent of the next, the last one the block's parent.

    Raises:
        BlockRejectedError: `too_many_headers`, `parent_header_missing`, `malformed_header`,
            `headers_not_contiguous` or `parent_header_wrong`.
    """
    encoded = tuple(headers)
    if len(encoded) > MAX_HEADERS:
        raise BlockRejectedError(
            f"the witness holds {len(encoded)} headers, at most {MAX_HEADERS} are allowed",
            reason=BlockReason.TOO_MANY_HEADERS,
        )
    if not encoded:
        raise BlockRejectedError(
            f"the witness holds no headers; the parent header 0x{parent_hash.hex()} is needed",
            reason=BlockReason.PARENT_HEADER_MISSING,
        )
    decoded: list[Header] = []
    hashes: list[bytes] = []
    for index, data in enumerate(encoded):
        try:
            header = decode_header(data, f"witness header {index}")
        except InputError as error:
            raise BlockRejectedError(error.message, reason=BlockReason.MALFORMED_HEADER, index=index) from error
        if hashes and (header.parent_hash != hashes[-1] or header.number != decoded[-1].number + 1):
            raise BlockRejectedError(
                f"witness header {index} (block {header.number}) does not follow header {index - 1} "
                f"(block {decoded[-1].number})",
                reason=BlockReason.HEADERS_NOT_CONTIGUOUS,
                index=index,
            )
        decoded.append(header)
        hashes.append(keccak256(data))
    if hashes[-1] != parent_hash:
        raise BlockRejectedError(
            f"the last witness header is block {decoded[-1].number} with hash 0x{hashes[-1].hex()}, "
            f"not the parent 0x{parent_hash.hex()}",
            reason=BlockReason.PARENT_HEADER_WRONG,
        )
    return Ancestors(tuple(decoded), tuple(hashes))
