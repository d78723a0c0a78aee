"""The cost report: parts and chips add up to the circuit, and the benchmark's proof of a proof is one."""

import json

import pytest

from hstar.bench.recursion_runs import cost_record, prove_a_proof, table_of_costs, table_of_run
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
def test_a_proof_of_a_proof_is_measured():
    run = prove_a_proof(16)
    assert all(seconds > 0 for seconds in run.seconds.values())
    assert run.cells > run.inner_cells
    assert table_of_run(run).row_count == len(run.seconds) + 1
