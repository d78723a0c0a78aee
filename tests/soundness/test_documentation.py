"""The worked examples of the pages are run; every term's page exists and names it; the papers are listed."""

import doctest
import re
import tomllib
from pathlib import Path

import pytest

from hstar.soundness import solver
from hstar.soundness.sources import PAPERS
from soundness.systems import default, segment, solved

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs/soundness").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_worked_examples_are_right(page, monkeypatch):
    monkeypatch.setattr(solver, "solve", solved)
    blocks = re.findall(r"```pycon\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks, "every page has a worked example"
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page.name, str(page), 0)
    output = []
    doctest.DocTestRunner(verbose=False).run(test, out=output.append)
    assert not output, "".join(output)


def test_every_term_is_on_its_page():
    terms = [*default().terms, *solved(description=segment(), log_cells=21, log_inverse_rate=1).terms]
    for term in terms:
        page = (ROOT / "docs/soundness" / term.page).read_text(encoding="utf-8")
        pattern = re.sub(r"\.\d+\.", ".T.", term.name)
        pattern = re.sub(r"\.\d+$", ".S", pattern)
        assert f"`{pattern}`" in page, term.name


def test_the_index_links_every_page():
    index = (ROOT / "docs/soundness/README.md").read_text(encoding="utf-8")
    assert all(f"]({page.name})" in index for page in PAGES if page.name != "README.md")


def test_papers_are_listed_as_the_code_has_them():
    listed = tomllib.loads((ROOT / "docs/papers.toml").read_text(encoding="utf-8"))
    for key, paper in PAPERS.items():
        assert listed[key] == {"authors": paper.authors, "title": paper.title, "identifier": paper.identifier}
