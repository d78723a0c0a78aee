"""Random contract code, and blocks that call it: for comparing the guest's interpreter with the specification."""

from block_cases.base import named
from block_cases.invalid import make
from hstar.ethereum.maker import AccountState

NUM_PROGRAMS = 12
BINARY = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0A, 0x0B, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1A]
BINARY += [0x1B, 0x1C, 0x1D]
TERNARY, UNARY, SOURCES = [0x08, 0x09], [0x15, 0x19], [0x30, 0x36, 0x58, 0x59, 0x5A, 0x5F]


def random_push(generator):
    count = generator.choice([1, 1, 1, 2, 2, 3, 4, 5, 8, 9, 16, 20, 31, 32])
    data = generator.choice([generator.randbytes(count), b"\xff" * count, b"\0" * (count - 1) + b"\x5b"])
    return bytes([0x5F + count]) + data


def random_program(generator):
    """Code of frequent instructions that mostly runs to its end; a wild one may underflow, jump wrongly or run dry."""
    wild = generator.random() < 0.3
    code, depth = bytearray(), 0
    for _ in range(generator.randrange(10, 150)):
        if wild and generator.random() < 0.03:
            code.append(generator.randrange(256))
            continue
        kind = generator.random()
        if depth < 4 or kind < 0.2:
            code += random_push(generator)
            depth += 1
        elif kind < 0.25:
            code.append(generator.choice(SOURCES))
            depth += 1
        elif kind < 0.5:
            code.append(generator.choice(BINARY))
            depth -= 1
        elif kind < 0.55:
            code.append(generator.choice(TERNARY))
            depth -= 2
        elif kind < 0.6:
            code.append(generator.choice([*UNARY, 0x50]))
            depth -= code[-1] == 0x50
        elif kind < 0.75:
            place = generator.randrange(min(depth - 1, 15))
            swap = generator.random() < 0.5
            code.append((0x90 if swap else 0x80) + place)
            depth += not swap
        elif kind < 0.9:
            place = generator.choice([0, 1, 31, 32, 64, 100, 1000])
            instruction = generator.choice([0x51, 0x52, 0x53, 0x35])
            code += b"\x61" + place.to_bytes(2, "big") + bytes([instruction])
            depth += 1 if instruction in (0x51, 0x35) else -1
        else:
            conditional = generator.random() < 0.5
            target = len(code) + 4 + (wild and generator.random() < 0.1)
            code += b"\x61" + target.to_bytes(2, "big") + (b"\x57" if conditional else b"\x56") + b"\x5b"
            depth -= conditional
    for slot in range(min(depth, 6)):
        code += b"\x60" + bytes([slot]) + b"\x55"
    return bytes(code) + b"\x59\x60\x00\x20\x60\xff\x55" + generator.choice([b"", b"\x00", b"\x7f\x01", b"\x5b"])


def block_of_random_programs(generator):
    """A valid block in which each transaction calls a random program."""
    codes = [random_program(generator) for _ in range(NUM_PROGRAMS)]
    contracts = {named(f"random {index}"): AccountState(nonce=1, code=code) for index, code in enumerate(codes)}
    limits = [generator.choice([60_000, 400_000, 400_000, 400_000]) for _ in contracts]

    def transactions(send):
        pairs = zip(contracts, limits, strict=True)
        return [send(to, data=to + bytes(range(40)), gas_limit=limit) for to, limit in pairs]

    return make(transactions, contracts)
