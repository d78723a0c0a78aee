from __future__ import annotations

import os

import pytest

from hstar.kernels import backend

EXPECTED = os.environ.get("HSTAR_EXPECTED_INSTRUCTION_SET")


@pytest.mark.skipif(EXPECTED is None, reason="set by `make test-variants`")
def test_the_variant_under_test_is_the_one_that_runs() -> None:
    assert backend.native().compiled_instruction_set() == EXPECTED
    assert backend.runs_native()
