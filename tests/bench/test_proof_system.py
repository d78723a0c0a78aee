"""Whole proofs are measured in full, and the report says what the prover said."""

import pytest

from hstar.bench import proof_runs
from hstar.bench.proof_report import profile_of, table_of_proofs
from hstar.bench.proof_sizes import MIN_LOG_CELLS
from hstar.errors import ResourceError
from hstar.kernels import backend

pytestmark = pytest.mark.skipif(not backend.native_available(), reason="only native kernels are measured")


@pytest.fixture(scope="module")
def run():
    return proof_runs.measure(MIN_LOG_CELLS, 1)


def test_every_phase_is_measured_and_adds_up(run):
    results = proof_runs.results_of(run)
    assert len(results) == len(proof_runs.PHASES) + 1
    assert all(result.value > 0 and result.target is not None for result in results)
    stages = [run.seconds[stage] for phase in proof_runs.PHASES[1:-1] for stage in phase.stages]
    assert sum(stages) <= run.seconds["prove"]
    assert 0.9 * 2**20 <= run.num_cells <= 1.1 * 2**20
    assert run.peak_bytes > 24 * run.num_cells // 8
    assert run.proof_bytes > 10_000


def test_the_profile_names_the_kernels_of_each_stage(run):
    for stage, kernels in run.kernels.items():
        assert sum(kernels.values()) <= run.stage_seconds[stage]
    assert "JaggedWeight.block_products" in run.kernels["opening"]
    assert "LayerSum.round_polynomial" in run.kernels["fraction tree"]
    lines = profile_of(run).splitlines()
    assert [line for line in lines if "zerocheck" in line]
    assert [line for line in lines if "Python" in line]
    assert table_of_proofs([run]).row_count == 1


def test_a_proof_that_does_not_finish_is_reported():
    with pytest.raises(ResourceError):
        proof_runs.measure(5, 1)
