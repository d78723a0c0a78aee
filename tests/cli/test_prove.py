"""`hstar key`, `prove`, `verify` and `inspect` of what they write, as a user runs them."""

import json
import os
import signal
import subprocess
import sys

import pytest

from hstar.machine.elf import LoadSegment, write_elf
from hstar.machine.layout import PROGRAM_START
from machine.support import DATA, code_segment
from prover.runs import HALT

SIZE = ("--log-cells", "20")
SEGMENTS = ("--until", "segments")


def hstar(*arguments, cwd, **options):
    command = [sys.executable, "-m", "hstar.cli.main", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=600, **options)


def write_program(folder, name="guest.elf", rounds=20, ending=HALT):
    source = f"addi t1, zero, {rounds}\nouter: addi t0, zero, 2000\nloop: addi t0, t0, -1\nbne t0, zero, loop\n"
    source += "addi t1, t1, -1\nbne t1, zero, outer\n"
    path = folder / name
    path.write_bytes(
        write_elf(PROGRAM_START, [code_segment(source + ending), LoadSegment(1, DATA, b"", 16, True, False)])
    )
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A program, its key and a proof."""
    path = tmp_path_factory.mktemp("prove")
    write_program(path, rounds=1)
    key = hstar("key", "--program", "guest.elf", "-o", "guest.key", *SIZE, *SEGMENTS, "--json", cwd=path)
    assert key.returncode == 0, key.stderr
    arguments = ("-o", "guest.hstar", *SIZE, *SEGMENTS, "--json", "--progress", "json")
    proof = hstar("prove", "--program", "guest.elf", *arguments, cwd=path)
    assert proof.returncode == 0, proof.stderr
    (path / "outputs.json").write_text(json.dumps([json.loads(key.stdout), json.loads(proof.stdout), proof.stderr]))
    return path


def test_prove_says_what_it_did(folder):
    key, proof, progress = json.loads((folder / "outputs.json").read_text())
    assert proof["verifying_key"] == key["verifying_key"]
    assert {name: proof[name] for name in ("proof", "kind", "output", "segments")} == {
        "proof": "guest.hstar", "kind": "segments", "output": "", "segments": 2,
    }  # fmt: skip
    assert proof["security_bits"] >= 128 and proof["cycles"] == 4000 + 7
    assert proof["proof_bytes"] == (folder / "guest.hstar").stat().st_size
    assert set(proof["seconds"]) == {"execute", "commit", "prove", "total"}
    steps = [json.loads(line) for line in progress.splitlines() if line.startswith("{")]
    assert steps[-1] | {"seconds": 0} == {
        "stage": "prove", "done": 2, "total": 2, "seconds": 0, "fraction": 1.0, "remaining_seconds": 0.0,
    }  # fmt: skip
    assert not (folder / ".hstar-work").exists() or not list((folder / ".hstar-work").iterdir())


def test_verify_accepts_and_rejects(folder):
    good = hstar("verify", "guest.hstar", "--verifying-key", "guest.key", "--expect-output", "0x", "--json", cwd=folder)
    assert good.returncode == 0, good.stderr
    fields = json.loads(good.stdout)
    assert fields["valid"] is True and fields["security_bits"] >= 128 and fields["output"] == ""
    wrong = hstar(
        "verify", "guest.hstar", "--verifying-key", "guest.key", "--expect-output", "00", "--json", cwd=folder
    )
    assert (wrong.returncode, json.loads(wrong.stdout)["reason"]) == (1, "wrong_output")
    data = bytearray((folder / "guest.hstar").read_bytes())
    data[-100] ^= 1
    (folder / "bad.hstar").write_bytes(bytes(data))
    bad = hstar("verify", "bad.hstar", "--verifying-key", "guest.key", cwd=folder)
    assert bad.returncode == 1 and bad.stderr.startswith("error: ") and "Traceback" not in bad.stderr


def test_files_that_are_something_else(folder):
    for arguments, words in (
        (("verify", "guest.hstar", "--verifying-key", "guest.elf"), "not the verifying key"),
        (("verify", "guest.hstar", "--verifying-key", "missing.key"), "cannot be read"),
        (("verify", "guest.hstar", "--verifying-key", "guest.key", "--expect-output", "0"), "hexadecimal"),
        (("prove", "--program", "guest.key", *SIZE), "ELF"),
        (("prove", "--program", "guest.elf", *SIZE, "--until", "leaves"), "--until"),
        (("prove", "--program", "guest.elf", "--log-cells", "12"), "--log-cells"),
    ):
        result = hstar(*arguments, cwd=folder)
        assert result.returncode == 2 and words in result.stderr.replace("\n", " "), result.stderr
    result = hstar("verify", "guest.elf", "--verifying-key", "guest.key", cwd=folder)
    assert result.returncode == 1 and "not the proof of a program" in result.stderr


def test_inspect_knows_proof_and_key(folder):
    proof = json.loads(hstar("inspect", "guest.hstar", "--json", cwd=folder).stdout)
    key = json.loads(hstar("inspect", "guest.key", "--json", cwd=folder).stdout)
    assert proof["segments"] == 2 and proof["verifying_key"] == key["verifying_key"]
    assert [item["class"].split(": ")[1] for item in key["classes"]] == ["cpu", "keccak", "ram", "memory"]


@pytest.mark.slow
def test_one_final_proof_at_128_bits(folder, tmp_path):
    """Key, proof, verification and inspection; a key for segments alone is refused with what to do."""
    environment = {**os.environ, "HSTAR_CACHE": str(tmp_path / "cache")}
    made = hstar("key", "--program", "guest.elf", "-o", "both.key", *SIZE, "--json", cwd=folder, env=environment)
    assert made.returncode == 0, made.stderr
    arguments = ("-o", "final.hstar", *SIZE, "--json", "--progress", "json")
    proved = hstar("prove", "--program", "guest.elf", *arguments, cwd=folder, env=environment)
    assert proved.returncode == 0, proved.stderr
    fields, size = json.loads(proved.stdout), (folder / "final.hstar").stat().st_size
    assert (fields["kind"], fields["segments"], fields["nodes"]) == ("final", 2, 3)
    assert fields["security_bits"] >= 128 and fields["proof_bytes"] == size <= 160 * 1024
    steps = [json.loads(line) for line in proved.stderr.splitlines() if line.startswith("{")]
    assert steps[-1]["stage"] == "final" and steps[-1]["fraction"] == 1
    good = hstar("verify", "final.hstar", "--verifying-key", "both.key", "--json", cwd=folder)
    assert good.returncode == 0 and json.loads(good.stdout)["kind"] == "final", good.stderr
    refused = hstar("verify", "final.hstar", "--verifying-key", "guest.key", cwd=folder)
    assert refused.returncode == 2 and "hstar key --program" in refused.stderr.replace("\n", " ")
    segments = hstar("verify", "guest.hstar", "--verifying-key", "both.key", "--json", cwd=folder)
    assert segments.returncode == 0 and json.loads(segments.stdout)["kind"] == "segments"
    data = bytearray((folder / "final.hstar").read_bytes())
    data[-100] ^= 1
    (folder / "bad.hstar").write_bytes(bytes(data))
    assert hstar("verify", "bad.hstar", "--verifying-key", "both.key", cwd=folder).returncode == 1
    key = json.loads(hstar("inspect", "both.key", "--json", cwd=folder).stdout)
    assert [node["node"] for node in key["nodes"]][-2:] == ["join-2", "join-3"] and key["recursion_bits"][
        "final"
    ] >= 128
    assert json.loads(hstar("inspect", "final.hstar", "--json", cwd=folder).stdout)["segments"] == 2


@pytest.mark.slow
def test_a_program_that_fails_gives_no_proof(folder):
    write_program(folder, "failing.elf", rounds=1, ending=HALT.replace("a0, zero, 0", "a0, zero, 7"))
    result = hstar("prove", "--program", "failing.elf", "-o", "failing.hstar", *SIZE, *SEGMENTS, cwd=folder)
    assert result.returncode == 1 and "exit code 7" in result.stderr
    assert not (folder / "failing.hstar").exists()


def _listen_to_ctrl_c():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
def test_twenty_segments_interrupted_half_way_and_resumed(tmp_path):
    """Ctrl-C in the middle of the proofs; the same command with --resume; the file verifies."""
    write_program(tmp_path, rounds=100)
    arguments = ["prove", "--program", "guest.elf", "-o", "guest.hstar", *SIZE, *SEGMENTS, "--progress", "json"]
    command = [sys.executable, "-m", "hstar.cli.main", *arguments]
    # A shell lets what it starts in the background ignore Ctrl-C; ours must not.
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=_listen_to_ctrl_c
    ) as process:
        for line in process.stderr:
            if line.startswith("{") and json.loads(line)["stage"] == "prove" and json.loads(line)["done"] >= 10:
                os.kill(process.pid, signal.SIGINT)
                break
        rest = process.stderr.read()
        assert process.wait(timeout=120) == 3 and "--resume" in rest
    resumed = hstar(*arguments, "--resume", "--json", cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    fields = json.loads(resumed.stdout)
    assert fields["segments"] >= 20
    first = next(json.loads(line) for line in resumed.stderr.splitlines() if '"prove"' in line)
    assert first["done"] >= 10
    assert hstar("key", "--program", "guest.elf", "-o", "guest.key", *SIZE, *SEGMENTS, cwd=tmp_path).returncode == 0
    verified = hstar("verify", "guest.hstar", "--verifying-key", "guest.key", "--json", cwd=tmp_path)
    assert verified.returncode == 0 and json.loads(verified.stdout)["segments"] == fields["segments"]
