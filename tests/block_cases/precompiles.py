"""Cases about every precompiled contract: a valid input, whose output is stored, and an invalid one."""

from __future__ import annotations

import hashlib

from block_cases.base import Case, add, named, word
from hstar.ethereum.assembly import assemble
from hstar.ethereum.forks import Fork
from hstar.ethereum.hashing import SECP256K1_ORDER, keccak256, sign
from hstar.ethereum.maker import AccountState

# Call data: address (32 bytes), expected success (32), expected size of the output (32), input. Reverts unless both
# are as expected; stores the hash of the output.
PROBE = named("probe")
PROBE_CODE = assemble(
    """
    96 CALLDATASIZE SUB DUP1 96 0 CALLDATACOPY
    0 0 DUP3 0 0 0 CALLDATALOAD GAS CALL
    32 CALLDATALOAD EQ ISZERO @wrong JUMPI
    64 CALLDATALOAD RETURNDATASIZE EQ ISZERO @wrong JUMPI
    RETURNDATASIZE 0 0 RETURNDATACOPY RETURNDATASIZE 0 KECCAK256 0 CALLDATALOAD SSTORE STOP
    wrong: 0 0 REVERT
    """
)


def probe(address: int, success: bool, num_output_bytes: int, data: bytes) -> bytes:
    return word(address) + word(int(success)) + word(num_output_bytes) + data


def precompile_case(name: str, address: int, *calls: tuple[bool, int, bytes], fork=Fork.BPO2, slow=False) -> None:
    """Registers a case with one transaction for each (success, output size, input)."""
    add(
        Case(
            f"precompile_{name}",
            lambda send: [send(PROBE, data=probe(address, *call), gas_limit=2_000_000) for call in calls],
            accounts={PROBE: AccountState(nonce=1, code=PROBE_CODE)},
            fork=fork,
            slow=slow,
        )
    )


MESSAGE = keccak256(b"message")
R, S, PARITY = sign(MESSAGE, keccak256(b"signer"))
precompile_case(
    "ecrecover",
    1,
    (True, 32, MESSAGE + word(27 + PARITY) + word(R) + word(S)),
    (True, 32, MESSAGE + word(27 + PARITY) + word(R) + word(S) + b"more"),
    (True, 32, MESSAGE + word(28 - PARITY) + word(R) + word(SECP256K1_ORDER - S)),
    (True, 0, MESSAGE + word(26) + word(R) + word(S)),
    (True, 0, MESSAGE + word(27) + word(SECP256K1_ORDER) + word(S)),
    (True, 0, MESSAGE + word(27) + word(R) + word(0)),
    (True, 0, b""),
)
precompile_case("sha256", 2, (True, 32, b""), (True, 32, b"a" * 119), fork=Fork.PRAGUE)
precompile_case("ripemd160", 3, (True, 32, b""), (True, 32, b"b" * 200))
precompile_case("identity", 4, (True, 0, b""), (True, 33, b"c" * 33), fork=Fork.OSAKA)


def modexp(base: bytes, exponent: bytes, modulus: bytes) -> bytes:
    return word(len(base)) + word(len(exponent)) + word(len(modulus)) + base + exponent + modulus


MODEXP_CALLS = (
    (True, 32, modexp(b"\x03", word(2**256 - 2**32 - 978), word(2**256 - 2**32 - 977))),
    (True, 3, modexp(b"\x02" * 40, b"", b"\x00\x01\x01")),
    (True, 2, modexp(b"\x05", b"\x03", b"\x00\x00")),
    (True, 0, modexp(b"", b"", b"")),
    (True, 64, modexp(b"\xff" * 64, b"\xff" * 64, b"\xfe" + b"\xff" * 63)),
)
precompile_case("modexp", 5, *MODEXP_CALLS, (False, 0, word(1025) + word(1) + word(1)))
precompile_case("modexp_prague", 5, *MODEXP_CALLS, (True, 1, word(1025) + word(1) + word(1)), fork=Fork.PRAGUE)

