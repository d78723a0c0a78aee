"""Attacks as real proofs: a dishonest prover commits to forged tables, proves them, and the verifier refuses the file.

What each forgery breaks is named in `test_attacks.py`; here it is seen by the verifier alone, at 128 bits.
"""

from functools import cache

import pytest

from hstar.errors import VerificationError
from hstar.machine.setup import set_up
from hstar.machine.statement import public_messages
from hstar.stark.proof import encode_proof
from hstar.stark.prove import begin_segment, finish_segment
from hstar.stark.segments import SegmentProof
from hstar.transcript.reason import ProofReason
from hstar.verifier.file import write_run_file
from hstar.verifier.run import verify_run
from machine.forgeries import Forgery
from machine.runs import filled_run
from machine.support import EXIT, make_program
from machine.test_attacks import COUNT

pytestmark = pytest.mark.slow
LOG_CELLS = 20


@cache
def setup():
    return set_up(make_program(COUNT + EXIT), LOG_CELLS)


@pytest.fixture
def forged():
    return Forgery(filled_run(setup().program, capacity=10**6))


def prove(forged, output=b""):
    """A file for whatever the tables hold."""
    forged.broken()  # counts what lookups ask for, as every prover would
    keys, begun = setup(), []
    for circuit, segment in forged.run.parts:
        heights = {name: table.shape[1] for name, table in segment.tables.items()}
        index = keys.class_for(circuit.circuit.name, heights)
        in_order = [segment.tables[chip.program.name] for chip in circuit.chips]
        begun.append((index, begin_segment(keys.proving_keys[index], segment.number, in_order)))
    digests = [segment.digest for _, segment in begun]
    challenge = keys.key.segment_keys.derive_challenge(digests, output)
    proofs = []
    for index, segment in begun:
        proof = encode_proof(keys.key.classes[index].key, finish_segment(segment, challenge))
        proofs.append(SegmentProof(index, segment.digest, proof))
    return write_run_file(keys.key, output, proofs)


def refusal(forged, output=b""):
    with pytest.raises(VerificationError) as caught:
        verify_run(setup().key, prove(forged, output))
    return caught.value.reason


def test_the_honest_run_is_accepted(forged):
    assert forged.broken() == set()
    assert verify_run(setup().key, prove(forged)).num_segments == len(forged.run.parts)


def test_replay_of_an_old_value(forged):
    for name in (*(f"rs1.value.limbs[{limb}]" for limb in range(4)), "rs1.time"):
        column = forged.column(0, "branch_equal", name)
        column[2] = column[0]
    assert refusal(forged) is ProofReason.LOCAL_SUM_NOT_ZERO


def test_a_result_that_no_constraint_allows(forged):
    """The words differ, the row says that they do not; both ways lead to the same pc, so all buses balance."""
    forged.column(0, "branch_equal", "inequality.differs")[0] = 0
    assert refusal(forged) is ProofReason.ZEROCHECK_MISMATCH


def test_a_skipped_instruction(forged):
    forged.keep_rows(0, "add_immediate", range(1, forged.height(0, "add_immediate")))
    assert refusal(forged) is ProofReason.LOCAL_SUM_NOT_ZERO


def test_a_run_that_does_not_end(forged):
    """The last segment hands on another pc than HALT, and says that it was given that."""
    forged.column(1, "control", "pc")[0] -= 1
    assert refusal(forged) is ProofReason.GLOBAL_SUM_NOT_ZERO


def test_another_output(forged):
    """The claim is bound by the challenge and received by the verifier; nobody sent it."""
    forged.public = list(public_messages(setup().program.entry, len(forged.run.parts), b"x"))
    assert refusal(forged, b"x") is ProofReason.GLOBAL_SUM_NOT_ZERO


def test_a_run_without_its_memory_segment(forged):
    del forged.run.parts[1]
    assert refusal(forged) is ProofReason.GLOBAL_SUM_NOT_ZERO


def test_a_second_thread(forged):
    """Two control rows: the second one's state has no instruction."""
    forged.keep_rows(0, "control", [0, 0])
    assert refusal(forged) is ProofReason.LOCAL_SUM_NOT_ZERO
