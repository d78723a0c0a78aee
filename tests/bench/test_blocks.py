"""Every workload of the suite `block` does its work; whole blocks are measured, and proven where asked for."""

import json
import subprocess
import sys
from importlib.resources import files

import pytest
from rich.console import Console

from hstar.bench.block_proofs import BlockProof
from hstar.bench.block_report import proof_record, table_of_blocks, table_of_proofs
from hstar.bench.block_runs import MAINNET_BLOCK, default_blocks, measure
from hstar.bench.workload import workloads
from hstar.cli.bench import load_workloads
from hstar.ethereum.oracle.specification import is_available

pytestmark = pytest.mark.skipif(not is_available(), reason="the executable specification is not installed")


def shown(table):
    console = Console(width=200)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


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
    assert run.cycles_per_gas == run.cycles / run.gas and run.segments >= 1 and run.keccak_calls > 100
    assert 10 < run.row_cells < 40
    assert run.plain_seconds > 0 and run.segment_seconds > 0 and run.host_check_seconds > 0
    assert sum(run.cells_by_kind.values()) == run.cells
    # About 490,000 cycles a signature; each transaction has one.
    assert 400_000 < run.recovery_cycles / run.transactions < 900_000
    text = shown(table_of_blocks([run]))
    for words in (f"{run.cycles:,}", f"{run.cells_by_kind['program']:,}", f"segments of 2^{run.log_cells} cells"):
        assert words in text


def test_a_proof_says_how_its_time_is_shared_out():
    seconds = {"keys": 9.0, "host check": 1.0, "execute": 2.0, "commit": 5.0, "prove": 40.0, "total": 50.0}
    proof = BlockProof(5_000_000, 3, 2**26, 10**6, seconds, {"record": 0.5, "fill": 1.5, "all": 38.0}, 2**30)
    assert (proof.frequency, proof.preparation_share, proof.proving_seconds) == (100_000, 0.1, 45.0)
    assert proof_record(proof)["preparation_share"] == 0.1
    text = shown(table_of_proofs({"mine": proof}))
    for line in ("share of data preparation", "10.0%", "<= 10%", "<= 180 (shipped)", "segments: fill, s", "1.50"):
        assert line in text


def test_a_block_that_is_not_there_is_not_proven():
    command = [sys.executable, "-m", "hstar.cli.main", "bench", "block", "--prove", "teapot"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 2 and "no block is called teapot; blocks are shipped" in finished.stderr


@pytest.mark.slow  # about three minutes
def test_the_shipped_block_is_proven():
    command = [sys.executable, "-m", "hstar.cli.main", "bench", "block", "--quick", "--prove", "shipped", "--json"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    document = json.loads(finished.stdout)
    proof, run = document["proofs"]["shipped"], document["blocks"][0]
    assert proof["cycles"] == run["cycles"]
    assert proof["seconds"]["total"] > proof["proving_seconds"] > 0
    assert 0 < proof["preparation_share"] < 0.5
    assert {"record", "fill", "all"} <= set(proof["segment_seconds"])


def test_files_and_the_data_folder_add_blocks(tmp_path, monkeypatch):
    monkeypatch.setenv("HSTAR_DATA", str(tmp_path))
    assert [name for name, _ in default_blocks([])] == ["shipped"]
    path = tmp_path / "mine.json.gz"
    path.write_bytes(files("hstar.ethereum").joinpath("data/example_block.json.gz").read_bytes())
    assert [name for name, _ in default_blocks([path])] == ["shipped", "mine"]
    (tmp_path / "blocks").mkdir()
    path.rename(tmp_path / MAINNET_BLOCK)
    assert [name for name, _ in default_blocks([])] == ["shipped", "mainnet_24628607"]
