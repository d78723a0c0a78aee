"""The pipeline: stages, checkpoints, interruption and resumption, worker processes, programs that fail."""

import dataclasses
from pathlib import Path

import pytest

import hstar
from hstar.errors import InputError, Reason, ResourceError, VerificationError
from hstar.hash.suite import POSEIDON2
from hstar.machine.limits import Limits
from hstar.machine.reasons import ExecutionError, ExecutionReason
from hstar.machine.setup import set_up
from hstar.prover import resources
from hstar.prover.pipeline import Options, prove_run
from hstar.prover.segments import SegmentProver, stored_commitment, stored_proof
from hstar.prover.work import WorkFolder, job_name
from machine.support import make_program
from prover.runs import HALT, LOG_CELLS, honest, verify_run, weak_setup


def job_folder(path, input_bytes=b""):
    return path / job_name(POSEIDON2.digest_to_bytes(weak_setup().key.digest), input_bytes)


def interrupt_after(steps):
    """Reports that press Ctrl-C after so many steps, and remember them all."""
    seen = []

    def report(step):
        seen.append(step)
        if len(seen) == steps:
            raise KeyboardInterrupt

    return seen, report


def test_an_interrupted_run_goes_on_and_gives_the_same_file(tmp_path):
    setup, seen = weak_setup(), []
    for steps in (2, 7, 8):  # while executing; committing; proving
        _, report = interrupt_after(steps)
        with pytest.raises(ResourceError, match=r"--resume") as caught:
            prove_run(setup, b"", Options(tmp_path, resume=True, report=report))
        assert caught.value.reason is Reason.INTERRUPTED
    stored = sorted(path.name for path in job_folder(tmp_path).iterdir())
    assert stored_proof(1) in stored and stored_commitment(4) in stored
    before = (job_folder(tmp_path) / stored_proof(1)).stat().st_mtime_ns
    run = prove_run(setup, b"", Options(tmp_path, resume=True, report=seen.append, keep=True))
    assert (job_folder(tmp_path) / stored_proof(1)).stat().st_mtime_ns == before
    assert run.file == honest().file
    assert next(step.done for step in seen if step.stage == "prove") >= 1
    assert verify_run(setup.key, run.file).num_segments == run.num_segments == 4


@pytest.mark.slow
def test_damaged_checkpoints_are_made_again(tmp_path):
    setup, options = weak_setup(), Options(tmp_path, resume=True, keep=True)
    assert prove_run(setup, b"", options).file == honest().file
    folder = job_folder(tmp_path)
    for name in (stored_proof(2), stored_commitment(3)):
        data = bytearray((folder / name).read_bytes())
        data[-1] ^= 1
        (folder / name).write_bytes(bytes(data))
    (folder / stored_proof(1)).unlink()
    assert prove_run(setup, b"", options).file == honest().file


@pytest.mark.slow
def test_a_segment_that_changed_after_its_commitment_is_noticed(tmp_path):
    setup, work = weak_setup(), WorkFolder(tmp_path)
    _, report = interrupt_after(11)
    with pytest.raises(ResourceError):
        prove_run(setup, b"", Options(tmp_path, report=report))
    work = WorkFolder(job_folder(tmp_path))
    arrays = work.require_arrays("segment-00004.npz")
    arrays["image.final"] = arrays["image.final"] + arrays["image.final"].dtype.type(1)
    work.put_arrays("segment-00004.npz", arrays)
    with pytest.raises(ResourceError, match="differs from what was committed"):
        prove_run(setup, b"", Options(tmp_path, resume=True))


@pytest.mark.slow
def test_without_resume_a_job_starts_over_and_leaves_nothing(tmp_path, monkeypatch):
    setup, committed = weak_setup(), []
    _, report = interrupt_after(9)
    with pytest.raises(ResourceError):
        prove_run(setup, b"", Options(tmp_path, report=report))
    honest_commit = SegmentProver.commit
    monkeypatch.setattr(
        SegmentProver, "commit", lambda self, number: committed.append(number) or honest_commit(self, number)
    )
    prove_run(setup, b"", Options(tmp_path))
    assert sorted(committed) == [1, 2, 3, 4]
    assert list(tmp_path.iterdir()) == []


def test_the_input_is_part_of_the_jobs_name():
    assert len({job_name(b"v", b""), job_name(b"v", b"\0"), job_name(b"w", b""), job_name(b"", b"v")}) == 4


@pytest.mark.slow
def test_worker_processes_give_the_same_proofs(tmp_path):
    program = make_program("addi t0, zero, 50\nloop: addi t0, t0, -1\nbne t0, zero, loop\n" + HALT)
    setup = set_up(program, LOG_CELLS)
    alone = prove_run(setup, b"", Options(tmp_path / "alone"))
    together = prove_run(setup, b"", Options(tmp_path / "together", workers=2))
    assert alone.file == together.file
    assert hstar.verify(together, setup).num_segments == 2


def test_a_program_that_fails_gives_no_proof(tmp_path):
    for program, reason in (
        ("addi a0, zero, 3\naddi a7, zero, 93\necall\n", ExecutionReason.FAILED),
        ("addi a0, zero, 3\nebreak\n", ExecutionReason.BREAKPOINT),
    ):
        failing = dataclasses.replace(weak_setup(), program=make_program(program))
        with pytest.raises(ExecutionError) as caught:
            prove_run(failing, b"", Options(tmp_path))
        assert caught.value.reason is reason
    with pytest.raises(ExecutionError) as caught:
        prove_run(weak_setup(), b"", Options(tmp_path, limits=Limits(max_cycles=100)))
    assert caught.value.reason is ExecutionReason.CYCLE_LIMIT


def test_memory_and_disk_are_checked_first(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "BYTES_PER_CELL", 2**30)
    with pytest.raises(ResourceError, match="--log-cells") as caught:
        prove_run(weak_setup(), b"", Options(tmp_path / "not" / "there"))
    assert caught.value.reason is Reason.OUT_OF_MEMORY
    monkeypatch.undo()
    monkeypatch.setattr(resources, "MIN_DISK_BYTES", 2**62)
    with pytest.raises(ResourceError, match="--work-dir"):
        prove_run(weak_setup(), b"", Options(tmp_path / "not" / "there"))


def test_a_work_folder_that_cannot_be_written(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(ResourceError, match="--work-dir"):
        prove_run(weak_setup(), b"", Options(blocked))


def test_segments_that_fit_no_class():
    with pytest.raises(InputError, match="no size class"):
        weak_setup().class_for("ram", {"input": 2**20})
    with pytest.raises(InputError, match="do not exist"):
        set_up(make_program(HALT), 19)


def test_the_python_interface_refuses_what_it_cannot_use(tmp_path):
    with pytest.raises(InputError):
        hstar.verify("proof", weak_setup())
    with pytest.raises(InputError):
        hstar.verify(b"", b"no key")
    with pytest.raises(VerificationError):
        hstar.verify(honest().file, weak_setup())  # too weak
    with pytest.raises(InputError, match="cannot be read"):
        hstar.program_key(Path(tmp_path / "missing.elf"))
