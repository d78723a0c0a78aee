"""`hstar soundness` as a process: streams, formats, exit codes."""

import csv
import io
import json

import pytest

from cli.test_main import run
from hstar.field.extension import ONE
from hstar.hash.suite import POSEIDON2
from hstar.recursion.accept import FinalProof
from hstar.verifier.file import write_final_file
from hstar.verifier.program_key import shipped_key

SMALL = ("--log-cells", "14", "--log-inverse-rate", "2")


def test_solve_prints_one_json_object():
    finished = run("soundness", "solve", *SMALL, "--json", "--sensitivity")
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    result = json.loads(finished.stdout)
    assert result["security_bits"] >= 128
    assert result["predicted_bytes"]["expected"] <= result["predicted_bytes"]["worst"]
    assert result["parameters"]["log_cells"] == 14
    assert {entry["parameter"] for entry in result["sensitivity"]} >= {"iteration 0: num_queries"}


def test_solve_prints_tables_and_draws(tmp_path):
    path = tmp_path / "rounds.svg"
    finished = run("soundness", "solve", *SMALL, "--plot", str(path), "--plot-kind", "rounds")
    assert finished.returncode == 0, finished.stderr
    assert "whir.0.shift" in finished.stdout
    assert "security bits" in finished.stdout
    assert str(path) in finished.stderr
    assert path.read_text(encoding="utf-8").startswith("<?xml")


def test_explain_takes_the_start_of_a_name_and_says_what_is_similar():
    finished = run("soundness", "explain", "whir.0", *SMALL)
    assert finished.returncode == 0, finished.stderr
    assert "whir.0.shift" in finished.stdout
    assert "(1 - delta)" in finished.stdout
    finished = run("soundness", "explain", "logup.fingerprnt", *SMALL, "--json")
    assert finished.returncode == 2
    assert json.loads(finished.stdout)["reason"] == "unknown_term"
    assert "logup.fingerprint" in finished.stderr


def test_report_on_hstar_is_the_whole_recursion(tmp_path):
    path = tmp_path / "topology.svg"
    finished = run("soundness", "report", "hstar", "--segments", "3", "--json", "--plot", str(path))
    assert finished.returncode == 0, finished.stderr
    (system,) = json.loads(finished.stdout)["systems"]
    recursion = system["recursion"]
    assert recursion["num_segments"] == 3
    assert recursion["straight_line_bits"] >= 128
    assert [level["role"] for level in recursion["levels"]] == ["segment", "leaf", "join", "final"]
    assert recursion["by_segments"][-1]["num_segments"] == recursion["max_segments"]
    assert recursion["final_bytes"]["worst"] < 300 * 1024
    assert system["circuits"][-1]["parameters"]["hash_suite"] == "blake2b"
    assert "joins" not in path.read_text(encoding="utf-8")
    assert "final: 128" in path.read_text(encoding="utf-8")


def test_report_on_one_kind_of_proof_and_its_terms():
    finished = run("soundness", "report", "hstar", "--circuit", "final", "--format", "csv")
    assert finished.returncode == 0, finished.stderr
    assert next(csv.reader(io.StringIO(finished.stdout)))[0] == "circuit"
    finished = run("soundness", "explain", "whir.0", "--circuit", "join of 2", "--json")
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["name"].startswith("whir.0.")


def test_report_on_a_final_proof_states_its_real_size(tmp_path):
    key = shipped_key("revm")
    final = FinalProof(7, (1,) * 9, ONE, bytes(1000))
    path = tmp_path / "run.final"
    path.write_bytes(write_final_file(key.machine, key.require_recursion(), b"output", final))
    finished = run("soundness", "report", str(path))
    assert finished.returncode == 0, finished.stderr
    assert "1,000 bytes" in finished.stdout
    assert "7 segments" in finished.stdout
    foreign = bytearray(path.read_bytes())
    start = foreign.index(POSEIDON2.digest_to_bytes(key.machine.digest))
    foreign[start] ^= 1
    path.write_bytes(foreign)
    finished = run("soundness", "report", str(path))
    assert finished.returncode == 2
    assert "no shipped guest" in finished.stderr


def test_report_on_files(data_folder, tmp_path):
    path = str(data_folder / "soundcalc/toml/airbender.toml")
    finished = run("soundness", "report", path, "--total", "soundcalc", "--format", "markdown")
    assert finished.returncode == 0, finished.stderr
    golden = data_folder / "soundcalc/reports/airbender.md"
    assert finished.stdout == golden.read_text(encoding="utf-8")
    assert "reduction_error = 0" in finished.stderr
    finished = run("soundness", "report", path, "--total", "soundcalc", "--json")
    (system,) = json.loads(finished.stdout)["systems"]
    (circuit,) = system["circuits"]
    assert circuit["totals"] == {"UDR": 64, "JBR": 67}
    assert circuit["predicted_bytes"]["worst"] // 1024 == 1951
    assert circuit["weakest"] == "query phase"
    finished = run("soundness", "report", path, "--total", "soundcalc", "--format", "csv")
    assert "Airbender,generalized_circuit,JBR,DEEP,105,," in finished.stdout
    finished = run("soundness", "report", path, "--total", "soundcalc")
    assert "generalized_circuit" in finished.stdout


