"""`hstar circuit`: chips are listed and shown, as text and as JSON."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hstar.cli.circuit import app, find_chip
from hstar.errors import InputError, Reason


def run(*arguments):
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_list_names_every_chip_and_its_figures():
    text = run("list")
    assert "state_machine" in text and "poseidon2_ninth" in text and "not a measurement" in text
    circuits = json.loads(run("list", "--json"))["circuits"]
    (cubic,) = circuits["hash_chain_3"]["chips"]
    assert (cubic["cells"], cubic["degree"], cubic["interactions"], cubic["leaves"]) == (235, 3, 2, 1)
    assert len(bytes.fromhex(circuits["wide"]["digest"])) == 33


def test_show_writes_constraints_and_interactions_as_people_do():
    text = run("show", "word_add")
    assert "0 = is_real * (is_real - 1)" in text
    assert "t10 = (left.limbs[0] + right.limbs[0] - result.limbs[0]) * 1/65536" in text
    assert "ask range16(value = left.limbs[0]) times is_real" in text
    assert "result.limbs[3]  main   0 .. 65535" in text


def test_show_as_json_has_the_whole_chip():
    chip = json.loads(run("show", "sorting/sorted", "--json"))
    assert [column["name"] for column in chip["columns"]] == ["position", "previous", "value"]
    assert chip["interactions"][2]["message"] == {"position": "1 + position", "value": "value"}
    assert chip["leaves"][0]["interactions"] == [item["name"] for item in chip["interactions"]]


def test_long_chips_are_cut_unless_all_is_wanted():
    assert "... and 2560 more (--all shows them)" in run("show", "wide_mixing")
    assert "more (--all" not in run("show", "poseidon2_ninth", "--all")


def test_an_unknown_chip_is_one_sentence():
    with pytest.raises(InputError, match="no chip 'nobody'; chips are control, ") as caught:
        find_chip("nobody")
    assert caught.value.reason is Reason.UNKNOWN_NAME
    with pytest.raises(InputError):
        find_chip("wide/word_add")


def test_the_machine_is_listed():
    circuits = json.loads(run("list", "--json"))["circuits"]
    assert {"cpu", "keccak", "memory", "ram"} <= set(circuits)
    columns = sum(chip["cells"] for chip in circuits["cpu"]["chips"])
    assert columns <= 2_000, "the machine's budget of columns"
    chip = json.loads(run("show", "cpu/boundary", "--json"))
    assert {column["group"] for column in chip["columns"]} == {"boundary", "main"}


def test_cost_of_a_program_is_that_of_its_rows():
    path = str(Path(__file__).parents[1] / "vectors" / "guests" / "recursion.elf")
    report = json.loads(run("cost", "--program", path, "--json"))
    assert sum(chip["rows"] for chip in report["chips"]) + report["unproven"] == report["cycles"]
    cells = sum(chip["rows"] * chip["cells"] for chip in report["chips"]) + report["misaligned_cells"]
    assert report["per_cycle"]["cells"] == cells / report["cycles"]
    assert "cells a cycle" in run("cost", "--program", path)
