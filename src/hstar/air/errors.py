"""Why a circuit, a trace program or a set of records is refused."""

from __future__ import annotations

from enum import StrEnum

from hstar.errors import InputError


class CircuitReason(StrEnum):
    """Machine-readable reasons of `CircuitError`; `docs/circuits.md` explains the attack behind each rule."""

    # Rules about constraints
    DEGREE_TOO_HIGH = "degree_too_high"
    NONZERO_ON_ZERO_ROW = "nonzero_on_zero_row"
    VACUOUS_CONSTRAINT = "vacuous_constraint"
    UNREAD_COLUMN = "unread_column"
    # Rules about buses
    UNKNOWN_BUS = "unknown_bus"
    WRONG_DIRECTION = "wrong_direction"
    MESSAGE_LENGTH = "message_length"
    MULTIPLICITY_NOT_BIT = "multiplicity_not_bit"
    GLOBAL_READS_LATE_DATA = "global_reads_late_data"
    INTERACTION_READS_POINT = "interaction_reads_point"
    NO_PROVIDER = "no_provider"
    CHAIN_NOT_INCREASING = "chain_not_increasing"
    CHAIN_NOT_COUNTED = "chain_not_counted"
    # Rules about integers
    UNCHECKED_RANGE = "unchecked_range"
    FIELD_RANGE = "field_range"
    INTEGER_BOUND = "integer_bound"
    LESS_THAN_BOUND = "less_than_bound"
    # Form of a chip
    BAD_COLUMNS = "bad_columns"
    BAD_EXPRESSION = "bad_expression"
    BAD_STATEMENT = "bad_statement"
    DUPLICATE_NAME = "duplicate_name"
    # Filling tables
    COLUMN_NOT_SET = "column_not_set"
    COLUMN_SET_TWICE = "column_set_twice"
    BAD_RECORDS = "bad_records"
    VALUE_TOO_LARGE = "value_too_large"
    NOT_IN_TABLE = "not_in_table"


class CircuitError(InputError):
    """A chip or a circuit breaks a rule of the language; `where` names chip, constraint, column or bus."""
