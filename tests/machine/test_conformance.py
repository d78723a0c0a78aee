"""The 72 programs of the architectural test list: recorded digests, both machines, and qemu where it is installed."""

import json
from pathlib import Path

import pytest

from machine.conformance import NAMES, RESULT_BYTES, RESULTS, WRITE, build
from machine.support import EXIT, make_program, needs_qemu, qemu_output, run_both, write_for_qemu
from machine.vectors import VECTORS, result_digest

RECORDED = json.loads(Path(VECTORS).read_text(encoding="utf-8"))


def test_the_list_is_complete():
    assert len(NAMES) == len(set(NAMES)) == 72
    assert list(RECORDED["programs"]) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_both_machines_give_the_recorded_results(name):
    test, recorded = build(name), RECORDED["programs"][name]
    program = make_program("\n".join(test.lines) + "\n" + EXIT, test.data, data_bytes=0x3_0000)
    run = run_both(program)
    assert run.error is None
    area = run.native.read_words(RESULTS // 8, RESULT_BYTES // 8).tobytes()
    assert any(area), "the program must compute something"
    assert result_digest(area) == recorded["result"]
    assert run.execution.cycles == recorded["cycles"]
    assert recorded["points"] == test.points and len(test.points) > 0
    if name.startswith("Misalign"):
        assert run.execution.misaligned_loads + run.execution.misaligned_stores > 10


@needs_qemu
@pytest.mark.parametrize("name", NAMES)
def test_qemu_gives_the_recorded_results(name, tmp_path):
    test = build(name)
    path = write_for_qemu(tmp_path, "\n".join(test.lines) + "\n" + WRITE + EXIT, test.data, data_bytes=0x3_0000)
    exit_code, area = qemu_output(path)
    assert exit_code == 0
    assert result_digest(area) == RECORDED["programs"][name]["result"]
