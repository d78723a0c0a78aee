"""The shipped block: reproduced by its script, valid, and reached by the Python interface."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import hstar
from hstar.ethereum.forks import Fork
from hstar.ethereum.oracle.specification import is_available
from hstar.ethereum.payload import decode_transactions

ROOT = Path(__file__).resolve().parent.parent.parent
needs_specification = pytest.mark.skipif(not is_available(), reason="the executable specification is not installed")


def test_it_shows_what_the_documentation_promises():
    block = hstar.example_block()

    kinds = [transaction.kind for transaction in decode_transactions(block.block.transactions)]
    assert set(kinds) == {0, 1, 2, 3, 4}
    assert len(block.block.withdrawals) == 3
    assert block.chain_id == 31337


@needs_specification
def test_the_script_makes_the_same_block():
    made = subprocess.run(
        [sys.executable, "tools/make_example_block.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr


@needs_specification
def test_it_is_valid_and_every_node_and_code_is_needed():
    from hstar.ethereum.oracle.judge import judge

    block = hstar.example_block()
    judgement = judge(block)

    execution = judgement.execution
    assert execution.fork is Fork.BPO2
    assert [result.error for result in execution.transactions if result.error] == ["Revert"]
    assert execution.gas_used == block.block.header.gas_used
    assert len(execution.used_nodes) == len(block.witness.state)
    assert len(execution.used_codes) == len(block.witness.codes)
    requests = execution.requests
    assert (len(requests.deposits), len(requests.withdrawals), len(requests.consolidations)) == (1, 1, 1)


@needs_specification
def test_the_code_of_the_guide_runs(capsys):
    guide = (ROOT / "docs/ethereum.md").read_text(encoding="utf-8")
    for code in re.findall(r"```python\n(.*?)```", guide, flags=re.DOTALL):
        exec(compile(code, "docs/ethereum.md", "exec"), {})

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "31337 1 38"
    assert lines[1].startswith("718378 ")
    cycles_per_gas, cycles_of_the_dearest = lines[2].split()
    assert 5 < float(cycles_per_gas) < 20 and int(cycles_of_the_dearest) > 100_000


def test_an_unknown_name_of_the_interface_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        _ = hstar.no_such_name
    assert {"example_block", "load_block"} <= set(dir(hstar))


def test_importing_hstar_loads_no_part_of_it():
    code = "import sys, hstar; assert not [name for name in sys.modules if name.startswith('hstar.')]"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
