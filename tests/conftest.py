"""Fixtures for every test: where the data is, and hypothesis profiles."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Examples are reproducible in CI and never fail for being slow on a busy machine.
settings.register_profile("hstar", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hstar")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Real blocks, foreign proofs and goldens; `HSTAR_DATA` says where, by default beside the checkout."""
    folder = Path(os.environ.get("HSTAR_DATA", ROOT.parent / "shared/data"))
    if not folder.is_dir():
        pytest.skip(f"no data folder at {folder}; set HSTAR_DATA")
    return folder
