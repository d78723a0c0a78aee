"""`hstar guest` as a process."""

import json
import subprocess
import sys

import pytest

from hstar.cli.main import application
from hstar.errors import InputError
from hstar.machine import guests


def hstar(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "hstar.cli.main", "guest", *arguments], capture_output=True, text=True, check=False
    )


def test_shipped_guests_are_listed():
    listed = json.loads(hstar("list", "--json").stdout)["guests"]
    assert set(listed) == set(guests.names())
    revm = listed["revm"]
    assert revm["digest"] == guests.load("revm").digest and revm["bytes"] == len(guests.load("revm").elf)
    assert revm["instructions"] > 10_000 and "rustc" in revm["compiler"]
    assert "revm" in hstar("list").stdout


def test_a_guest_that_is_not_shipped_has_no_key():
    with pytest.raises(InputError, match="no guest called geth; shipped are revm"):
        application()(["guest", "key", "geth", "--quiet"], standalone_mode=False)


@pytest.mark.slow
def test_the_key_of_a_shipped_guest_follows_from_its_program(tmp_path):
    path = tmp_path / "revm.key"
    fields = json.loads(hstar("key", "revm", "-o", str(path), "--until", "segments", "--json").stdout)
    assert fields["verifying_key"] == guests.load("revm").key_digest
    elf = tmp_path / "revm.elf"
    elf.write_bytes(guests.load("revm").elf)
    command = [sys.executable, "-m", "hstar.cli.main", "key", "--program", str(elf), "-o", str(tmp_path / "same.key")]
    options = ["--log-cells", str(guests.load("revm").log_cells), "--until", "segments"]
    subprocess.run([*command, *options], check=True, capture_output=True)
    assert path.read_bytes() == (tmp_path / "same.key").read_bytes() and len(path.read_bytes()) == fields["bytes"]
    assert fields["digest"] == guests.load("revm").digest and len(fields["verifying_key"]) == 72
