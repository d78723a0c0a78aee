"""Making keys: committing to preprocessed columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hstar.air.program import ChipProgram, Circuit, Group
from hstar.errors import InputError, Reason
from hstar.field.koala_bear import MODULUS
from hstar.params.protocol import ProtocolParameters
from hstar.stark.commitment import CommittedGroup, commit_group
from hstar.stark.keys import StatementMessage, VerifyingKey, check_groups
from hstar.stark.security import security_bits


class ProvingKey:
    """A verifying key and the committed preprocessed columns.

    Args:
        verifying_key: what the verifier is given.
        preprocessed: for each chip `[preprocessed columns, height]`.
        commitment: of these columns; None when there are none.
    """

    def __init__(
        self,
        verifying_key: VerifyingKey,
        preprocessed: tuple[NDArray[np.uint32], ...],
        commitment: CommittedGroup | None,
    ) -> None:
        self.verifying_key = verifying_key
        self.preprocessed = preprocessed
        self.commitment = commitment


def make_keys(
    circuit: Circuit,
    parameters: ProtocolParameters,
    preprocessed: Sequence[NDArray[np.uint32] | None] | None = None,
    *,
    statement_length: int = 0,
    statement_messages: Sequence[StatementMessage] = (),
    allow_below_target: bool = False,
) -> ProvingKey:
    """The keys of a circuit at one size.

    Args:
        circuit: all chips and buses.
        parameters: from `hstar.soundness`.
        preprocessed: for each chip `[preprocessed columns, height]`, None for a chip without such columns.
        statement_length: elements of K in the public statement.
        statement_messages: what the verifier adds to the local buses.
        allow_below_target: for tests: takes parameters that do not reach their own target with this circuit.

    Raises:
        InputError: WRONG_SHAPE, NOT_CANONICAL, OUT_OF_RANGE.
    """
    check_groups(circuit, parameters)
    tables = _preprocessed_tables(circuit, preprocessed or [None] * len(circuit.chips))
    heights = [table.shape[1] for table in tables]
    commitment = None
    if parameters.group_columns[Group.PREPROCESSED]:
        commitment = commit_group(circuit, parameters, Group.PREPROCESSED, tables, heights)
    key = VerifyingKey(
        circuit,
        parameters,
        tuple(height if len(table) else None for table, height in zip(tables, heights, strict=True)),
        commitment.oracle.root if commitment else None,
        statement_length,
        tuple(statement_messages),
    )
    if not allow_below_target and security_bits(key) < parameters.target_bits:
        raise InputError(
            f"these parameters give circuit {circuit.name} {float(security_bits(key)):.1f} provable bits, fewer than "
            f"their target of {parameters.target_bits}; solve for this circuit (hstar.stark.security.solve_for)",
            reason=Reason.OUT_OF_RANGE,
        )
    return ProvingKey(key, tables, commitment)


def _preprocessed_tables(
    circuit: Circuit, given: Sequence[NDArray[np.uint32] | None]
) -> tuple[NDArray[np.uint32], ...]:
    if len(given) != len(circuit.chips):
        raise InputError(f"{len(given)} preprocessed tables for {len(circuit.chips)} chips", reason=Reason.WRONG_SHAPE)
    none = np.zeros((0, 0), dtype=np.uint32)
    tables = tuple(none if table is None else table for table in given)
    for chip, table in zip(circuit.chips, tables, strict=True):
        check_table(chip, table, len(chip.group_range(Group.PREPROCESSED)))
    return tables


def check_table(chip: ChipProgram, table: NDArray[np.uint32], num_columns: int) -> None:
    """Refuses a table of another width or type, or with values that are not canonical.

    Raises:
        InputError: WRONG_SHAPE, WRONG_DTYPE, NOT_CANONICAL.
    """
    if table.ndim != 2 or table.shape[0] != num_columns:
        raise InputError(
            f"chip {chip.name}: a table of shape {table.shape}; it must be [{num_columns}, height]",
            reason=Reason.WRONG_SHAPE,
        )
    if table.dtype != np.uint32:
        raise InputError(f"chip {chip.name}: a table of {table.dtype}; it must be uint32", reason=Reason.WRONG_DTYPE)
    if table.size and int(table.max()) >= MODULUS:
        raise InputError(f"chip {chip.name}: a value is not below the modulus", reason=Reason.NOT_CANONICAL)
