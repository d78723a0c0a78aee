"""Cases about every family of EVM instructions, and about what the state tries must do for them."""

from __future__ import annotations

from block_cases.base import (
    FRESH,
    RECIPIENT,
    SENDERS,
    TOKEN,
    Case,
    add,
    contract_case,
    named,
    word,
)
from hstar.ethereum.assembly import assemble, deployment
from hstar.ethereum.forks import Fork
from hstar.ethereum.hashing import keccak256
from hstar.ethereum.maker import AccountState
from hstar.ethereum.transactions import BLOB

MINUS_ONE = 2**256 - 1
MINIMUM = 2**255
VALUES = (0, 1, 2, 31, 255, 256, MINUS_ONE, MINUS_ONE - 6, MINIMUM, 0x1234567890ABCDEF << 100)


def address_word(address: bytes) -> str:
    """Pushes an address."""
    return f"PUSH20 0x{address.hex()}"


def hash_results(instruction: str, tuples) -> str:
    """Applies an instruction to each tuple of operands (top of stack first) and stores the hash of all results."""
    lines = []
    for index, operands in enumerate(tuples):
        pushes = " ".join(f"PUSH {value}" for value in reversed(operands))
        lines.append(f"{pushes} {instruction} PUSH {32 * index} MSTORE")
    return "\n".join(lines) + f"\nPUSH {32 * len(lines)} 0 KECCAK256"


def instruction_case(name: str, instructions: str, arity: int, **more) -> None:
    """Registers a case that stores one hash of results for each instruction."""
    if arity == 1:
        tuples = [(value,) for value in VALUES]
    elif arity == 2:
        tuples = [(first, second) for first in VALUES for second in VALUES[::2]]
    else:
        tuples = [
            (first, second, third) for first in VALUES[::2] for second in VALUES[1::3] for third in (0, 7, MINUS_ONE)
        ]
    source = "\n".join(
        f"{hash_results(instruction, tuples)} {slot} SSTORE" for slot, instruction in enumerate(instructions.split())
    )
    contract_case(name, source, gas_limit=3_000_000, **more)


instruction_case("arithmetic", "ADD MUL SUB DIV SDIV MOD SMOD SIGNEXTEND", 2)
instruction_case("modular_arithmetic", "ADDMOD MULMOD", 3, fork=Fork.PRAGUE)
instruction_case("exponentiation", "EXP", 2)
instruction_case("comparison", "LT GT SLT SGT EQ", 2, fork=Fork.OSAKA)
instruction_case("comparison_with_zero_and_complement", "ISZERO NOT", 1)
instruction_case("bitwise", "AND OR XOR BYTE SHL SHR SAR", 2, fork=Fork.BPO1)
instruction_case("count_leading_zeros", "CLZ", 1, fork=Fork.OSAKA)
contract_case("count_leading_zeros_does_not_exist_in_prague", "1 CLZ", errors=["InvalidOpcode"], fork=Fork.PRAGUE)
contract_case(
    "hashing",
    "\n".join(f"{size} 3 KECCAK256 {size} SSTORE" for size in (0, 1, 135, 136, 137, 272)) + " 0 MLOAD 1 SSTORE",
    gas_limit=500_000,
)

