"""Every data file gives what the checked table says: outcome, exit code, reason, place."""

import tomllib
from pathlib import Path

import pytest

from hstar.errors import HstarError
from hstar.ethereum.forks import ForkSource
from hstar.ethereum.inputs import load_block
from hstar.ethereum.oracle.judge import judge, run_trace

pytest.importorskip("ethereum.forks")
TABLE = tomllib.loads((Path(__file__).parent.parent / "data_files.toml").read_text(encoding="utf-8"))["case"]


def run(case, folder):
    block = load_block(folder / case["file"])
    if case["mode"] == "trace":
        return run_trace(block), None
    judgement = judge(
        block,
        fork_source=ForkSource.DECLARED if case["mode"] == "declared" else ForkSource.TIMESTAMP,
        assume_absent=[bytes.fromhex(address) for address in case.get("assume_absent", [])],
    )
    return judgement.execution, judgement.stateless_input


@pytest.mark.parametrize("case", TABLE, ids=lambda case: f"{case['file']}-{case['mode']}")
def test_file_gives_what_the_table_says(case, data_folder):
    folder = data_folder / "blocks"
    if case["outcome"] == "rejected":
        with pytest.raises(HstarError) as caught:
            run(case, folder)
        assert (caught.value.exit_code, caught.value.reason) == (case["exit_code"], case["reason"])
        for part in case["contains"]:
            assert part in caught.value.message
        return
    execution, stateless_input = run(case, folder)
    assert execution.gas_used == case["gas_used"]
    if "root" in case:
        assert stateless_input.new_payload_request_root().hex() == case["root"]
        assert len(stateless_input.encode()) == case["num_bytes"]
        assert len(execution.used_nodes) == case["num_used_nodes"]
        assert len(execution.used_codes) == case["num_used_codes"]


def test_table_names_every_block_file(data_folder):
    assert {path.name for path in (data_folder / "blocks").iterdir()} == {case["file"] for case in TABLE}
