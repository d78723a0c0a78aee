"""A small assembler for EVM code, for the contracts of the shipped block and of the tests.

Words are separated by white space: mnemonics of the Yellow Paper and its successors; `PUSH <value>` (or just the
value) takes the shortest push; `PUSHn <value>` a fixed one; `name:` marks a jump destination; `@name` pushes its
position in two bytes; `;` starts a comment.
"""

from __future__ import annotations

import re

from hstar.errors import InputError, Reason

OPCODES = {
    name: opcode
    for first, names in (
        (0x00, "STOP ADD MUL SUB DIV SDIV MOD SMOD ADDMOD MULMOD EXP SIGNEXTEND"),
        (0x10, "LT GT SLT SGT EQ ISZERO AND OR XOR NOT BYTE SHL SHR SAR CLZ"),
        (0x20, "KECCAK256"),
        (0x30, "ADDRESS BALANCE ORIGIN CALLER CALLVALUE CALLDATALOAD CALLDATASIZE CALLDATACOPY CODESIZE CODECOPY"),
        (0x3A, "GASPRICE EXTCODESIZE EXTCODECOPY RETURNDATASIZE RETURNDATACOPY EXTCODEHASH"),
        (0x40, "BLOCKHASH COINBASE TIMESTAMP NUMBER PREVRANDAO GASLIMIT CHAINID SELFBALANCE"),
        (0x48, "BASEFEE BLOBHASH BLOBBASEFEE"),
        (0x50, "POP MLOAD MSTORE MSTORE8 SLOAD SSTORE JUMP JUMPI PC MSIZE GAS JUMPDEST TLOAD TSTORE MCOPY PUSH0"),
        (0xA0, "LOG0 LOG1 LOG2 LOG3 LOG4"),
        (0xF0, "CREATE CALL CALLCODE RETURN DELEGATECALL CREATE2"),
        (0xFA, "STATICCALL"),
        (0xFD, "REVERT INVALID SELFDESTRUCT"),
    )
    for opcode, name in enumerate(names.split(), first)
}  # fmt: skip
OPCODES |= {f"DUP{count}": 0x7F + count for count in range(1, 17)}
OPCODES |= {f"SWAP{count}": 0x8F + count for count in range(1, 17)}
_PUSH0, _PUSH1, _PUSH2, _JUMPDEST = 0x5F, 0x60, 0x61, 0x5B
_VALUE = re.compile(r"0x[0-9a-fA-F]+|[0-9]+")
MAX_PUSH_BYTES = 32


def push(value: int, num_bytes: int | None = None) -> bytes:
    """The instruction that pushes a value, as short as possible or with `num_bytes` bytes (1 to 32)."""
    if num_bytes is None:
        num_bytes = (value.bit_length() + 7) // 8
    if num_bytes > MAX_PUSH_BYTES:
        raise InputError(f"0x{value:x} has more than 32 bytes", reason=Reason.OUT_OF_RANGE)
    if num_bytes == 0:
        return bytes([_PUSH0])
    return bytes([_PUSH0 + num_bytes]) + value.to_bytes(num_bytes, "big")


def assemble(source: str) -> bytes:
    """EVM code from its source.

    Raises:
        InputError: an unknown word, a label that is missing or marked twice, or a value that does not fit.
    """
    words = iter(" ".join(line.split(";", 1)[0] for line in source.splitlines()).split())
    code = bytearray()
    labels: dict[str, int] = {}
    uses: list[tuple[int, str]] = []
    for word in words:
        if word.endswith(":"):
            if word[:-1] in labels:
                raise InputError(f"the label {word[:-1]} is marked twice", reason=Reason.MALFORMED)
            labels[word[:-1]] = len(code)
            code.append(_JUMPDEST)
        elif word.startswith("@"):
            uses.append((len(code) + 1, word[1:]))
            code += bytes([_PUSH2, 0, 0])
        elif _VALUE.fullmatch(word):
            code += push(int(word, 0))
        elif re.fullmatch(r"PUSH([1-9]|[12][0-9]|3[0-2])?", word):
            value = next(words, "")
            if not _VALUE.fullmatch(value):
                raise InputError(f"{word} is not followed by a value", reason=Reason.MALFORMED)
            code += push(int(value, 0), int(word[4:]) if word[4:] else None)
        elif word in OPCODES:
            code.append(OPCODES[word])
        else:
            raise InputError(f"{word!r} is no EVM instruction", reason=Reason.UNKNOWN_NAME)
    for position, name in uses:
        if name not in labels:
            raise InputError(f"the label {name} is not marked", reason=Reason.MALFORMED)
        code[position : position + 2] = labels[name].to_bytes(2, "big")
    return bytes(code)


def deployment(code: bytes) -> bytes:
    """Initialisation code that deploys `code` (at most 65535 bytes)."""
    head_bytes = 10
    head = assemble(f"PUSH2 {len(code)} DUP1 PUSH1 {head_bytes} PUSH0 CODECOPY PUSH0 RETURN")
    return head + code


TOKEN_CODE = assemble(
    """
    ; A fungible token (ERC-20) with transfer and balanceOf; balances at keccak256(holder, 0).
    0 CALLDATALOAD 224 SHR
    DUP1 PUSH4 0xa9059cbb EQ @transfer JUMPI
    DUP1 PUSH4 0x70a08231 EQ @balance_of JUMPI
    fail: 0 0 REVERT
    balance_of:
        4 CALLDATALOAD 0 MSTORE 64 0 KECCAK256 SLOAD 0 MSTORE 32 0 RETURN
    transfer:
        CALLER 0 MSTORE 64 0 KECCAK256  ; the sender's slot
        DUP1 SLOAD 36 CALLDATALOAD      ; slot balance amount
        DUP1 DUP3 LT @fail JUMPI
        DUP1 SWAP2 SUB DUP3 SSTORE      ; slot amount
        4 CALLDATALOAD 0 MSTORE 64 0 KECCAK256
        DUP1 SLOAD DUP3 ADD SWAP1 SSTORE
        0 MSTORE                        ; Transfer(sender, recipient, amount)
        4 CALLDATALOAD CALLER PUSH32 0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef
        32 0 LOG3
        1 0 MSTORE 32 0 RETURN
    """
)
DEPOSIT_LOG_CODE = assemble(
    """
    ; Stands where the deposit contract is: logs its call data under the deposit event's topic.
    CALLDATASIZE 0 0 CALLDATACOPY
    PUSH32 0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5 CALLDATASIZE 0 LOG1 STOP
    """
)
