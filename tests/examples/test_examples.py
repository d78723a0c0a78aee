"""The examples run as a newcomer runs them."""

import importlib.util
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def main_of(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


@pytest.mark.parametrize(
    ("name", "argument", "expected"),
    [
        ("state_machine", 27, ["proven that 27 takes 111 steps", "verified: (27, 111)", "refused"]),
        ("sorting", 50, ["50 numbers are sorted: proven and verified", "refused, the local buses do not balance"]),
        ("guest", 10, ["10 numbers sorted and hashed by sort.elf", "cpu, keccak, memory", "provable bits", "128."]),
        ("hash_chain", 16, ["16 links of Poseidon2", "proof bytes", "verification"]),
    ],
)
def test_example(name, argument, expected, capsys):
    main_of(name)(argument)
    output = capsys.readouterr().out
    assert all(text in output for text in expected)


def test_every_example_is_run_here_and_short():
    files = sorted(EXAMPLES.glob("*.py"))
    assert [file.stem for file in files] == ["guest", "hash_chain", "sorting", "state_machine"]
    assert all(len(file.read_text().splitlines()) <= 60 for file in files)
