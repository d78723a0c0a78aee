"""What `hstar bench machine` measures: the executor beside its targets, full segments, a long run."""

import shutil

import pytest
from rich.console import Console

from hstar.bench import long_run, machine_report, machine_runs
from hstar.bench.workload import workloads
from hstar.bench.workloads import machine
from hstar.errors import InputError
from hstar.kernels import backend

pytestmark = pytest.mark.skipif(not backend.native_available(), reason="only native kernels are measured")


def test_every_guest_is_measured_plain_and_cut():
    names = [workload.name for workload in workloads("machine") if workload.target is not None]
    assert len(names) == 2 * len(machine.INPUTS)
    assert sum("plain" in name for name in names) == sum("segments" in name for name in names)


@pytest.mark.parametrize("how", ["plain", "segments"])
def test_a_trial_counts_the_cycles_it_runs(how):
    (workload,) = workloads("machine", f"multiplication in C, {'cut into segments' if how == 'segments' else how}")
    one = workload.prepare(1)
    assert one.work() == one.operations > 10**7
    one.peer()
    two = workload.prepare(2)
    assert two.work() == [one.operations] * 2
    assert two.operations == 2 * one.operations


@pytest.mark.skipif(shutil.which("qemu-riscv64") is None, reason="qemu-riscv64 is not installed")
def test_qemu_runs_the_same_guest():
    (workload,) = workloads("machine", "multiplication in C, by qemu")
    trial = workload.prepare(1)
    assert trial.operations > 10**7 and trial.work().returncode == 0


def shown(table):
    console = Console(width=120, highlight=False)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_full_segments_are_proven_and_every_line_has_its_target():
    run = machine_runs.measure("bigint", 20, 1)
    assert run.cycles > 1000 and run.keccak.permutations >= 1
    assert run.keccak.cells > 50_000 and run.keccak.fractions > 100
    assert 0 < run.trace_share < 1 and run.peak_memory_bytes > 2**26
    text = shown(machine_report.table_of_runs([run]))
    for title in ("us a cycle", "share of the trace", "cells a cycle", "peak memory", "ms a keccak-f", "fractions a"):
        assert title in text
    record = machine_runs.record_of(run)
    assert record["keccak"]["milliseconds"] == run.keccak.milliseconds > 0


def test_targets_of_time_are_scaled_and_misses_are_said():
    keccak = machine_runs.KeccakRun(100, 55_000, 30_000, {"record": 0.1, "fill": 0.1, "all": 0.5})
    run = machine_runs.MachineRun(
        guest="revm", log_cells=24, cycles=100_000, row_cells=26.0, row_fractions=15.0, all_fractions=20.0,
        seconds={"record": 0.01, "fill": 0.01, "all": 0.3}, peak_memory_bytes=2**30, keccak=keccak,
        quintic_nanoseconds=2.52,
    )  # fmt: skip
    text = shown(machine_report.table_of_runs([run]))
    assert "3.00" in text and "<= 5.00" in text and "3.00, missed" not in text
    assert "26.0, missed" in text and "5.00" in text and "<= 7.40" in text


def test_an_unknown_guest_is_refused():
    with pytest.raises(InputError, match="there is no guest nobody"):
        machine_runs.measure("nobody", 20, 1)


def test_a_long_run_is_shown_with_its_bound():
    run = long_run.LongRun("collections", 10**9, 1300, 3.0, 40 << 20, 600 << 20, 100 << 20)
    assert "500" in shown(machine_report.table_of_long_run(run)) and run.grown_bytes > run.bound_bytes
    assert "500, missed" in shown(machine_report.table_of_long_run(run))
