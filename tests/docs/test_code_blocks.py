"""Code in the guides runs, and prints (or is refused with) what stands below it."""

import contextlib
import io
import re
import sys
import types
from pathlib import Path

import pytest

from hstar.errors import HstarError

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("guide", ["README.md", "docs/circuits.md"])
def test_the_code_of_a_guide_does_what_the_guide_says(guide, monkeypatch):
    text = (ROOT / guide).read_text(encoding="utf-8")
    module = types.ModuleType("guide")
    # Annotations of classes are resolved in the module that their code says it belongs to.
    monkeypatch.setitem(sys.modules, "guide", module)
    blocks = BLOCK.findall(text)
    assert blocks
    for code, expected in blocks:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            try:
                exec(compile(code, guide, "exec"), vars(module))
            except HstarError as error:
                print(error.message)  # noqa: T201
        assert output.getvalue() == expected
