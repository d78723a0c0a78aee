"""The page of attacks names every attack of the tests with its reason, and only tests that there are."""

import re
from pathlib import Path

from recursion.attacks import ATTACKS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/recursion-attacks.md").read_text(encoding="utf-8")


def test_every_attack_stands_on_the_page_with_its_reason():
    expected = []
    for name, attack in ATTACKS.items():
        also = f", then `{attack.also}`" if attack.also else ""
        expected.append(f"| {name} | `{attack.reason}`{also} | {'yes' if attack.alone else ''} |")
    section = PAGE.split("## Lies about nodes")[1].split("## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert rows[1:] == expected


def test_the_tests_that_the_page_names_are_there():
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    found = set()
    for path in Path(__file__).parents[1].glob("*/test_*.py"):
        found |= set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert named
    assert named <= found
