"""Verifies a final proof with the standard library alone: one file, which may be copied and read on its own.

    python -m hstar.verifier.standalone PROOF --program revm.final.xz [--output HEX]

It interprets a straight-line program: what the verifier in Python does to any final proof of one guest program, written
down by running it on symbols (`hstar.recursion.outer_tracer`). So this file knows nothing of the proof system. Whoever
trusts it trusts the program's digest, which it prints, and which anybody can derive again from the source code.

Elements are tuples of six integers below P: polynomials modulo x^6 + x^3 + 1. Digests are 33 bytes. Every gate appends
what it computes to the list of elements or of digests, and names its operands by their places in these lists.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

P = 2**31 - 2**24 + 1
MAGIC, VERSION = b"hstar\0fp", 1
PROOF_MAGIC, PROOF_VERSION, KIND_FINAL = b"hstar\0pf", 1, 3
PERSON = b"hstar final"
DIGEST_BYTES, CLAIM_BYTES = 33, 64
MAX_PROGRAM_BYTES = 1 << 26
MAX_PROOF_BYTES = 1 << 24
MAX_DECODER_MEMORY = 1 << 28
MAX_DRAWN = 1 << 16
"""Most elements of one gate 14."""
BYTES_OF = {"word": 4, "element": 24, "digest": DIGEST_BYTES}
ZERO = (0, 0, 0, 0, 0, 0)

Element = tuple[int, int, int, int, int, int]


class ProofError(Exception):
    """The proof is not accepted; `reason` is a code for programs."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason, self.sentence = reason, sentence


class ProgramError(Exception):
    """These bytes are not a program of this format."""


# Programs


@dataclass(frozen=True)
class Tree:
    """A Merkle tree that is opened: 2^log_rows rows of row_width words, 2^log_rows_per_leaf of them in a leaf."""

    log_rows: int
    row_width: int
    log_rows_per_leaf: int
    max_leaves: int

    @property
    def depth(self) -> int:
        """Levels between a leaf and the root."""
        return self.log_rows - self.log_rows_per_leaf

    @property
    def leaf_width(self) -> int:
        """Words of a leaf."""
        return self.row_width << self.log_rows_per_leaf


@dataclass(frozen=True)
class Program:
    """A traced final verification.

    Args:
        digest: BLAKE2b of the encoding before compression; it names the program.
        machine_key, key_set, final_key: V, R and the digest of the final proof's key; the gates have them as constants.
        parameters: digest of the parameters that a proof file names.
        security_bits: provable bits of the whole proof of up to 1, 2, 4, .. segments.
        output_bytes: length of the output that the program is for.
        inputs: kinds and counts of what the body of a proof holds, in order.
        trees: the opened trees, in order.
        requirements: reason and sentence of each.
        tags, blobs, digests: `person` fields, constant byte strings, constant digests.
        constants: the first elements.
        gates: all gates as words.
    """

    digest: str
    machine_key: bytes
    key_set: bytes
    final_key: bytes
    parameters: bytes
    security_bits: tuple[float, ...]
    output_bytes: int
    inputs: tuple[tuple[str, int], ...]
    trees: tuple[Tree, ...]
    requirements: tuple[tuple[str, str], ...]
    tags: tuple[bytes, ...]
    blobs: tuple[bytes, ...]
    digests: tuple[bytes, ...]
    constants: tuple[Element, ...]
    gates: tuple[int, ...]


_HEAD_KEYS = (
    "blobs",
    "constants",
    "digests",
    "final_key",
    "inputs",
    "key_set",
    "machine_key",
    "output_bytes",
    "parameters",
    "requirements",
    "security_bits",
    "tags",
    "trees",
)


