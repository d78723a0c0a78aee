"""`hstar execute` on blocks, as processes: the shipped block, files, a node."""

import json
import subprocess
import sys

import pytest

from hstar.cli.main import application
from hstar.errors import InputError
from hstar.ethereum.example import example_block
from hstar.ethereum.oracle.specification import is_available
from hstar.prover.blocks import prepare_block
from rpc_node import answers_of, honest, node, shipped_block_document

pytestmark = pytest.mark.skipif(not is_available(), reason="the executable specification is not installed")


def hstar(*arguments):
    command = [sys.executable, "-m", "hstar.cli.main", "execute", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def report_of(*arguments):
    finished = hstar(*arguments, "--json")
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def check_report(report, block, host_check):
    made = prepare_block(block)
    root = made.stateless_input.new_payload_request_root()
    assert report["new_payload_request_root"] == f"0x{root.hex()}"
    assert bytes.fromhex(report["output"])[:33] == root + b"\1" and report["successful_validation"] is True
    assert (report["exit_code"], report["host_check"]) == (0, host_check)
    assert (report["chain_id"], report["block_number"]) == (block.chain_id, block.block.header.number)
    assert report["gas_used"] == block.block.header.gas_used
    assert report["cycles_per_gas"] == report["cycles"] / report["gas_used"]
    assert report["cycles"] == sum(report["opcodes"].values())
    assert report["cells"] == sum(report["cells_by_kind"].values())
    assert report["precompile_calls"]["keccak_f1600"] == report["rows"]["keccak_f1600"] > 100
    assert report["proving_cost"] > 0 and report["segments"] > 1 and report["misaligned_accesses"] > 0
    hashes = [f"0x{hash.hex()}" for hash in made.transaction_hashes]
    assert [cost["hash"] for cost in report["transactions"]] == hashes
    assert report["cycles"] / 4 < sum(cost["cycles"] for cost in report["transactions"]) < report["cycles"]
    return made


def test_the_shipped_block_is_the_default(tmp_path):
    measured = tmp_path / "machine.json"
    run = {"guest": "collections", "log_cells": 26, "cycles": 1000, "seconds": {"all": 0.004}}
    measured.write_text(json.dumps({"finished": "", "machine": {"processor": "p"}, "proving": [run]}), encoding="utf-8")
    report = report_of("--profile", "--chips", "--measured", measured)
    assert report["proving_estimate"]["seconds"] == pytest.approx(4e-6 * report["cycles"])
    made = check_report(report, example_block(), "passed")
    assert sum(chip["rows"] for chip in report["chips"].values()) >= report["cycles"]
    assert report["chips"]["keccak_call"]["rows"] == report["precompile_calls"]["keccak_f1600"]
    assert [cost["gas_used"] for cost in report["transactions"]] == [result.gas_used for result in made.results]
    assert sum(line["cycles"] for line in report["profile"]) == report["cycles"]
    assert any("run_transaction" in line["function"] for line in report["profile"])


def test_raw_stateless_input_without_host_check(tmp_path):
    path = tmp_path / "input.bin"
    path.write_bytes(prepare_block(example_block()).input_bytes)
    report = report_of(path, "--skip-host-check", "--guest", "revm")
    check_report(report, example_block(), "skipped")
    assert report["proving_estimate"] is None
    assert all(cost["gas_used"] is None for cost in report["transactions"])


def test_a_block_from_a_node_for_people():
    with node(honest(answers_of(shipped_block_document()))) as (url, asked):
        finished = hstar("--rpc", url, "--number", 1)
    assert finished.returncode == 0 and len(asked) == 3
    for words in ("1 of the development chain, valid", "host check", "cycles per gas", "keccak-f calls", "718,378"):
        assert words in finished.stdout
    assert "estimate, cost model" in finished.stdout and "a cycle" not in finished.stdout
    assert finished.stderr.splitlines() == [
        "execute: checking the block by the executable specification", "execute: running the guest",
    ]  # fmt: skip


def test_invalid_blocks_are_refused_with_the_reason(tmp_path):
    document = shipped_block_document()
    document["executionWitness"]["state"] = document["executionWitness"]["state"][:-1]
    path = tmp_path / "block.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    finished = hstar(path, "--json")
    assert finished.returncode == 1 and json.loads(finished.stdout)["reason"] == "missing_node"
    assert "the witness lacks trie node" in finished.stderr
    made = prepare_block(example_block()).stateless_input
    raw = tmp_path / "input.bin"
    raw.write_bytes(type(made)(made.fork, made.new_payload_request, type(made.witness)(
        made.witness.state[:-1], made.witness.codes, made.witness.headers), made.chain_id).encode())  # fmt: skip
    finished = hstar(raw, "--skip-host-check", "--json")
    assert finished.returncode == 1 and json.loads(finished.stdout)["reason"] == "block_invalid"


@pytest.mark.parametrize(("arguments", "words"), [
    (["--rpc", "http://127.0.0.1:1"], "belong together"),
    (["--number", "1"], "belong together"),
    (["x.json", "--rpc", "http://127.0.0.1:1", "--number", "1"], "not both"),
    (["--program", "x.elf", "--skip-host-check"], "--skip-host-check is for blocks"),
    (["x.json", "--program", "x.elf"], "INPUT is for blocks"),
    (["--input", "x"], "--input is for --program"),
    (["absent.json"], "cannot be read"),
    (["--guest", "geth", "--skip-host-check"], "there is no guest called geth"),
])  # fmt: skip
def test_bad_usage(arguments, words):
    with pytest.raises(InputError, match=words):
        application()(["execute", *arguments, "--quiet"], standalone_mode=False)


def test_progress_as_json_lines():
    finished = hstar("--progress", "json", "--json", "--skip-host-check")
    assert finished.returncode == 2  # the shipped block has execution requests
    finished = hstar("--progress", "json", "--json")
    stages = [json.loads(line)["stage"] for line in finished.stderr.splitlines()]
    assert stages == ["checking the block by the executable specification", "running the guest"]


def test_bad_usage_is_one_sentence_and_exit_code_2():
    finished = hstar("--rpc", "http://127.0.0.1:1")
    assert finished.returncode == 2 and finished.stdout == ""
    assert finished.stderr.startswith("error: --rpc URL and --number N belong together") and "\n" in finished.stderr
    assert finished.stderr.count("\n") == 1


@pytest.mark.slow
def test_a_mainnet_block(data_folder):
    report = report_of(data_folder / "blocks/mainnet_24628607.json.gz")
    assert report["gas_used"] == 7_372_614 and len(report["transactions"]) == 66
    assert report["cycles_per_gas"] < 15
