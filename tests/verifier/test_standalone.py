"""The standard library's interpreter: every gate against the native one, strict programs, and a file on its own."""

import ast
import json
import lzma
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hstar.errors import InputError
from hstar.field.extension import ExtensionElement
from hstar.field.koala_bear import MODULUS
from hstar.hash import tags
from hstar.hash.merkle import opening_nodes
from hstar.hash.suite import BLAKE2B
from hstar.kernels.backend import native_available
from hstar.verifier import standalone
from hstar.verifier.traced import TracedVerifier
from verifier.finals import OUTPUT, final
from verifier.test_traced import reason_of

needs_native = pytest.mark.skipif(not native_available(), reason="the native module is not built")
EDGES = st.sampled_from([0, 1, 2, MODULUS - 1, MODULUS - 2, 2**24, 127 << 24])
WORDS = EDGES | st.integers(0, MODULUS - 1)
ELEMENTS = st.tuples(*[WORDS] * 6)
PERSONS = (tags.MERKLE_LEAF.person, tags.MERKLE_NODE.person)
REQUIREMENTS = (("wrong_shape", "size"), ("merkle_root_mismatch", "root"), ("zerocheck_mismatch", "value"))
TREES = standalone.Tree(4, 7, 1, 8), standalone.Tree(3, 6, 0, 8)


def program_of(constants, inputs, gates, trees=(), output_bytes=0):
    return standalone.Program(
        digest="",
        machine_key=b"",
        key_set=b"",
        final_key=b"",
        parameters=b"",
        security_bits=(),
        output_bytes=output_bytes,
        inputs=inputs,
        trees=trees,
        requirements=REQUIREMENTS,
        tags=PERSONS,
        blobs=(b"", b"some bytes"),
        digests=(bytes(range(33)),),
        constants=tuple(constants),
        gates=tuple(gates),
    )


def values_of(program, output, body):
    """All elements after a run."""
    run = standalone.Run(program, [*program.constants, *map(standalone._of, output)], list(program.digests))
    standalone._read(run, standalone.Reader(body))
    while run.position < len(program.gates):
        standalone.GATES[run.take(1)[0]](run)
    return run


def requiring(program, elements):
    """The program, then requirements that its elements are these."""
    gates, place = list(program.gates), len(elements)
    for number, element in enumerate(elements):
        for lane, word in enumerate(element):
            gates += [3, number, lane, 1, 2, place, 0, 0, 0, 1, 0, 0, -word % MODULUS]
            place += 1
    return replace(program, gates=tuple(gates))


@st.composite
def programs(draw):
    """A random program over constants and inputs, and what it reads."""
    constants = [(0,) * 6, (1, 0, 0, 0, 0, 0), *(draw(ELEMENTS) for _ in range(3))]
    words, element, output = [draw(WORDS) for _ in range(2)], draw(ELEMENTS), draw(st.binary(min_size=2, max_size=2))
    body = b"".join(word.to_bytes(4, "little") for word in (*words, *element)) + bytes(
        draw(st.binary(min_size=33, max_size=33))
    )
    bits, count, digests = [0, 1], len(constants) + 2 + 3, 2
    gates: list[int] = []

    def wire():
        return draw(st.integers(0, count - 1))

    def parts():
        listed = [len(kinds := draw(st.lists(st.sampled_from([0, 1, 4, 8, 24, 33]), max_size=3)))]
        for kind in kinds:
            number = draw(st.integers(0, 3))
            if kind == 1:  # bytes: the output's
                listed += [
                    kind,
                    number,
                    *(draw(st.integers(len(constants), len(constants) + 1)) for _ in range(number)),
                ]
            else:
                below = {0: 2, 33: digests}.get(kind, count)
                listed += [kind, number, *(draw(st.integers(0, below - 1)) for _ in range(number))]
        return listed

    for _ in range(draw(st.integers(1, 10))):
        opcode = draw(st.sampled_from([0, 0, 2, 3, 4, 5, 10, 11, 12, 13, 14]))
        outputs = {3: 1, 5: 31, 10: 4, 11: 2, 13: 0}.get(opcode, 1)
        if opcode == 0:
            operands = [wire(), wire(), wire(), *(draw(WORDS) for _ in range(5))]
        elif opcode == 3:
            operands = [wire(), draw(st.integers(0, 5))]
        elif opcode == 10:
            operands = [*(wire() for _ in range(6)), *(draw(st.sampled_from(bits)) for _ in range(2))]
        elif opcode == 13:
            operands, digests = [draw(st.integers(0, 1)), *parts()], digests + 1
        elif opcode == 14:
            outputs = draw(st.integers(1, 12))
            operands = [draw(st.integers(0, 1)), draw(st.integers(0, 9)), outputs, *parts()]
        else:
            operands = [wire() for _ in range({2: 1, 4: 6, 5: 1, 11: 3, 12: 8}[opcode])]
        gates += [opcode, *operands]
        if opcode == 5:
            bits += range(count, count + 31)
        count += outputs
    for digest in range(digests):  # digests become elements, which can be compared
        gates += [14, 0, 0, 8, 1, 33, 1, digest]
    inputs = (("word", 2), ("element", 1), ("digest", 1))
    return program_of(constants, inputs, gates, output_bytes=2), output, body