def program_digest(data: bytes) -> str:
    """The name of an encoded program."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES, person=PERSON).hexdigest()


def decompress(data: bytes) -> bytes:
    """The bytes of a `.final.xz` file, with bounds on memory and size.

    Raises:
        ProgramError: it is no such file.
    """
    decoder = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=MAX_DECODER_MEMORY)
    try:
        raw = decoder.decompress(data, MAX_PROGRAM_BYTES)
    except lzma.LZMAError as error:
        raise ProgramError(f"the program is no xz file: {error}") from error
    if not decoder.eof or decoder.unused_data:
        raise ProgramError(f"the program is cut off, has bytes behind its end, or more than {MAX_PROGRAM_BYTES} bytes")
    return raw


def decode_program(data: bytes) -> Program:
    """A program from its bytes before compression.

    Raises:
        ProgramError: they are not the canonical encoding of a program.
    """
    start = len(MAGIC) + 8
    if data[: len(MAGIC)] != MAGIC or len(data) < start:
        raise ProgramError("this is not the program of a final verification")
    version, head_length = struct.unpack_from("<2I", data, len(MAGIC))
    if version != VERSION:
        raise ProgramError(f"program of version {version}; this file reads version {VERSION}")
    end = start + head_length
    if end > len(data) or (len(data) - end) % 4:
        raise ProgramError("the program is cut off")
    try:
        head = json.loads(data[start:end].decode("ascii"))
        if not isinstance(head, dict) or tuple(sorted(head)) != _HEAD_KEYS or encode_head(head) != data[start:end]:
            raise ProgramError("the head of the program is not canonical")
        words = struct.unpack_from(f"<{(len(data) - end) // 4}I", data, end)
        program = _make(program_digest(data), head, words)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ProgramError(f"the head of the program is malformed: {error}") from error
    return program


def encode_head(head: dict[str, Any]) -> bytes:
    """The head, which has one form only."""
    return json.dumps(head, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _make(digest: str, head: dict[str, Any], words: Sequence[int]) -> Program:
    number = _natural(head["constants"])
    split = 6 * number
    if len(words) < split or any(word >= P for word in words[:split]):
        raise ProgramError("the program's constants are cut off or not canonical")
    names: tuple[bytes, ...] = tuple(text.encode("ascii").ljust(16, b"\0") for text in head["tags"])
    digests = tuple(bytes.fromhex(text) for text in head["digests"])
    if any(len(name) != 16 for name in names) or any(len(item) != DIGEST_BYTES for item in digests):
        raise ProgramError("a tag or a digest of the program has the wrong length")
    inputs = tuple((str(kind), _natural(count)) for kind, count in head["inputs"])
    if any(kind not in (*BYTES_OF, "opening") for kind, _ in inputs):
        raise ProgramError("the program reads something of an unknown kind")
    return Program(
        digest=digest,
        machine_key=bytes.fromhex(head["machine_key"]),
        key_set=bytes.fromhex(head["key_set"]),
        final_key=bytes.fromhex(head["final_key"]),
        parameters=bytes.fromhex(head["parameters"]),
        security_bits=tuple(map(float, head["security_bits"])),
        output_bytes=_natural(head["output_bytes"]),
        inputs=inputs,
        trees=tuple(_tree(*map(_natural, numbers)) for numbers in head["trees"]),
        requirements=tuple((str(reason), str(sentence)) for reason, sentence in head["requirements"]),
        tags=names,
        blobs=tuple(bytes.fromhex(text) for text in head["blobs"]),
        digests=digests,
        constants=tuple(_element(words[start : start + 6]) for start in range(0, split, 6)),
        gates=tuple(words[split:]),
    )


def _natural(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 24:
        raise ProgramError(f"{value!r} in the head of the program is no number below 2^24")
    return value


def _tree(log_rows: int, row_width: int, log_rows_per_leaf: int, max_leaves: int) -> Tree:
    if not (log_rows_per_leaf <= log_rows <= 32 and row_width << log_rows_per_leaf < 1 << 16 and max_leaves < 1 << 16):
        raise ProgramError("the program opens a tree of an impossible size")
    return Tree(log_rows, row_width, log_rows_per_leaf, max_leaves)


# Arithmetic


def _element(words: Sequence[int]) -> Element:
    a, b, c, d, e, f = words
    return a, b, c, d, e, f


def multiply(x: Element, y: Element) -> Element:
    """The product modulo x^6 + x^3 + 1, hence x^9 = 1."""
    a, b, c, d, e, f = x
    g, h, i, j, k, m = y
    c6 = b * m + c * k + d * j + e * i + f * h
    c7 = c * m + d * k + e * j + f * i
    c8 = d * m + e * k + f * j
    return (
        (a * g - c6 + e * m + f * k) % P,
        (a * h + b * g - c7 + f * m) % P,
        (a * i + b * h + c * g - c8) % P,
        (a * j + b * i + c * h + d * g - c6) % P,
        (a * k + b * j + c * i + d * h + e * g - c7) % P,
        (a * m + b * k + c * j + d * i + e * h + f * g - c8) % P,
    )


def combine(*terms: tuple[int, Element]) -> Element:
    """A sum of elements with factors."""
    return _element([sum(factor * element[place] for factor, element in terms) % P for place in range(6)])


def _of(word: int) -> Element:
    return word % P, 0, 0, 0, 0, 0


def invert(x: Element) -> Element:
    """The inverse by x^(p^6 - 2) = (x^(1 + p + .. + p^5))^-1 x^(p + .. + p^5); 0 for 0."""
    power, others = x, _of(1)
    for _ in range(5):
        power = _frobenius(power)
        others = multiply(others, power)
    norm = multiply(x, others)[0]
    return combine((pow(norm, P - 2, P), others))


def _frobenius(x: Element) -> Element:
    """x -> x^p; as p = 2 modulo 9, the monomial x^i becomes x^(2 i), and x^6 = -1 - x^3, x^8 = -x^2 - x^5."""
    a, b, c, d, e, f = x
    return (a - d) % P, f, (b - e) % P, -d % P, c, -e % P


# Hashing


def blake2b(person: bytes, data: bytes) -> bytes:
    """33 bytes."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES, person=person).digest()


