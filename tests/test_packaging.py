"""What the package declares in two places must be equal."""

import re
import tomllib
from pathlib import Path

import hstar

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CARGO = tomllib.loads((ROOT / "rust/Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]


def test_versions_agree():
    assert PROJECT["version"] == hstar.__version__ == CARGO["version"]


def test_runtime_requirements_are_those_of_the_package():
    lines = (ROOT / "requirements/runtime.in").read_text(encoding="utf-8").splitlines()
    listed = {line for line in lines if line and not line.startswith("#")}
    extras = [name for extra in PROJECT["optional-dependencies"].values() for name in extra]
    assert listed == {*PROJECT["dependencies"], *extras}


def test_minimum_rust_is_the_one_that_setup_checks():
    setup = (ROOT / "tools/setup_environment.py").read_text(encoding="utf-8")
    major, minor = re.search(r"MIN_RUST = \((\d+), (\d+)\)", setup).groups()
    assert CARGO["rust-version"] == f"{major}.{minor}"


def test_lock_holds_hashes_and_no_addresses():
    lock = (ROOT / "requirements/dev.txt").read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert not re.search(r"https?://|--index-url|--find-links", lock)
