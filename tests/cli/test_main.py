"""The command line as a process: exit codes, streams, JSON."""

import json
import subprocess
import sys

import hstar


def run(*arguments, env=None):
    return subprocess.run(
        [sys.executable, "-m", "hstar.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )


def test_version_goes_to_stdout():
    finished = run("--version")
    assert finished.returncode == 0
    assert finished.stdout == f"hstar {hstar.__version__}\n"


def test_unknown_command_is_bad_usage():
    finished = run("no-such-command")
    assert finished.returncode == 2
    assert finished.stdout == ""
    assert "no-such-command" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_doctor_prints_one_json_object_and_nothing_else():
    finished = run("doctor", "--json")
    assert finished.returncode == 0
    report = json.loads(finished.stdout)
    assert report["python"]["state"] == "ok"
    assert {"native_module", "memory", "disk", "kernels"} <= report.keys()


def test_a_wrong_environment_variable_is_one_sentence(monkeypatch):
    monkeypatch.setenv("HSTAR_KERNELS", "abacus")
    finished = run("doctor")
    assert finished.returncode == 2
    assert "HSTAR_KERNELS is 'abacus'" in finished.stderr
    assert "Traceback" not in finished.stderr