def test_the_strict_total_is_the_default_of_files(data_folder, tmp_path):
    path, plot = str(data_folder / "soundcalc/toml/airbender.toml"), tmp_path / "rounds.svg"
    finished = run("soundness", "report", path, "--plot", str(plot))
    assert finished.returncode == 0, finished.stderr
    assert "total strict" in finished.stdout
    assert "term generic_lookup of generalized_circuit is unavailable" in finished.stderr
    assert plot.read_text(encoding="utf-8").startswith("<?xml")
    finished = run("soundness", "report", path, "--total", "dkt26", "--json")
    (system,) = json.loads(finished.stdout)["systems"]
    assert not system["complete"]
    assert 67 < system["security_bits"] < 72
    assert {term["name"]: term for term in system["circuits"][0]["terms"]}["generic_lookup"]["bits"] is None


def test_terms_of_files_are_explained(data_folder):
    path = str(data_folder / "soundcalc/toml/zisk.toml")
    finished = run("soundness", "explain", "query", "--file", path, "--circuit", "Final")
    assert finished.returncode == 0, finished.stderr
    assert "(((1 - delta) * (p - r) + f) / p)^q * g" in finished.stdout
    finished = run(
        "soundness", "explain", "DEEP", "--file", path, "--circuit", "Final", "--total", "soundcalc", "--json"
    )
    assert json.loads(finished.stdout)["formula"] == "L * (d * (k + c - 1) + k - 1) / (|F| - k - n)"
    finished = run("soundness", "explain", "querry phase", "--file", path)
    assert finished.returncode == 2
    assert "similar ones are query phase" in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("solve",), "--log-cells"),
        (("solve", *SMALL, "--suite", "sha3"), "sha3"),
        (("solve", *SMALL, "--plot", "rounds.pdf"), ".svg or .png"),
        (("solve", *SMALL, "--target-bits", "150"), "collisions"),
        (("report", "nothing.toml"), "nothing.toml"),
        (("report", "nothing.toml", "--circuit", "main"), "nothing.toml"),
        (("explain", "DEEP", "--file", "nothing.toml"), "nothing.toml"),
        (("report", "hstar", "--total", "dkt26"), "--total"),
        (("report", "hstar", "--circuit", "square"), "square"),
        (("explain", "whir.0", "--circuit", "square"), "square"),
    ],
)
def test_errors_are_one_sentence(arguments, words):
    finished = run("soundness", *arguments)
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert words in finished.stderr
    assert "Traceback" not in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1


def test_compare(data_folder, tmp_path):
    folder, plot = data_folder / "soundcalc/toml", tmp_path / "systems.svg"
    paths = (str(folder / "pico.toml"), str(folder / "openvm2.toml"))
    finished = run("soundness", "compare", *paths, "--plot", str(plot))
    assert finished.returncode == 0, finished.stderr
    assert "What to turn for the next milestone" in finished.stdout
    assert "OpenVM2 2.0.0-beta, for 128 bits and 300 KiB: hash_size_bits 256 -> 264" in finished.stdout
    assert plot.read_text(encoding="utf-8").startswith("<?xml")
    finished = run("soundness", "compare", paths[0], "--json")
    (system,) = json.loads(finished.stdout)["systems"]
    assert system["bits"]["soundcalc"] == 53
    assert system["milestones_reached"] == [False, False]
    assert system["next"]["found"]


def test_differences(data_folder, tmp_path):
    path, page = str(data_folder / "soundcalc/toml/airbender.toml"), tmp_path / "differences.md"
    finished = run("soundness", "differences", path, "--output", str(page))
    assert finished.returncode == 0, finished.stderr
    assert "| generic_lookup | 1 | 94.29 | none | — | `lookup_count` |" in page.read_text(encoding="utf-8")
    finished = run("soundness", "differences", path, "-o", str(tmp_path / "nowhere/page.md"))
    assert finished.returncode == 2
    assert "cannot write" in finished.stderr


def test_calibrate(tmp_path):
    finished = run("soundness", "calibrate", "--runs", "200", "--json")
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout)["holds"]
    finished = run("soundness", "calibrate", "--runs", "100", "--into", str(tmp_path / "nothing.md"))
    assert finished.returncode == 2
    assert "cannot write" in finished.stderr
