"""The cost report adds up; the benchmark's leaf and whole runs end in proofs that are accepted."""

import json

import pytest

from hstar.bench.recursion_leaf import measure_here, table_of_leaf
from hstar.bench.recursion_runs import cost_record, table_of_costs
from hstar.bench.recursion_whole import counting_program, prove_whole_run, record_of, table_of_whole_run
from hstar.recursion.cost import SHARED, verifier_cost
from recursion.subjects import subject


def test_parts_and_chips_add_up_to_all_cells():
    cost = verifier_cost(subject("relay").key)
    assert sum(part.cells for part in cost.parts.values()) == cost.cells == sum(cost.circuit.cells.values())
    assert sum(part.permutations for part in cost.parts.values()) == cost.program.num_permutations
    assert cost.parts[SHARED].cells > 0
    rows = sum(part.arithmetic for part in cost.parts.values())
    public = len(cost.program.public_wires)
    heights = cost.circuit.heights
    assert rows + public == heights["arithmetic"] + heights["base_arithmetic"]
    record = cost_record(7, cost)
    assert json.loads(json.dumps(record)) == record
    assert table_of_costs([(7, cost)]).row_count == len(cost.parts) + 1


@pytest.mark.slow
def test_a_segment_and_its_leaf_are_measured():
    run = measure_here(counting_program(), (5).to_bytes(8, "little"), 20, 1)
    assert 0 < run.leaf_seconds == run.seconds["prove"]
    assert run.proof_bytes < run.segment_bytes
    assert table_of_leaf(run).row_count == 6 + len(run.seconds)


@pytest.mark.slow
def test_one_segment_and_forty_end_in_final_proofs_of_one_key_and_of_one_size(tmp_path):
    """128 provable bits from the execution to the accepted proof; joins of joins of joins."""
    one, forty = (prove_whole_run(number, 20, cache_dir=tmp_path) for number in (1, 40))
    assert one.segments <= 3
    assert forty.segments >= 40
    assert forty.nodes > forty.segments
    assert abs(forty.proof_bytes - one.proof_bytes) < one.proof_bytes / 50
    assert (one.node_cells, one.final_cells) == (forty.node_cells, forty.final_cells)
    assert 0 < forty.recursion_share < 1
    assert record_of(forty)["recursion_share"] == forty.recursion_share
    assert table_of_whole_run(forty).row_count == 10 + len(forty.seconds)
