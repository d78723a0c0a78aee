"""Rules about the form of a chip: a chip that breaks one is refused, by the names of chip and constraint."""

import pytest

from air.refusals import Base, refusal, trace
from hstar.air.buses import lookup
from hstar.air.chip import Chip
from hstar.air.columns import U64, Byte, Multiplicity, Preprocessed
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.examples.tables import RANGE16, Range16
from hstar.air.expressions import Felt
from hstar.air.statements import boolean, check


class Branch(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        if c.x == 0:
            yield check("never", c.x)


class Condition(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("never", c.x if c.x else c.x + 1)


class Shift(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("shifted", c.x >> 1)


class Foreign(Base):
    class Columns:
        x: Felt

    stolen = None

    def constraints(self, c):
        Foreign.stolen = Foreign.stolen if Foreign.stolen is not None else c.x
        yield check("whose", c.x == Foreign.stolen * 2)


class Settles(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        c.x.set(1)
        yield check("x", c.x)


@pytest.mark.parametrize("chip", [Branch(), Condition(), Shift(), Settles()])
def test_what_is_no_field_expression_is_refused(chip):
    assert f"chip {chip.name}" in refusal(CircuitReason.BAD_EXPRESSION, chip)


def test_an_expression_of_another_tracing_is_refused():
    trace(Foreign())
    assert "chip foreign" in refusal(CircuitReason.BAD_EXPRESSION, Foreign())


class NotSet(Chip):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("x", c.x)


class SetTwice(NotSet):
    def trace(self, c, record):
        c.x.set(1)
        c.x.set(2)


class ReadBeforeSet(NotSet):
    def trace(self, c, record):
        c.x.set(c.x + 1)


class SetsTable(Chip):
    class Columns:
        x: Preprocessed[Felt]

    def trace(self, c, record):
        c.x.set(1)

    def constraints(self, c):
        yield check("x", c.x)


class SetsRecord(NotSet):
    class Record:
        y: U64

    def trace(self, c, record):
        record.y.set(1)


@pytest.mark.parametrize(
    ("chip", "reason"),
    [
        (NotSet(), CircuitReason.COLUMN_NOT_SET),
        (SetTwice(), CircuitReason.COLUMN_SET_TWICE),
        (ReadBeforeSet(), CircuitReason.BAD_EXPRESSION),
        (SetsTable(), CircuitReason.BAD_EXPRESSION),
        (SetsRecord(), CircuitReason.BAD_EXPRESSION),
    ],
)
def test_trace_sets_every_column_once(chip, reason):
    assert f"chip {chip.name}" in refusal(reason, chip).replace("`trace` of ", "")


class Twice(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield check("same", c.x)
        yield check("same", 2 * c.x)


class NoColumns(Chip):
    pass


class BadColumns(Base):
    class Columns:
        x: list[Felt]


class NotAStatement(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield c.x


class Unnamed(Base):
    class Columns:
        x: Felt

    def constraints(self, c):
        yield boolean(c.x + 1)


@pytest.mark.parametrize(
    ("chip", "reason"),
    [
        (Twice(), CircuitReason.DUPLICATE_NAME),
        (NoColumns(), CircuitReason.BAD_COLUMNS),
        (BadColumns(), CircuitReason.BAD_COLUMNS),
        (NotAStatement(), CircuitReason.BAD_STATEMENT),
        (Unnamed(), CircuitReason.BAD_STATEMENT),
    ],
)
def test_the_form_of_a_chip(chip, reason):
    assert f"chip {chip.name}" in refusal(reason, chip)


def test_chips_and_buses_have_names_of_their_own():
    refusal(CircuitReason.DUPLICATE_NAME, Range16(), Range16(), buses=[RANGE16])
    refusal(CircuitReason.DUPLICATE_NAME, Range16(), buses=[RANGE16, RANGE16])


class BadTable(Chip):
    class Columns:
        x: Preprocessed[Byte]
        y: Preprocessed[Byte]
        times: Multiplicity

    def __init__(self, contents):
        self.contents = contents

    def preprocessed(self):
        return self.contents

    def interactions(self, c, bus):
        bus.provide(PAIRS_OF_BYTES, c.x, c.y, multiplicity=c.times)


PAIRS_OF_BYTES = lookup("pairs_of_bytes", x=Byte, y=Byte)


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ({"x": [1]}, CircuitReason.BAD_COLUMNS),
        ({"x": [1], "y": [1, 2]}, CircuitReason.BAD_COLUMNS),
        ({"x": [1], "y": [1], "z": [1]}, CircuitReason.BAD_COLUMNS),
        ({"x": [1], "y": [256]}, CircuitReason.VALUE_TOO_LARGE),
    ],
)
def test_preprocessed_contents_keep_their_declared_type(contents, reason):
    from hstar.air.tables import fill_segment

    circuit = trace(BadTable(contents), buses=[PAIRS_OF_BYTES])
    with pytest.raises(CircuitError) as caught:
        fill_segment(circuit, {})
    assert caught.value.reason is reason
    assert "bad_table" in caught.value.message