BN_P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
BN_G1 = word(1) + word(2)
BN_MINUS_G1 = word(1) + word(BN_P - 2)
BN_G2 = b"".join(
    word(value)
    for value in (
        11559732032986387107991004021392285783925812861821192530917403151452391805634,
        10857046999023057135944570762232829481370756359578518086990519993285655852781,
        4082367875863433681332203403145435568316851327593401208105741076214120093531,
        8495653923123431417604973247489272438418190587263600148770280649306958101930,
    )
)
precompile_case(
    "bn254_add", 6, (True, 64, BN_G1 + BN_G1), (True, 64, b""), (True, 64, BN_G1 + BN_MINUS_G1), (False, 0, word(1) * 2)
)
precompile_case(
    "bn254_multiply", 7, (True, 64, BN_G1 + word(2**255 - 5)), (True, 64, BN_G1), (False, 0, word(BN_P) + word(0))
)
precompile_case(
    "bn254_pairing",
    8,
    (True, 32, b""),
    (True, 32, BN_G1 + BN_G2 + BN_MINUS_G1 + BN_G2),
    (True, 32, BN_G1 + BN_G2),
    (False, 0, BN_G1 + BN_G2 + b"\0"),
    (False, 0, BN_G1 + word(1) * 4),
    slow=True,
)
BLAKE2F = (12).to_bytes(4, "big") + b"\x11" * 64 + b"\x22" * 128 + b"\x03" + bytes(15)
precompile_case(
    "blake2f",
    9,
    (True, 64, BLAKE2F + b"\x01"),
    (True, 64, bytes(4) + BLAKE2F[4:] + b"\x00"),
    (False, 0, BLAKE2F + b"\x02"),
    (False, 0, BLAKE2F),
)
INFINITY = b"\xc0" + bytes(47)  # commitment to the zero polynomial, and the proof that it is zero anywhere
ZERO_HASH = b"\x01" + hashlib.sha256(INFINITY).digest()[1:]
precompile_case(
    "point_evaluation",
    10,
    (True, 64, ZERO_HASH + word(5) + word(0) + INFINITY + INFINITY),
    (False, 0, ZERO_HASH + word(5) + word(1) + INFINITY + INFINITY),
    (False, 0, b"\x02" + ZERO_HASH[1:] + word(5) + word(0) + INFINITY + INFINITY),
    (False, 0, ZERO_HASH),
    slow=True,
)


def fp(value: int) -> bytes:
    """A field element of BLS12-381 in the EVM's layout."""
    return value.to_bytes(64, "big")


BLS_P = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
BLS_G1_X = 0x17F1D3A73197D7942695638C4FA9AC0FC3688C4F9774B905A14E3A3F171BAC586C55E83FF97A1AEFFB3AF00ADB22C6BB
BLS_G1_Y = 0x08B3F481E3AAA0F1A09E30ED741D8AE4FCF5E095D5D00AF600DB18CB2C04B3EDD03CC744A2888AE40CAA232946C5E7E1
BLS_G1 = fp(BLS_G1_X) + fp(BLS_G1_Y)
BLS_MINUS_G1 = fp(BLS_G1_X) + fp(BLS_P - BLS_G1_Y)
BLS_G2 = b"".join(
    fp(value)
    for value in (
        0x024AA2B2F08F0A91260805272DC51051C6E47AD4FA403B02B4510B647AE3D1770BAC0326A805BBEFD48056C8C121BDB8,
        0x13E02B6052719F607DACD3A088274F65596BD0D09920B61AB5DA61BBDC7F5049334CF11213945D57E5AC7D055D042B7E,
        0x0CE5D527727D6E118CC9CDC6DA2E351AADFD9BAA8CBDD3A76D429A695160D12C923AC9CC3BACA289E193548608B82801,
        0x0606C4A02EA734CC32ACD2B02BC28B99CB3E287E85A763AF267492AB572E99AB3F370D275CEC1DA1AAA9075FF05F79BE,
    )
)
precompile_case(
    "bls12_g1_add",
    11,
    (True, 128, BLS_G1 + BLS_G1),
    (True, 128, BLS_G1 + BLS_MINUS_G1),
    (True, 128, bytes(256)),
    (False, 0, BLS_G1 + fp(1) + fp(1)),
    (False, 0, BLS_G1),
)
precompile_case(
    "bls12_g1_msm",
    12,
    (True, 128, BLS_G1 + word(7) + BLS_MINUS_G1 + word(2**255 - 19)),
    (False, 0, b""),
    (False, 0, fp(0) + fp(2) + word(1)),
    fork=Fork.PRAGUE,
)
precompile_case("bls12_g2_add", 13, (True, 256, BLS_G2 + BLS_G2), (False, 0, BLS_G2 + fp(1) * 4))
precompile_case("bls12_g2_msm", 14, (True, 256, BLS_G2 + word(9)), (False, 0, BLS_G2), fork=Fork.OSAKA)
precompile_case(
    "bls12_pairing",
    15,
    (True, 32, BLS_G1 + BLS_G2 + BLS_MINUS_G1 + BLS_G2),
    (True, 32, BLS_G1 + BLS_G2),
    (False, 0, b""),
    (False, 0, BLS_G1 + fp(1) * 4),
    slow=True,
)
precompile_case("bls12_map_fp_to_g1", 16, (True, 128, fp(123456789)), (False, 0, fp(BLS_P)), fork=Fork.PRAGUE)
precompile_case("bls12_map_fp2_to_g2", 17, (True, 256, fp(3) + fp(2**200)), (False, 0, fp(1)))

# RFC 6979, appendix A.2.5: P-256 with SHA-256 over "sample".
P256_INPUT = hashlib.sha256(b"sample").digest() + b"".join(
    bytes.fromhex(value)
    for value in (
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
        "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
    )
)
precompile_case(
    "p256_verify",
    0x100,
    (True, 32, P256_INPUT),
    (True, 0, keccak256(b"other") + P256_INPUT[32:]),
    (True, 0, P256_INPUT[:-1]),
    (True, 0, P256_INPUT[:32] + word(0) + P256_INPUT[64:]),
    fork=Fork.OSAKA,
)
precompile_case("p256_verify_does_not_exist_in_prague", 0x100, (True, 0, P256_INPUT), fork=Fork.PRAGUE)
