#!/usr/bin/env python3
"""Fails when a relative link in a Markdown file of the repository leads nowhere. Links to the web are not followed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def dead_links(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    dead = []
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            continue
        if not (page.parent / target.split("#")[0]).exists():
            dead.append(f"{page.relative_to(ROOT)}: {target}")
    return dead


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    dead = [line for name in listed if (ROOT / name).exists() for line in dead_links(ROOT / name)]
    for line in dead:
        print(f"dead link: {line}")
    return 1 if dead else 0


if __name__ == "__main__":
    sys.exit(main())