# Environment
contract_case(
    "environment",
    """
    ADDRESS 1 SSTORE  ORIGIN 2 SSTORE  CALLER 3 SSTORE  CALLVALUE 4 SSTORE  CALLDATASIZE 5 SSTORE
    1 CALLDATALOAD 6 SSTORE  99 CALLDATALOAD 7 SSTORE  CODESIZE 8 SSTORE  GASPRICE 9 SSTORE  SELFBALANCE 10 SSTORE
    32 2 1 CALLDATACOPY 64 4 33 CODECOPY  PUSH 100 MSIZE 0 KECCAK256 11 SSTORE  PC 12 SSTORE  GAS 13 SSTORE
    """,
    data=bytes(range(40)),
    value=9,
)
contract_case(
    "block_context",
    """
    COINBASE 1 SSTORE TIMESTAMP 2 SSTORE NUMBER 3 SSTORE PREVRANDAO 4 SSTORE GASLIMIT 5 SSTORE CHAINID 6 SSTORE
    BASEFEE 7 SSTORE BLOBBASEFEE 8 SSTORE 0 BLOBHASH 9 SSTORE
    """,
    header={"prev_randao": keccak256(b"randao"), "gas_limit": 36_010_000},
    parent={"excess_blob_gas": 200 * 2**17},
)
contract_case(
    "ancestor_hashes",
    """
    1 NUMBER SUB BLOCKHASH 1 SSTORE  5 NUMBER SUB BLOCKHASH 2 SSTORE  NUMBER BLOCKHASH 3 SSTORE
    1 NUMBER ADD BLOCKHASH 4 SSTORE  257 NUMBER SUB BLOCKHASH 5 SSTORE  0 BLOCKHASH 6 SSTORE
    """,
    num_ancestors=300,
)
contract_case("ancestor_hash_256_back", "256 NUMBER SUB BLOCKHASH 1 SSTORE", num_ancestors=300, fork=Fork.PRAGUE)
add(
    Case(
        "blob_hashes",
        lambda send: [
            send(
                named("blob reader"),
                kind=BLOB,
                max_fee_per_blob_gas=10**9,
                blob_versioned_hashes=(b"\x01" + bytes(31), b"\x01" + b"\xff" * 31),
            )
        ],
        accounts={
            named("blob reader"): AccountState(
                code=assemble("0 BLOBHASH 0 SSTORE 1 BLOBHASH 1 SSTORE 2 BLOBHASH 2 SSTORE NOT BLOBHASH")
            )
        },
        errors=["StackUnderflowError"],
    )
)
CODE_ONLY_HASHED = assemble("1 2 3 POP POP POP STOP")
contract_case(
    "other_accounts",
    f"""
    {address_word(TOKEN)} EXTCODESIZE 1 SSTORE
    {address_word(named("hashed"))} EXTCODEHASH 2 SSTORE
    {address_word(FRESH)} EXTCODEHASH 3 SSTORE
    {address_word(RECIPIENT)} EXTCODEHASH 4 SSTORE
    {address_word(RECIPIENT)} BALANCE 5 SSTORE
    {address_word(named("absent"))} BALANCE 6 SSTORE
    {address_word(named("absent too"))} EXTCODESIZE 7 SSTORE
    40 3 0 {address_word(TOKEN)} EXTCODECOPY 64 0 KECCAK256 8 SSTORE
    {address_word(named("hashed"))} BALANCE 9 SSTORE
    """,
    accounts={named("hashed"): AccountState(nonce=1, balance=4, code=CODE_ONLY_HASHED)},
)

# Stack, memory, jumps
contract_case(
    "stack_and_memory",
    " ".join(f"PUSH{count} 0x{'a5' * count}" for count in range(1, 33))
    + "".join(f" DUP{depth} SWAP{depth}" for depth in range(1, 17))
    + " 7 MSTORE 0xff 100 MSTORE8 80 3 7 MCOPY 20 90 0 MCOPY MSIZE 0 KECCAK256 0 SSTORE"
    + " 0 0 0 MCOPY PUSH0 POP 3 MLOAD 1 SSTORE",
)
contract_case(
    "loop",
    """
    100 again: DUP1 ISZERO @done JUMPI 1 SWAP1 SUB DUP1 DUP1 MUL 0 MLOAD ADD 0 MSTORE @again JUMP
    done: 0 MLOAD 0 SSTORE
    """,
)
for _name, _source, _error in (
    ("jump_into_push_data", "PUSH2 0x5b5b POP 1 JUMP", "InvalidJumpDestError"),
    ("jump_beyond_the_code", f"PUSH32 {MINUS_ONE} JUMP", "InvalidJumpDestError"),
    ("stack_underflow", "ADD", "StackUnderflowError"),
    ("stack_overflow", "again: 1 @again JUMP", "StackOverflowError"),
    ("undefined_instruction", bytes([0x0C]), "InvalidOpcode"),
    ("designated_invalid_instruction", "INVALID", "InvalidOpcode"),
    ("memory_too_large", f"1 PUSH {2**64} MSTORE", "OutOfGasError"),
    ("return_data_out_of_bounds", "1 0 0 RETURNDATACOPY", "OutOfBoundsRead"),
    ("revert_with_data", f"PUSH32 {MINIMUM + 5} 0 MSTORE 1 1 SSTORE 32 0 REVERT", "Revert"),
):
    contract_case(_name, _source, errors=[_error], gas_limit=200_000)
contract_case("code_ends_in_a_push", assemble("1 1 SSTORE") + b"\x7f\x01", fork=Fork.OSAKA)

# Storage
contract_case(
    "storage_refunds",
    """
    0 1 SSTORE  5 2 SSTORE 0 2 SSTORE  7 3 SSTORE 8 3 SSTORE  9 4 SSTORE 4 4 SSTORE  6 5 SSTORE 0 5 SSTORE 6 5 SSTORE
    1 6 SSTORE 0 6 SSTORE  0 7 SSTORE 7 7 SSTORE  3 3 SSTORE  2 SLOAD 99 SLOAD POP POP
    """,
    storage={slot: slot for slot in range(1, 6)} | {7: 7},
)
contract_case("storage_out_of_gas_stipend", "1 1 SSTORE", gas_limit=25_000, errors=["OutOfGasError"])
contract_case(
    "transient_storage",
    f"""
    5 1 TSTORE 1 TLOAD 1 SSTORE 2 TLOAD 2 SSTORE
    0 0 0 0 0 {address_word(named("transient reverts"))} GAS CALL 3 SSTORE 7 TLOAD 4 SSTORE
    0 0 0 0 {address_word(named("transient writes"))} GAS DELEGATECALL 5 SSTORE 7 TLOAD 6 SSTORE
    0 0 0 0 {address_word(named("transient writes"))} GAS STATICCALL 7 SSTORE
    """,
    accounts={
        named("transient reverts"): AccountState(code=assemble("9 7 TSTORE 0 0 REVERT")),
        named("transient writes"): AccountState(code=assemble("9 7 TSTORE")),
    },
)