def stream(person: bytes, seed: bytes) -> Iterator[int]:
    """Uniform elements of K: words of the digests of seed and counter, masked to 31 bits, those below P."""
    counter = 0
    while True:
        block = blake2b(person, seed + struct.pack("<Q", counter))
        yield from (word & 0x7FFFFFFF for word in struct.unpack("<8I", block[:32]) if word & 0x7FFFFFFF < P)
        counter += 1


# Reading a proof


@dataclass(frozen=True)
class Opening:
    """Opened leaves in increasing order of their index, and the nodes that complete their paths, level by level."""

    leaves: list[tuple[int, ...]]
    nodes: list[bytes]


class Reader:
    """Bytes taken from the front."""

    def __init__(self, data: bytes) -> None:
        self.data, self.offset = data, 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        part = self.data[self.offset : self.offset + count]
        if len(part) != count:
            raise ProofError("malformed", "the proof is cut off")
        self.offset += count
        return part

    def words(self, count: int) -> tuple[int, ...]:
        """The next elements of K."""
        words = struct.unpack(f"<{count}I", self.take(4 * count))
        if max(words, default=0) >= P:
            raise ProofError("not_canonical", "the proof holds a word that is not below the modulus")
        return words

    def opening(self, tree: Tree) -> Opening:
        """The next opening; its size is bounded here and checked by its gate."""
        num_leaves, num_nodes = struct.unpack("<2I", self.take(8))
        if not (1 <= num_leaves <= tree.max_leaves and num_nodes <= tree.max_leaves * tree.depth):
            raise ProofError("opening_size", "an opening holds more leaves or nodes than there are queries for")
        leaves = [self.words(tree.leaf_width) for _ in range(num_leaves)]
        return Opening(leaves, [self.take(DIGEST_BYTES) for _ in range(num_nodes)])

    def finish(self) -> None:
        """Nothing may follow."""
        if self.offset != len(self.data):
            raise ProofError("trailing_bytes", f"{len(self.data) - self.offset} bytes follow the end of the proof")


# Running


