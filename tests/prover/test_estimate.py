"""Proving time is scaled from a measurement, and only from one that fits."""

import json

import pytest

from hstar.errors import InputError
from hstar.prover.estimate import estimate_proving

RUN = {"guest": "collections", "log_cells": 22, "cycles": 50_000, "seconds": {"record": 0.1, "all": 0.5}}
DOCUMENT = {"finished": "2026-11-21T12:00:00+00:00", "machine": {"processor": "a processor"}, "proving": [RUN]}


def write(tmp_path, document):
    path = tmp_path / "machine.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def test_the_measured_time_of_a_cycle_is_scaled(tmp_path):
    other = {**RUN, "log_cells": 24, "cycles": 1, "seconds": {"all": 7}}
    estimate = estimate_proving(write(tmp_path, {**DOCUMENT, "proving": [RUN, other]}), 2_000_000, 22)
    assert estimate.microseconds_per_cycle == pytest.approx(10) and estimate.seconds == pytest.approx(20)
    assert (estimate.guest, estimate.log_cells, estimate.processor) == ("collections", 22, "a processor")
    assert estimate_proving(write(tmp_path, {**DOCUMENT, "proving": [RUN, other]}), 3, 24).seconds == 21


@pytest.mark.parametrize(("document", "words"), [
    ("{", "not valid JSON"),
    ("[" * 1000, "nested more than"),
    ("[]", "holds no proven segment"),
    ({"suite": "machine"}, "hstar bench machine -o FILE"),
    ({**DOCUMENT, "proving": []}, "segments of no size cells"),
    ({**DOCUMENT, "proving": [{**RUN, "log_cells": 20}]}, r"2\^20 cells, not of 2\^22; measure with --log-cells 22"),
    ({**DOCUMENT, "proving": [{**RUN, "cycles": 0}]}, "no cycles"),
    ({**DOCUMENT, "proving": [{**RUN, "cycles": -1}]}, "cycles"),
    ({**DOCUMENT, "proving": [{**RUN, "seconds": {"all": 0}}]}, "not a number of seconds"),
    ({**DOCUMENT, "proving": [{**RUN, "seconds": {"all": True}}]}, "not a number of seconds"),
    ({**DOCUMENT, "proving": [{**RUN, "seconds": {}}]}, "seconds.all is missing"),
    ({**DOCUMENT, "proving": [{**RUN, "guest": 1}]}, "guest is not a text"),
    ({**DOCUMENT, "machine": {}}, "machine.processor is missing"),
    ('{"finished": "", "machine": {"processor": ""}, "proving": [{"guest": "", "log_cells": 22, "cycles": 1, '
     '"seconds": {"all": 1e999}}]}', "not a number of seconds"),
])  # fmt: skip
def test_other_files_give_no_estimate(tmp_path, document, words):
    with pytest.raises(InputError, match=words):
        estimate_proving(write(tmp_path, document), 10, 22)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        estimate_proving(tmp_path / "absent.json", 10, 22)
