"""Commands in the guides run, and print what stands below them; a line `...` stands for any number of lines."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hstar.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
FILE = re.compile(r"Save this as `([^`]+)`:\n\n```\w+\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


def _steps(block):
    """The commands of a block with the lines that follow them."""
    steps = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        else:
            steps[-1][1].append(line)
    return steps


def _matches(printed, expected):
    """Whether the lines are the expected ones, `...` standing for any number of lines."""
    if not expected:
        return not printed
    if expected[0] == "...":
        return any(_matches(printed[index:], expected[1:]) for index in range(len(printed) + 1))
    return bool(printed) and printed[0] == expected[0] and _matches(printed[1:], expected[1:])


def _run(command, capsys, monkeypatch):
    """What a command prints: results, or its one sentence when it fails; blank lines and trailing blanks left out."""
    if not command.startswith("hstar "):
        subprocess.run(command, shell=True, check=True)
        return []
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    with pytest.raises(SystemExit) as ended:
        main()
    captured = capsys.readouterr()
    text = captured.err if ended.value.code else captured.out
    return [line.rstrip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("guide", ["docs/soundness/guide.md"])
def test_the_commands_of_a_guide_print_what_the_guide_says(guide, tmp_path, monkeypatch, capsys):
    text = (ROOT / guide).read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    for name, content in FILE.findall(text):
        (tmp_path / name).write_text(content, encoding="utf-8")
    blocks = CONSOLE.findall(text)
    assert blocks
    for command, expected in (step for block in blocks for step in _steps(block)):
        printed = _run(command, capsys, monkeypatch)
        assert _matches(printed, expected), f"{command} prints:\n" + "\n".join(printed)


def test_three_dots_stand_for_lines():
    assert _matches(["a", "b", "c"], ["a", "...", "c"])
    assert _matches(["a", "c"], ["a", "...", "c"])
    assert not _matches(["a", "b"], ["a", "...", "c"])
    assert not _matches(["a", "b"], ["a"])