@dataclass
class Run:
    """A run of a program: everything computed so far.

    Args:
        program: what runs.
        elements, digests: the constants, then what was read, then what the gates computed.
        openings: what was read.
        position: in the words of the gates.
    """

    program: Program
    elements: list[Element]
    digests: list[bytes]
    openings: list[Opening] = field(default_factory=list)
    position: int = 0

    def take(self, count: int) -> Sequence[int]:
        """The next words of the gates."""
        words = self.program.gates[self.position : self.position + count]
        if len(words) != count:
            raise ProgramError("the last gate of the program is cut off")
        self.position += count
        return words

    def operands(self, count: int) -> list[Element]:
        """The elements that the next words name."""
        return [self.elements[place] for place in self.take(count)]

    def require(self, condition: bool, number: int) -> None:
        """Rejects the proof unless the condition holds."""
        if not condition:
            raise ProofError(*self.program.requirements[number])

    def hashed(self) -> bytes:
        """The bytes of the parts that the next words list."""
        (count,) = self.take(1)
        return b"".join(self._part() for _ in range(count))

    def _part(self) -> bytes:
        width, count = self.take(2)
        places = self.take(count)
        if width == 0:
            return b"".join(self.program.blobs[place] for place in places)
        if width == BYTES_OF["digest"]:
            return b"".join(self.digests[place] for place in places)
        if width == BYTES_OF["element"]:
            return b"".join(struct.pack("<6I", *self.elements[place]) for place in places)
        return b"".join(self.elements[place][0].to_bytes(width, "little") for place in places)


def _expression(run: Run) -> Element:
    """s a b + t a + v b + w c + u."""
    a, b, c = run.operands(3)
    s, t, v, w, u = run.take(5)
    product = multiply(a, b) if s else ZERO
    return combine((s, product), (t, a), (v, b), (w, c), (u, (1, 0, 0, 0, 0, 0)))


def arithmetic(run: Run) -> None:
    """Opcode 0: the expression."""
    run.elements.append(_expression(run))


def require_zero(run: Run) -> None:
    """Opcode 1: a requirement; the expression must be zero."""
    (number,) = run.take(1)
    run.require(_expression(run) == ZERO, number)


def inverse(run: Run) -> None:
    """Opcode 2: the inverse; a requirement says that the product is 1."""
    run.elements += [invert(element) for element in run.operands(1)]


def lane(run: Run) -> None:
    """Opcode 3: a coefficient."""
    (element,), (place,) = run.operands(1), run.take(1)
    run.elements.append(_of(element[place]))


def pack(run: Run) -> None:
    """Opcode 4: an element from the first coefficients of six."""
    run.elements.append(_element([element[0] for element in run.operands(6)]))


def bits(run: Run) -> None:
    """Opcode 5: the 31 binary digits of the first coefficient, lowest first."""
    ((word, *_),) = run.operands(1)
    run.elements += [_of(word >> place & 1) for place in range(31)]


def range_step(run: Run) -> None:
    """Opcode 10: a bit of the branching program that says which cells a table fills."""
    t0, t1, l0, l1, row, cell, (start, *_), (end, *_) = run.operands(8)
    both = multiply(row, cell)
    row_only, cell_only = combine((1, row), (-1, both)), combine((1, cell), (-1, both))
    neither = combine((1, _of(1)), (-1, row), (-1, cell_only))
    equal = combine((1, neither), (1, both))
    totals = (combine((1 - start, t0)), combine((start, t0), (1 - start, t1)), combine((start, t1)))
    lesses = (combine((1 - start, l0)), combine((start, l0), (1 - start, l1)), combine((start, l1)))
    low = [combine((end, total), (1 - end, less)) for total, less in zip(totals, lesses, strict=True)]
    high = [combine((end, less)) for less in lesses]
    run.elements += [
        _dot((equal, totals[0]), (cell_only, totals[1])),
        _dot((row_only, totals[1]), (equal, totals[2])),
        _dot((neither, low[0]), (both, high[0]), (cell_only, high[1])),
        _dot((row_only, low[1]), (neither, low[2]), (both, high[2])),
    ]


def _dot(*pairs: tuple[Element, Element]) -> Element:
    return combine(*((1, multiply(left, right)) for left, right in pairs))


def monomial_step(run: Run) -> None:
    """Opcode 11: product (1 - coordinate + coordinate power), and the square of the power."""
    product, (power, *_), coordinate = run.operands(3)
    run.elements.append(combine((1, product), (power - 1, multiply(product, coordinate))))
    run.elements.append(_of(power * power))


def weigh(run: Run) -> None:
    """Opcode 12: an element plus the coefficients of another one, weighed by six more."""
    total, words, *weights = run.operands(8)
    run.elements.append(combine((1, total), *zip(words, weights, strict=True)))


