"""The inventory of the transcript, and docs/protocol.md held against it."""

import re
from pathlib import Path

import pytest

from hstar.stark.keys import StatementEntry, StatementMessage
from hstar.stark.security import security_report
from hstar.stark.verify import protocol_pattern
from hstar.transcript.pattern import Kind, ValueType
from stark.proofs import make_keys, relay_key, squares_key
from stark.test_forging import TWINS, twins_circuit

ROOT = Path(__file__).resolve().parents[2]
INVENTORY = Path(__file__).parent / "inventory"


def statement_key():
    messages = StatementMessage("link", (StatementEntry(0),)), StatementMessage("link", (5,), -1)
    return make_keys(twins_circuit(), TWINS, statement_length=1, statement_messages=messages)


KEYS = {
    "statement": statement_key,
    "fold_grinding": lambda: squares_key(fold_grinding_bits=2),
    "segment": relay_key,
    "pinned_segment": lambda: relay_key(pinned=True),
}


def pattern(name):
    return protocol_pattern(KEYS[name]().verifying_key)


@pytest.mark.parametrize("name", KEYS)
def test_challenge_sites_and_messages_are_those_of_the_inventory(name):
    """A squeeze or a message that has come, gone or moved changes a checked-in file: look twice before updating it."""
    found = "\n".join(pattern(name).inventory()) + "\n"
    assert found == (INVENTORY / f"{name}.txt").read_text(), f"the transcript of {name} is now:\n{found}"


def page_rows():
    """(kind, label) of every row of the page's tables, with the row's cells."""
    rows = []
    for line in (ROOT / "docs/protocol.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            rows.append(((cells[1], cells[0].strip("`")), cells))
    return rows


@pytest.mark.parametrize("name", KEYS)
def test_the_page_lists_every_message_in_transcript_order(name):
    listed = [message for message, _ in page_rows()]
    first_seen = []
    for operation in pattern(name).operations:
        message = (str(operation.kind), operation.label)
        if operation.label in ("gkr.children", "gkr.child") and ("absorb", "gkr.layer.round") not in first_seen:
            continue  # the root's layer has no rounds
        if message not in first_seen:
            first_seen.append(message)
    places = [listed.index(message) for message in first_seen]
    assert places == sorted(places)


def test_the_page_lists_nothing_else():
    known = {(str(op.kind), op.label) for name in KEYS for op in pattern(name).operations}
    listed = [message for message, _ in page_rows()]
    assert set(listed) == known and len(listed) == len(known)
    assert set(Kind) == {kind for kind, _ in listed} and ValueType.ROWS in ValueType


def test_the_page_names_error_terms_that_the_calculator_has():
    """Terms of a segment with a pin; terms of later rounds carry their index, which the page leaves out."""
    terms = {re.sub(r"\.\d+", "", term.name) for term in security_report(relay_key(pinned=True).verifying_key).terms}
    named = {cells[4].strip("`") for _, cells in page_rows()} - {"hash", "-"}
    assert named - {"logup.post_commit_point"} == terms


def test_the_page_names_files_that_exist():
    for _, cells in page_rows():
        assert (ROOT / "src/hstar" / cells[3].strip("`")).is_file(), cells
