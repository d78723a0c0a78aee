"""Parameters come from the calculator, and proofs under weak ones are refused."""

import numpy as np
import pytest

import stark.proofs as tiny
from hstar.air.examples.state_machine import state_machine_circuit, state_machine_records
from hstar.air.program import FieldProgram, Group, Instruction, Opcode
from hstar.air.tables import fill_segment, preprocessed_table
from hstar.errors import InputError, VerificationError
from hstar.stark.keys import StatementEntry, StatementMessage
from hstar.stark.proof import encode_proof, part_bytes
from hstar.stark.prove import prove
from hstar.stark.security import description_of, group_cells, point_degrees, security_bits, security_report, solve_for
from hstar.stark.segments import verify_segments
from hstar.stark.setup import make_keys
from hstar.stark.statement import Statement
from hstar.stark.verify import verify
from hstar.transcript.reason import ProofReason
from stark.circuits import squares_circuit, squares_parameters, squares_preprocessed, squares_tables

HEIGHTS = [32, 16, 32, 16]


def solved(suite="blake2b", **arguments):
    parameters = solve_for(squares_circuit(), HEIGHTS, suite=suite, **arguments)
    return make_keys(squares_circuit(), parameters, squares_preprocessed())


def test_solved_parameters_prove_and_verify_at_128_bits():
    key = solved()
    assert security_bits(key.verifying_key) >= 128 == key.verifying_key.parameters.target_bits
    proof = prove(key, Statement(), squares_tables([3, 4, 5], 2))
    verify(key.verifying_key, Statement(), proof)
    with pytest.raises(VerificationError) as caught:
        verify(key.verifying_key, Statement(), proof, minimum_bits=129)
    assert caught.value.reason is ProofReason.INSUFFICIENT_SECURITY


def test_weak_parameters_are_refused_unless_asked_for():
    with pytest.raises(InputError, match="provable bits"):
        make_keys(
            squares_circuit(),
            solved().verifying_key.parameters.with_iteration(0, num_queries=5),
            squares_preprocessed(),
        )
    proven = tiny.squares()
    with pytest.raises(VerificationError) as caught:
        verify(proven.key, Statement(), proven.proof)
    assert caught.value.reason is ProofReason.INSUFFICIENT_SECURITY
    segments = tiny.relay()
    with pytest.raises(VerificationError) as caught:
        verify_segments(segments.key, segments.proofs, segments.digests, public_messages=segments.public_messages)
    assert caught.value.reason is ProofReason.INSUFFICIENT_SECURITY
    make_keys(squares_circuit(), squares_parameters(), squares_preprocessed(), allow_below_target=True)


@pytest.mark.parametrize("change", ["num_queries", "query_grinding_bits"])
def test_one_step_less_of_anything_is_under_the_target(change):
    parameters = solved().verifying_key.parameters
    less = parameters.with_iteration(0, **{change: getattr(parameters.iterations[0], change) - 1})
    with pytest.raises(InputError, match="provable bits"):
        make_keys(squares_circuit(), less, squares_preprocessed())


def test_the_description_is_that_of_the_key():
    key = solved().verifying_key
    description = description_of(key)
    assert description.num_columns == sum(chip.width for chip in key.circuit.chips)
    assert description.log_leaves == key.circuit.log_leaves
    assert description.num_constraints == key.circuit.num_constraints
    assert description.num_heights == len(key.early_chips) + len(key.late_chips)
    assert description.bundle_widths == tuple(
        1 << bundle.log_width for chip in range(4) for bundle in key.bundles if bundle.chip_index == chip
    )
    assert group_cells(key.circuit, HEIGHTS) == (16, 0, 32 * 3 + 16 + 32 * 5 + 16 * 2)


def test_degrees_in_the_post_commit_point():
    nodes = (
        Instruction(Opcode.POST_COMMIT_POINT),
        Instruction(Opcode.COLUMN, 0),
        Instruction(Opcode.MULTIPLY, 0, 0),
        Instruction(Opcode.ADD, 1, 2),
        Instruction(Opcode.NEGATE, 3),
    )
    assert point_degrees(FieldProgram(nodes)) == [1, 0, 2, 2, 2]


@pytest.mark.parametrize("suite", ["blake2b", "poseidon2"])
def test_proof_sizes_are_predicted(suite):
    """The mean of 16 proofs within 1 %, each within 3 %, none above the worst case; parts without paths exactly."""
    key = solved(suite)
    expected, sizes = security_report(key.verifying_key).size, []
    for seed in range(16):
        values = np.random.default_rng(seed).integers(0, 16, 10).tolist()
        proof = prove(key, Statement(), squares_tables(values, seed))
        sizes.append(len(encode_proof(key.verifying_key, proof)))
    assert abs(sum(sizes) / 16 - expected.expected) <= expected.expected / 100
    assert all(abs(size - expected.expected) <= 3 * expected.expected / 100 for size in sizes)
    assert max(sizes) <= expected.worst
    predicted = security_report(key.verifying_key).size_by_part
    found = part_bytes(key.verifying_key, proof)
    for part in (
        "commitments and heights",
        "fraction tree",
        "zerocheck",
        "column values",
        "WHIR messages",
        "final vector",
    ):
        assert found[part] == next(size.worst for name, size in predicted.items() if name == part)


@pytest.mark.parametrize("suite", ["blake2b", "poseidon2"])
def test_a_traced_circuit_with_a_table_of_65536_rows(suite):
    """The state machine: chips of 0, 1, 41, 70 and 65,536 rows, a public statement, 128 bits, the size predicted."""
    traced = state_machine_circuit()
    records, ends = state_machine_records(27)
    segment = fill_segment(traced, records)
    tables = [segment.tables[chip.name] for chip in traced.circuit.chips]
    assert sorted(table.shape[1] for table in tables) == [0, 1, 1, 41, 70, 65536]
    messages = (StatementMessage("input", (StatementEntry(0),)), StatementMessage("result", (StatementEntry(1),), -1))
    arguments = {"statement_length": 2, "statement_messages": messages}
    parameters = solve_for(traced.circuit, [table.shape[1] for table in tables], suite=suite, **arguments)
    preprocessed = [
        preprocessed_table(chip) if chip.program.group_range(Group.PREPROCESSED) else None for chip in traced.chips
    ]
    key = make_keys(traced.circuit, parameters, preprocessed, **arguments)
    statement = Statement((27, ends[1].message[0]))
    proof = encode_proof(key.verifying_key, prove(key, statement, tables))
    verify(key.verifying_key, statement, proof)
    expected = security_report(key.verifying_key).size
    assert abs(len(proof) - expected.expected) <= 3 * expected.expected / 100 and len(proof) <= expected.worst
    with pytest.raises(VerificationError) as caught:
        verify(key.verifying_key, Statement((27, 110)), proof)
    assert caught.value.reason is ProofReason.LOCAL_SUM_NOT_ZERO
