"""A proof in the shape of the final one: two groups, BLAKE2b, 2^22 cells, rate 1/16, about 250 columns, 128 bits."""

from __future__ import annotations

import numpy as np

from hstar.air.circuit import TracedCircuit, trace_circuit
from hstar.air.examples.hash_chain import LINKS, Poseidon2Cubic, hash_chain_circuit, hash_chain_records
from hstar.air.examples.tables import RANGE16, Range16
from hstar.air.examples.words import WordAdd, word_records
from hstar.air.program import MachineLimits
from hstar.air.tables import fill_segment
from hstar.field.koala_bear import MODULUS
from hstar.hash.tags import MERKLE_NODE
from hstar.stark.proof import encode_proof, part_bytes
from hstar.stark.prove import prove
from hstar.stark.security import security_bits, security_report
from hstar.stark.traced import keys_for, public_ends, tables_of
from hstar.stark.verify import verify

HEIGHTS = {"poseidon2_cubic": 13_000, "word_add": 60_000}


def _circuit() -> TracedCircuit:
    chips = [Poseidon2Cubic(MERKLE_NODE), WordAdd(), Range16()]
    return trace_circuit("final_shape", chips, [LINKS, RANGE16], MachineLimits(constraint_degree=4))


def test_a_proof_in_the_shape_of_the_final_one_is_small() -> None:
    source, traced = np.random.default_rng(1), _circuit()
    blocks = source.integers(0, MODULUS, (50, 9)).tolist()
    links, ends = hash_chain_records(hash_chain_circuit(), [0] * 9, blocks)
    pairs = [(int(left), int(right)) for left, right in source.integers(0, 2**63, (1000, 2))]
    segment = fill_segment(traced, links | {"word_add": word_records(pairs, [])["word_add"]})
    statement, messages = public_ends(ends)
    keys = keys_for(
        traced, HEIGHTS, log_inverse_rate=4, statement_length=len(statement.values), statement_messages=messages
    )
    key = keys.verifying_key
    assert key.parameters.log_cells == 22
    assert security_bits(key) >= 128
    proof = prove(keys, statement, tables_of(traced, segment))
    verify(key, statement, proof)
    encoded = encode_proof(key, proof)
    assert sum(part_bytes(key, proof).values()) == len(encoded)
    assert len(encoded) <= 128 * 1024  # the goal; the target is 150 KiB
    predicted = security_report(key).size
    assert abs(len(encoded) - predicted.expected) <= 0.03 * predicted.expected
    assert len(encoded) <= predicted.worst
