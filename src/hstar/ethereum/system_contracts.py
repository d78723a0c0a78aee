"""The system contracts that every chain from Prague on has: addresses and code, as the EIPs state them.

Sources: EIP-4788, EIP-2935, EIP-7002, EIP-7251; EIP-6110 for the deposit contract's address and event.
"""

from __future__ import annotations

from hstar.ethereum.hashing import keccak256
from hstar.ethereum.records import DepositRequest

BEACON_ROOTS_ADDRESS = bytes.fromhex("000f3df6d732807ef1319fb7b8bb8522d0beac02")
HISTORY_STORAGE_ADDRESS = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
WITHDRAWAL_REQUESTS_ADDRESS = bytes.fromhex("00000961ef480eb55e80d19ad83579a64c007002")
CONSOLIDATION_REQUESTS_ADDRESS = bytes.fromhex("0000bbddc7ce488642fb579f8b00f3a590007251")
DEPOSIT_CONTRACT_ADDRESS = bytes.fromhex("00000000219ab540356cbb839cbe05303d7705fa")
DEPOSIT_EVENT_TOPIC = keccak256(b"DepositEvent(bytes,bytes,bytes,bytes,bytes)")

# Parent beacon block roots (EIP-4788).
BEACON_ROOTS_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff8106"
    "90815414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500"
)
# Block hashes (EIP-2935).
HISTORY_STORAGE_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff814303"
    "11604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
)
# Withdrawal requests (EIP-7002).
WITHDRAWAL_REQUESTS_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe1460cb5760115f54807fffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffff146101f457600182026001905f5b5f821115606857810190830284830290049160010191"
    "90604d565b909390049250505036603814608857366101f457346101f4575f5260205ff35b34106101f45760015460010160"
    "0155600354806003026004013381556001015f35815560010160203590553360601b5f5260385f601437604c5fa060010160"
    "0355005b6003546002548082038060101160df575060105b5f5b8181146101835782810160030260040181604c0281546060"
    "1b8152601401816001015481526020019060020154807fffffffffffffffffffffffffffffffff0000000000000000000000"
    "0000000000168252906010019060401c908160381c81600701538160301c81600601538160281c81600501538160201c8160"
    "0401538160181c81600301538160101c81600201538160081c81600101535360010160e1565b910180921461019557906002"
    "556101a0565b90505f6002555f6003555b5f54807fffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffffff14156101cd57505f5b6001546002828201116101e25750505f6101e8565b01600290035b5f555f600155604c025ff3"
    "5b5f5ffd"
)
# Consolidation requests (EIP-7251).
CONSOLIDATION_REQUESTS_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe1460d35760115f54807fffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffffff1461019a57600182026001905f5b5f821115606857810190830284830290049160010191"
    "90604d565b9093900492505050366060146088573661019a573461019a575f5260205ff35b341061019a5760015460010160"
    "0155600354806004026004013381556001015f358155600101602035815560010160403590553360601b5f5260605f601437"
    "60745fa0600101600355005b6003546002548082038060021160e7575060025b5f5b81811461012957828101600402600401"
    "81607402815460601b815260140181600101548152602001816002015481526020019060030154905260010160e9565b9101"
    "80921461013b5790600255610146565b90505f6002555f6003555b5f54807fffffffffffffffffffffffffffffffffffffff"
    "ffffffffffffffffffffffffff141561017357505f5b6001546001828201116101885750505f61018e565b01600190035b5f"
    "555f6001556074025ff35b5f5ffd"
)

SYSTEM_CONTRACTS = {
    BEACON_ROOTS_ADDRESS: BEACON_ROOTS_CODE,
    HISTORY_STORAGE_ADDRESS: HISTORY_STORAGE_CODE,
    WITHDRAWAL_REQUESTS_ADDRESS: WITHDRAWAL_REQUESTS_CODE,
    CONSOLIDATION_REQUESTS_ADDRESS: CONSOLIDATION_REQUESTS_CODE,
}


def _abi_bytes(data: bytes) -> bytes:
    return len(data).to_bytes(32, "big") + data + bytes(-len(data) % 32)


def deposit_event_data(request: DepositRequest) -> bytes:
    """What the deposit contract logs for a deposit (576 bytes): five byte strings in the ABI's encoding (EIP-6110)."""
    amount, index = request.amount.to_bytes(8, "little"), request.index.to_bytes(8, "little")
    parts = [_abi_bytes(part) for part in (request.pubkey, request.withdrawal_credentials, amount, request.signature)]
    parts.append(_abi_bytes(index))
    offsets, position = [], 32 * len(parts)
    for part in parts:
        offsets.append(position.to_bytes(32, "big"))
        position += len(part)
    return b"".join(offsets + parts)


def withdrawal_request_data(validator_pubkey: bytes, amount: int) -> bytes:
    """Call data of the withdrawal request contract: key (48 bytes) and amount in Gwei (EIP-7002)."""
    return validator_pubkey + amount.to_bytes(8, "big")
