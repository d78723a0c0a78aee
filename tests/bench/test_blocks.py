"""Every workload of the suite `block` does its work."""

from importlib.resources import files

import pytest

from hstar.bench.block_runs import MAINNET_BLOCK, default_blocks, measure, table_of_blocks
from hstar.bench.workload import workloads
from hstar.cli.bench import load_workloads
from hstar.ethereum.oracle.specification import is_available

pytestmark = pytest.mark.skipif(not is_available(), reason="the executable specification is not installed")


def test_workloads_prepare_and_run():
    load_workloads()
    for workload in workloads("block"):
        trial = workload.prepare(1)
        assert trial.work() is not None
        assert trial.operations > 1000


def test_whole_blocks_are_measured():
    ((name, block),) = default_blocks([])[:1]
    run = measure(name, block, 1)
    assert (name, run.gas, run.transactions) == ("shipped", block.block.header.gas_used, len(block.block.transactions))
    assert run.cycles_per_gas == run.cycles / run.gas and run.segments > 1 and run.keccak_calls > 100
    assert 10 < run.row_cells < 40
    assert run.plain_seconds > 0 and run.segment_seconds > 0 and run.host_check_seconds > 0
    assert table_of_blocks([run]).row_count == 1


def test_files_and_the_data_folder_add_blocks(tmp_path, monkeypatch):
    monkeypatch.setenv("HSTAR_DATA", str(tmp_path))
    assert [name for name, _ in default_blocks([])] == ["shipped"]
    path = tmp_path / "mine.json.gz"
    path.write_bytes(files("hstar.ethereum").joinpath("data/example_block.json.gz").read_bytes())
    assert [name for name, _ in default_blocks([path])] == ["shipped", "mine"]
    (tmp_path / "blocks").mkdir()
    path.rename(tmp_path / MAINNET_BLOCK)
    assert [name for name, _ in default_blocks([])] == ["shipped", "mainnet_24628607"]