# Logs
contract_case(
    "logs",
    """
    PUSH32 0x1122334455667788990011223344556677889900112233445566778899001122 0 MSTORE
    0 0 LOG0 1 32 0 LOG1 1 2 33 0 LOG2 1 2 3 5 0 LOG3 4 3 2 1 100 0 LOG4
    """,
)

# Calls
CALLEE = assemble(
    """
    CALLER 1 SSTORE CALLVALUE 2 SSTORE ADDRESS 3 SSTORE 4 SLOAD 1 ADD 4 SSTORE
    CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 RETURN
    """
)
contract_case(
    "calls",
    f"""
    PUSH32 {MINUS_ONE - 3} 0 MSTORE
    40 64 33 0 1 {address_word(named("callee"))} GAS CALL 11 SSTORE
    40 128 33 0 2 {address_word(named("callee"))} GAS CALLCODE 12 SSTORE
    40 192 33 0 {address_word(named("callee"))} GAS DELEGATECALL 13 SSTORE
    40 256 33 0 {address_word(named("callee"))} PUSH 50000 STATICCALL 14 SSTORE
    RETURNDATASIZE 15 SSTORE MSIZE 0 KECCAK256 16 SSTORE
    0 0 0 0 3 {address_word(named("new by call"))} GAS CALL 17 SSTORE
    0 0 0 0 PUSH {10**20} {address_word(named("callee"))} GAS CALL 18 SSTORE
    0 0 0 0 0 {address_word(named("no code"))} GAS CALL 19 SSTORE
    0 0 0 0 1 {address_word(named("stipend"))} 0 CALL 20 SSTORE
    """,
    value=100,
    accounts={
        named("callee"): AccountState(nonce=1, code=CALLEE, storage={4: 1}),
        named("stipend"): AccountState(code=assemble("1 2 3 4 ADD ADD ADD POP")),
    },
)
contract_case(
    "static_calls_forbid_writes",
    "".join(
        f"0 0 0 0 {address_word(named(f'static {index}'))} PUSH 30000 STATICCALL {index} SSTORE\n" for index in range(6)
    ),
    accounts={
        named(f"static {index}"): AccountState(code=assemble(source))
        for index, source in enumerate(
            (
                "1 1 SSTORE",
                "0 0 LOG0",
                "0 0 0 CREATE",
                "0 SELFDESTRUCT",
                f"0 0 0 0 1 {address_word(FRESH)} GAS CALL",
                "1 1 TSTORE",
            )
        )
    },
)
contract_case(
    "reverted_reads_and_writes",
    f"""
    0 0 0 0 0 {address_word(named("reverter"))} GAS CALL 1 SSTORE
    RETURNDATASIZE 2 SSTORE 3 0 0 RETURNDATACOPY 0 MLOAD 3 SSTORE
    """,
    accounts={
        named("reverter"): AccountState(
            balance=50,
            code=assemble(
                f"""
                5 SLOAD 6 SSTORE {address_word(named("bystander 3"))} BALANCE POP
                {address_word(named("only in the reverted call"))} EXTCODESIZE POP
                0 0 0 0 7 {address_word(FRESH)} GAS CALL POP 0 5 SSTORE
                3 0 REVERT
                """
            ),
            storage={5: 5, 6: 6, 7: 7},
        ),
        named("only in the reverted call"): AccountState(code=b"\x01\x02"),
    },
)
contract_case(
    "deepest_recursion",
    "0 SLOAD 1 ADD 0 SSTORE 0 0 0 0 ADDRESS GAS DELEGATECALL STOP",
    gas_limit=16_000_000,
    parent={"gas_limit": 36_000_000},
    fork=Fork.OSAKA,
)
add(
    Case(
        "call_depth_limit",
        lambda send: [send(named("recursive"), gas_limit=10**11, max_fee_per_gas=100, max_priority_fee_per_gas=1)],
        accounts={
            named("recursive"): AccountState(
                nonce=1, code=assemble("0 0 0 0 0 ADDRESS GAS CALL 0 TLOAD 1 ADD 0 TSTORE 0 TLOAD 0 SSTORE")
            )
        },
        parent={"gas_limit": 10**11, "gas_used": 5 * 10**10, "base_fee_per_gas": 7},
        fork=Fork.PRAGUE,
    )
)
add(
    Case(
        "delegated_code_in_calls",
        lambda send: [send(named("delegating caller"))],
        accounts={
            named("delegated"): AccountState(nonce=1, code=b"\xef\x01\x00" + named("callee of delegation")),
            named("callee of delegation"): AccountState(nonce=1, code=CALLEE),
            named("delegating caller"): AccountState(
                nonce=1,
                code=assemble(
                    f"""
                    0 0 0 0 0 {address_word(named("delegated"))} GAS CALL 1 SSTORE
                    {address_word(named("delegated"))} EXTCODESIZE 2 SSTORE
                    {address_word(named("delegated"))} EXTCODEHASH 3 SSTORE
                    """
                ),
            ),
        },
    )
)