def digest(run: Run) -> None:
    """Opcode 13: BLAKE2b under a tag."""
    (tag,) = run.take(1)
    run.digests.append(blake2b(run.program.tags[tag], run.hashed()))


def draw(run: Run) -> None:
    """Opcode 14: uniform elements of K, after some that are skipped."""
    tag, skipped, count = run.take(3)
    if skipped + count > MAX_DRAWN:
        raise ProgramError(f"a gate draws {skipped + count} elements; at most {MAX_DRAWN} are allowed")
    words = stream(run.program.tags[tag], run.hashed())
    drawn = [next(words) for _ in range(skipped + count)]
    run.elements += [_of(word) for word in drawn[skipped:]]


def open_rows(run: Run) -> None:
    """Opcode 15: the rows of a Merkle tree at some positions; two requirements, one for size and one for the root."""
    number, wrong_size, wrong_root, leaf_tag, node_tag, root, queries = run.take(7)
    tree, opening = run.program.trees[number], run.openings[number]
    positions = [sum(bit[0] << place for place, bit in enumerate(run.operands(tree.log_rows))) for _ in range(queries)]
    indices = sorted({position >> tree.log_rows_per_leaf for position in positions})
    missing = list(_missing(indices, tree.depth))
    run.require((len(opening.leaves), len(opening.nodes)) == (len(indices), len(missing)), wrong_size)
    leaf_person, node_person = run.program.tags[leaf_tag], run.program.tags[node_tag]
    level = {
        index: blake2b(leaf_person, struct.pack(f"<{len(leaf)}I", *leaf))
        for index, leaf in zip(indices, opening.leaves, strict=True)
    }
    sent = iter(zip(missing, opening.nodes, strict=True))
    current = next(sent, None)
    for height in range(tree.depth):
        while current is not None and current[0][0] == height:
            level[current[0][1]] = current[1]
            current = next(sent, None)
        level = {index >> 1: blake2b(node_person, level[index] + level[index + 1]) for index in level if index % 2 == 0}
    run.require(level[0] == run.digests[root], wrong_root)
    leaf_at = dict(zip(indices, opening.leaves, strict=True))
    for position in positions:
        first = (position % (1 << tree.log_rows_per_leaf)) * tree.row_width
        row = leaf_at[position >> tree.log_rows_per_leaf][first : first + tree.row_width]
        padded = (*row, *([0] * (-len(row) % 6)))
        run.elements += [_element(padded[start : start + 6]) for start in range(0, len(padded), 6)]


def _missing(indices: Sequence[int], depth: int) -> Iterator[tuple[int, int]]:
    """Height and index of the nodes that the leaves do not determine, level by level from left to right."""
    for height in range(depth):
        known = set(indices)
        yield from ((height, index ^ 1) for index in indices if index ^ 1 not in known)
        indices = sorted({index >> 1 for index in indices})


GATES: dict[int, Callable[[Run], None]] = {
    0: arithmetic,
    1: require_zero,
    2: inverse,
    3: lane,
    4: pack,
    5: bits,
    10: range_step,
    11: monomial_step,
    12: weigh,
    13: digest,
    14: draw,
    15: open_rows,
}


def run_program(program: Program, output: bytes, body: bytes) -> None:
    """Accepts or raises.

    Args:
        program: from someone the caller trusts.
        output: what is claimed.
        body: of the proof file: N, D, S and the final proof.

    Raises:
        ProofError: the first check that fails.
        ProgramError: the program is not one.
    """
    if len(output) != program.output_bytes:
        raise ProofError(
            "wrong_output", f"the output has {len(output)} bytes; the program is for {program.output_bytes}"
        )
    run = Run(program, [*program.constants, *map(_of, output)], list(program.digests))
    _read(run, Reader(body))
    try:
        while run.position < len(program.gates):
            (opcode,) = run.take(1)
            GATES[opcode](run)
    except (LookupError, OverflowError, struct.error) as error:
        raise ProgramError(f"a gate of the program is malformed, before word {run.position}") from error


