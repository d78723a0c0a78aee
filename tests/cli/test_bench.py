import json
import subprocess
import sys

import pytest

from hstar.kernels import backend

pytestmark = pytest.mark.skipif(not backend.native_available(), reason="only native kernels are measured")


def bench(*arguments):
    command = [sys.executable, "-m", "hstar.cli.main", "bench", "kernels", "--quick", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_json_goes_to_stdout_and_to_the_file(tmp_path):
    path = tmp_path / "results" / "kernels.json"
    finished = bench("--only", "extension multiply-add", "--json", "-o", str(path))
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert report == json.loads(path.read_text())
    assert report["machine"]["compiler"].startswith("rustc ")
    assert {result["name"] for result in report["results"]} == {"extension multiply-add"}
    for result in report["results"]:
        assert result["value"] > 0
        assert result["ratio"] == result["value"] / result["peer_value"]
    assert [path] == list(path.parent.iterdir())


def test_the_table_goes_to_stdout_and_progress_to_stderr():
    finished = bench("--only", "sum of base")
    assert finished.returncode == 0, finished.stderr
    assert "Plonky3" in finished.stdout
    assert "sum of base x extension, 1 thread:" in finished.stderr


def test_an_unknown_workload_is_one_sentence():
    finished = bench("--only", "teapot")
    assert finished.returncode == 2
    assert "teapot" in finished.stderr
    assert "Traceback" not in finished.stderr
