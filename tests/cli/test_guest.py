"""`hstar guest` as a process."""

import json
import subprocess
import sys

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