# Creation by contracts
CHILD = deployment(assemble("1 1 SSTORE STOP"))
STORE_CHILD = "\n".join(
    f"PUSH32 0x{CHILD[at : at + 32].ljust(32, bytes(1)).hex()} {at} MSTORE" for at in range(0, len(CHILD), 32)
)
contract_case(
    "creates",
    f"""
    {STORE_CHILD}
    PUSH {len(CHILD)} 0 3 CREATE DUP1 1 SSTORE EXTCODEHASH 2 SSTORE
    5 PUSH {len(CHILD)} 0 1 CREATE2 DUP1 3 SSTORE
    0 0 0 0 0 DUP6 GAS CALL 4 SSTORE
    5 PUSH {len(CHILD)} 0 1 CREATE2 5 SSTORE
    0 0 PUSH {10**19} CREATE 6 SSTORE
    0 0 0 CREATE 7 SSTORE
    """,
    value=50,
    gas_limit=16_000_000,  # the address that is taken costs 63/64 of it
)
contract_case(
    "creates_that_fail",
    """
    PUSH5 0x60006000fd 0 MSTORE  5 27 0 CREATE 1 SSTORE RETURNDATASIZE 2 SSTORE
    PUSH5 0x60ef5f5360 0 MSTORE 0x015ff3 PUSH 248 SHL 32 MSTORE  7 27 0 CREATE 3 SSTORE
    0xfe 64 MSTORE8 1 64 0 CREATE 4 SSTORE
    """,
)
contract_case(
    "selfdestructs",
    f"""
    0 0 0 0 2 {address_word(named("destroyed before"))} GAS CALL 1 SSTORE
    {address_word(named("destroyed before"))} EXTCODESIZE 2 SSTORE
    PUSH22 0x73{FRESH.hex()}ff 0 MSTORE
    22 10 9 CREATE 3 SSTORE
    0x30ff 0 MSTORE 2 30 8 CREATE 4 SSTORE
    """,
    value=50,
    accounts={
        named("destroyed before"): AccountState(
            nonce=1, balance=40, code=assemble(f"{address_word(named('heir'))} SELFDESTRUCT"), storage={1: 1}
        )
    },
)
contract_case(
    "selfdestruct_to_itself",
    "ADDRESS SELFDESTRUCT",
    value=3,
    fork=Fork.PRAGUE,
)

# What tries must do
SPARSE = {slot: slot + 1 for slot in range(40)}
contract_case("storage_becomes_empty", "".join(f"0 {slot} SSTORE " for slot in range(8)),
              storage=dict.fromkeys(range(8), 1))  # fmt: skip
contract_case("storage_collapses", "".join(f"0 {slot} SSTORE " for slot in range(0, 40, 3)), storage=SPARSE,
              fork=Fork.BPO1)  # fmt: skip
contract_case(
    "storage_inserts_and_deletes",
    "".join(f"0 {slot} SSTORE {slot} PUSH {slot + 1000} SSTORE " for slot in range(0, 40, 5)),
    storage=SPARSE,
)
contract_case("storage_of_two_slots_loses_one", "0 1 SSTORE", storage={1: 5, 2: 2**255})
contract_case("storage_of_long_and_short_values", "1 1 SSTORE PUSH32 0x" + "99" * 32 + " 2 SSTORE",
              storage={1: 2**256 - 1, 2: 3, 3: 2**200})  # fmt: skip
add(
    Case(
        "accounts_disappear",
        lambda send: [send(named("factory"), value=5), send(named("factory"), value=5)],
        accounts={
            named("factory"): AccountState(
                nonce=1,
                code=assemble(
                    f"{STORE_CHILD} 0x33ff 0 MSTORE 2 30 1 CREATE POP 0 0 0 0 0 {address_word(named('void'))} GAS CALL"
                ),
            )
        },
    )
)
add(Case("sender_not_touched_before", lambda send: [send(SENDERS[2], sender=3, value=1, data=word(1))]))