def _read(run: Run, reader: Reader) -> None:
    """Everything that the program reads."""
    for kind, count in run.program.inputs:
        for _ in range(count):
            if kind == "word":
                run.elements.append(_of(*reader.words(1)))
            elif kind == "element":
                run.elements.append(_element(reader.words(6)))
            elif kind == "digest":
                run.digests.append(reader.take(DIGEST_BYTES))
            else:
                run.openings.append(reader.opening(run.program.trees[len(run.openings)]))
    reader.finish()


# Proof files


@dataclass(frozen=True)
class ProofFile:
    """What a file claims: parameters, V, output, and the body, which the program reads; it begins with N."""

    parameters: bytes
    machine_key: bytes
    output: bytes
    body: bytes

    @property
    def num_segments(self) -> int:
        """N, as claimed."""
        return int.from_bytes(self.body[:4], "little")


def read_proof_file(data: bytes) -> ProofFile:
    """The parts of a file of kind `final`.

    Raises:
        ProofError: it is no such file.
    """
    reader = Reader(data)
    if reader.take(len(PROOF_MAGIC)) != PROOF_MAGIC:
        raise ProofError("malformed", "this is not a proof file")
    version, kind = struct.unpack("<2I", reader.take(8))
    if (version, kind) != (PROOF_VERSION, KIND_FINAL):
        raise ProofError("malformed", f"proof file of version {version} and kind {kind}; a final proof has kind 3")
    parameters = reader.take(DIGEST_BYTES)
    key, output, claim, proof = (reader.take(*struct.unpack("<I", reader.take(4))) for _ in range(4))
    reader.finish()
    if len(claim) != CLAIM_BYTES:
        raise ProofError("malformed", f"the claim has {len(claim)} bytes, not {CLAIM_BYTES}")
    return ProofFile(parameters, key, output, claim + proof)


def verify_file(program: Program, data: bytes, expected_output: bytes | None = None) -> ProofFile:
    """Accepts the file of a final proof, and returns what it says, or raises as `run_program`."""
    file = read_proof_file(data)
    check_claims(program, file, expected_output)
    run_program(program, file.output, file.body)
    return file


def bits_for(program: Program, num_segments: int) -> float:
    """Provable bits of a proof of so many segments."""
    place = max(0, num_segments - 1).bit_length()
    return program.security_bits[place] if place < len(program.security_bits) else 0.0


def check_claims(program: Program, file: ProofFile, expected_output: bytes | None) -> None:
    """The file is about the program's guest and parameters, and about the output that is expected."""
    if file.machine_key != program.machine_key:
        raise ProofError("wrong_key", "the proof is for another program, or for another version of the machine")
    if file.parameters != program.parameters:
        raise ProofError("wrong_parameters", "the proof names other parameters than the program")
    if expected_output is not None and file.output != expected_output:
        raise ProofError("wrong_output", f"the proof is for the output {file.output.hex() or '(none)'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """0: accepted; 1: rejected; 2: unreadable files."""
    parser = argparse.ArgumentParser(prog="standalone", description="Verifies a final proof of hstar.")
    parser.add_argument("proof", type=Path, help="the proof file")
    parser.add_argument("--program", type=Path, required=True, help="the traced verification, NAME.final.xz")
    parser.add_argument("--output", type=bytes.fromhex, help="what the public output must be, in hexadecimal")
    options = parser.parse_args(arguments)
    try:
        program = decode_program(decompress(_read_bounded(options.program, MAX_PROGRAM_BYTES)))
        data = _read_bounded(options.proof, MAX_PROOF_BYTES)
        start = time.perf_counter()
        file = verify_file(program, data, options.output)
        seconds = time.perf_counter() - start
    except ProofError as error:
        _say(f"rejected ({error.reason}): {error.sentence}", is_error=True)
        return 1
    except (ProgramError, OSError) as error:
        _say(f"error: {error}", is_error=True)
        return 2
    bits = bits_for(program, file.num_segments)
    _say(f"accepted in {seconds:.2f} s: {file.num_segments} segments, {bits} provable bits")
    _say(f"program        {program.digest}")
    _say(f"verifying key  {program.machine_key.hex()}")
    _say(f"output         {file.output.hex() or '(none)'}")
    return 0


def _read_bounded(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ProgramError(f"{path} has more than {limit} bytes")
    return data


def _say(line: str, *, is_error: bool = False) -> None:
    (sys.stderr if is_error else sys.stdout).write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