@needs_native
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs(), st.data())
def test_both_interpreters_compute_the_same(case, data):
    program, output, body = case
    elements = values_of(program, output, body).elements
    TracedVerifier(requiring(program, elements)).run(output, body)
    place = data.draw(st.integers(0, len(elements) - 1))
    first, *others = elements[place]
    wrong = [*elements[:place], ((first + 1) % MODULUS, *others), *elements[place + 1 :]]
    refusing = requiring(program, wrong)
    assert reason_of(lambda: TracedVerifier(refusing).run(output, body)) == "zerocheck_mismatch"
    assert reason_of(lambda: standalone.run_program(refusing, output, body)) == "zerocheck_mismatch"


@settings(max_examples=50, deadline=None)
@given(ELEMENTS, ELEMENTS)
def test_its_arithmetic_is_that_of_the_field(left, right):
    x, y = ExtensionElement(left), ExtensionElement(right)
    assert standalone.multiply(left, right) == (x * y).coefficients
    assert standalone.combine((3, left), (-2, right)) == (x * 3 - y * 2).coefficients
    assert standalone.invert(left) == (x if left == (0,) * 6 else x.inverse()).coefficients


@st.composite
def opened_trees(draw):
    """A tree, some positions in it, and the opening that a prover would send."""
    tree = draw(st.sampled_from(TREES))
    rows = [[draw(st.integers(0, 999)) for _ in range(tree.row_width)] for _ in range(1 << tree.log_rows)]
    positions = draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=6))
    size = 1 << tree.log_rows_per_leaf
    leaves = [[word for row in rows[start : start + size] for word in row] for start in range(0, len(rows), size)]
    levels = [[BLAKE2B.hash_elements(tags.MERKLE_LEAF, leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        pairs = zip(levels[-1][0::2], levels[-1][1::2], strict=True)
        levels.append([BLAKE2B.compress(tags.MERKLE_NODE, left, right) for left, right in pairs])
    indices = sorted({position // size for position in positions})
    nodes = [levels[level][index] for level, index in opening_nodes(tree.depth, indices)]
    return tree, rows, positions, [leaves[index] for index in indices], nodes, levels[-1][0]


def opening_program(tree, rows, positions, root):
    """Reads positions and opening; the rows must be these."""
    gates, place = [], 2 + len(positions)
    for number in range(len(positions)):
        gates += [5, 2 + number]
    bits = [place + 31 * number + bit for number in range(len(positions)) for bit in range(tree.log_rows)]
    gates += [15, 0, 0, 1, 0, 1, 0, len(positions), *bits]
    program = program_of([(0,) * 6, (1, 0, 0, 0, 0, 0)], (("word", len(positions)), ("opening", 1)), gates, (tree,))
    return replace(program, digests=(root,))


def opening_body(positions, leaves, nodes):
    words = [*positions, len(leaves), len(nodes), *(word for leaf in leaves for word in leaf)]
    return b"".join(word.to_bytes(4, "little") for word in words) + b"".join(nodes)


@settings(max_examples=60, deadline=None)
@given(opened_trees(), st.data())
def test_openings_give_the_committed_rows(case, data):
    tree, rows, positions, leaves, nodes, root = case
    program, body = opening_program(tree, rows, positions, root), opening_body(positions, leaves, nodes)
    elements = values_of(program, b"", body).elements
    found = elements[len(elements) - len(positions) * -(-tree.row_width // 6) :]
    words = [word for element in found for word in element]
    padded = -(-tree.row_width // 6) * 6
    assert [words[start : start + tree.row_width] for start in range(0, len(words), padded)] == [
        rows[position] for position in positions
    ]
    TracedVerifier(requiring(program, elements)).run(b"", body)
    place = data.draw(st.integers(0, len(leaves) - 1))
    changed = [list(leaf) for leaf in leaves]
    changed[place][0] += 1
    wrong = {
        "merkle_root_mismatch": [(changed, nodes), *([(leaves, [bytes(33), *nodes[1:]])] if nodes else [])],
        "wrong_shape": [(leaves, [*nodes, bytes(33)]), *([(leaves[:-1], nodes)] if len(leaves) > 1 else [])],
    }
    for reason, openings in wrong.items():
        for bad_leaves, bad_nodes in openings:
            bad = opening_body(positions, bad_leaves, bad_nodes)
            assert reason_of(lambda bad=bad: TracedVerifier(program).run(b"", bad)) == reason
            assert reason_of(lambda bad=bad: standalone.run_program(program, b"", bad)) == reason


# Programs


@needs_native
@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_changed_program_is_refused_or_both_agree_about_it(data):
    program, body = final().verifier.program, final().body()
    gates = list(program.gates)
    place = data.draw(st.integers(0, len(gates) - 1))
    gates[place] = data.draw(st.integers(0, 40) | st.integers(0, 2**32 - 1))
    bad = replace(program, gates=tuple(gates))
    try:
        found = reason_of(lambda: TracedVerifier(bad).run(OUTPUT, body))
    except InputError:
        return
    if data.draw(st.integers(0, 9)) == 0:
        with suppress(standalone.ProgramError):
            assert found == reason_of(lambda: standalone.run_program(bad, OUTPUT, body))


def head_of(data):
    length = int.from_bytes(data[12:16], "little")
    return json.loads(data[16 : 16 + length]), data[16 + length :]


def with_head(head, words, text=None):
    text = standalone.encode_head(head) if text is None else text
    return standalone.MAGIC + (1).to_bytes(4, "little") + len(text).to_bytes(4, "little") + text + words


def test_only_canonical_programs_are_read():
    data = final().program.data
    head, words = head_of(data)
    assert with_head(head, words) == data
    assert standalone.decode_program(data).digest == standalone.program_digest(data)
    first = (MODULUS).to_bytes(4, "little")
    for bad in (
        b"",
        b"\0" + data[1:],
        data[:8] + (2).to_bytes(4, "little") + data[12:],
        data[:-1],
        data[:20],
        with_head(head, first + words[4:]),
        with_head(head, words, json.dumps(head).encode()),
        with_head(head | {"more": 1}, words),
        with_head(head | {"constants": -1}, words),
        with_head(head | {"constants": 10**6}, words),
        with_head(head | {"inputs": [["byte", 1]]}, words),
        with_head(head | {"trees": [[99, 1, 1, 1]]}, words),
        with_head(head | {"tags": ["x" * 17]}, words),
        with_head(head | {"digests": ["00"]}, words),
        with_head(head | {"key_set": "zz"}, words),
        with_head(head | {"requirements": 3}, words),
    ):
        with pytest.raises(standalone.ProgramError):
            standalone.decode_program(bad)


def test_compressed_programs_are_bounded():
    data = final().program.compressed()
    assert standalone.decompress(data) == final().program.data
    bomb = lzma.compress(bytes(standalone.MAX_PROGRAM_BYTES + 1), preset=0)
    for bad in (b"", data[:-1], data + b"\0", b"\0" * 100, bomb):
        with pytest.raises(standalone.ProgramError):
            standalone.decompress(bad)
        with pytest.raises(InputError):
            TracedVerifier.load(bad)


# The file on its own


def test_it_imports_the_standard_library_alone():
    tree = ast.parse(Path(standalone.__file__).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names


def test_a_copy_of_the_file_verifies(tmp_path):
    copy, proof, program = tmp_path / "copied.py", tmp_path / "proof.hstar", tmp_path / "final.xz"
    copy.write_bytes(Path(standalone.__file__).read_bytes())
    proof.write_bytes(final().file())
    program.write_bytes(final().program.compressed())

    def run(*options):
        command = [sys.executable, "-I", "-S", str(copy), str(proof), "--program", str(program), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    accepted = run("--output", OUTPUT.hex())
    assert accepted.returncode == 0, accepted.stderr
    assert final().verifier.program.digest in accepted.stdout and OUTPUT.hex() in accepted.stdout
    refused = run("--output", "00")
    assert (refused.returncode, "wrong_output" in refused.stderr) == (1, True)
    program.write_bytes(b"nothing")
    assert run().returncode == 2
