"""`hstar execute` and `hstar inspect` as processes."""

import json
import signal
import subprocess
import sys
import time

import pytest

from hstar.machine.elf import LoadSegment, write_elf
from hstar.machine.layout import INPUT_START, OUTPUT_START, PROGRAM_START
from machine.support import DATA, EXIT, code_segment

ECHO = f"""
    li s0, {INPUT_START}
    li s1, {OUTPUT_START}
    ld t0, 0(s0)
    sd t0, 0(s1)
    ld t1, 8(s0)
    sd t1, 8(s1)
    lw t1, 9(s0)
"""


def hstar(*arguments):
    command = [sys.executable, "-m", "hstar.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def elf(tmp_path):
    def write(source):
        path = tmp_path / "guest.elf"
        path.write_bytes(write_elf(PROGRAM_START, [code_segment(source), LoadSegment(1, DATA, b"", 4096, True, False)]))
        return path

    return write


def test_execute_prints_one_json_object(elf, tmp_path):
    (tmp_path / "input").write_bytes(b"octets!!")
    finished = hstar("execute", "--program", elf(ECHO + EXIT), "--input", tmp_path / "input", "--json", "--profile")
    assert finished.returncode == 0, finished.stderr
    report = json.loads(finished.stdout)
    assert bytes.fromhex(report["output"]) == b"octets!!"
    assert report["exit_code"] == 0 and report["segments"] == 1 and report["misaligned_accesses"] == 1
    assert report["cycles"] == sum(report["opcodes"].values()) == sum(line["cycles"] for line in report["profile"])
    assert report["rows"]["load"] == 3 and report["rows"]["store"] == 2
    # Touched: the image is not; input 2 words, output 2 words; in the segment also registers and pc.
    assert report["rows"]["initial_final"] == 4
    assert report["cells"] > 0 and report["proving_cost"] > 0 and report["cost_model"] >= 0


def test_execute_for_people_names_the_estimate(elf):
    finished = hstar("execute", "--program", elf(EXIT), "--profile")
    assert finished.returncode == 0 and "estimate" in finished.stdout and "(no symbol)" in finished.stdout


def test_both_kernels_report_the_same(elf, monkeypatch):
    reports = []
    for kernels in ("native", "reference"):
        monkeypatch.setenv("HSTAR_KERNELS", kernels)
        report = json.loads(hstar("execute", "--program", elf(ECHO + EXIT), "--json").stdout)
        del report["seconds"]
        reports.append(report)
    assert reports[0] == reports[1]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("li a0, 3\nli a7, 93\necall", None),
        ("ebreak", "breakpoint"),
        ("loop: j loop", "cycle_limit"),
    ],
)
def test_failed_executions_exit_with_1(elf, source, reason):
    finished = hstar("execute", "--program", elf(source), "--json", "--max-cycles", 1000)
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr and finished.stderr.count("error") >= 1
    report = json.loads(finished.stdout)
    assert report.get("reason") == reason
    assert reason or report["exit_code"] == 3


@pytest.mark.parametrize("arguments", [["--max-cycles", "0"], ["--max-memory", "0"], ["--log-cells", "9"]])
def test_bad_options_exit_with_2(elf, arguments):
    finished = hstar("execute", "--program", elf(EXIT), *arguments)
    assert finished.returncode == 2 and "Traceback" not in finished.stderr


def test_unreadable_files_exit_with_2(tmp_path):
    assert hstar("execute", "--program", tmp_path / "absent").returncode == 2
    (tmp_path / "text").write_text("hello")
    finished = hstar("execute", "--program", tmp_path / "text")
    assert finished.returncode == 2 and "not a program" in finished.stderr
    assert hstar("inspect", tmp_path / "text").returncode == 2
    assert hstar("inspect", tmp_path).returncode == 2


def test_inspect_describes_a_program(elf):
    path = elf("nop\n.word 0\n" + EXIT)
    description = json.loads(hstar("inspect", path, "--json").stdout)
    assert description["kind"] == "program" and description["words_that_trap"] == 1
    assert description["entry"] == hex(PROGRAM_START)
    assert [segment["access"] for segment in description["segments"]] == ["rx", "rw"]
    assert description["instructions"] == {"addi": 3, "ecall": 1}
    assert "0x4000000" in hstar("inspect", path).stdout


def test_too_large_an_input_exits_with_2(elf, tmp_path):
    with (tmp_path / "input").open("wb") as file:
        file.truncate(2**30)
    finished = hstar("execute", "--program", elf(EXIT), "--input", tmp_path / "input")
    assert finished.returncode == 2 and "1073741824 bytes" in finished.stderr


def listen_to_interrupts():
    """A test run in the background of a shell may have been told to ignore them, and its children would too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_control_c_ends_an_endless_loop(elf):
    command = [sys.executable, "-m", "hstar.cli.main", "execute", "--program", str(elf("loop: j loop"))]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listen_to_interrupts
    )
    try:
        assert "running" in process.stderr.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 3
    assert "interrupted" in errors and "Traceback" not in errors
