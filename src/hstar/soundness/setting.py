"""What error terms are computed from: a description, and as much of the parameters as a step needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hstar.errors import InputError
from hstar.params.field import FieldParameters
from hstar.params.protocol import ProtocolParameters
from hstar.soundness.description import SystemDescription
from hstar.soundness.expression import Symbol
from hstar.soundness.reasons import SoundnessReason
from hstar.soundness.regimes import CodeBound, code_bound
from hstar.soundness.steps.whir_formulas import field_order


@dataclass(frozen=True)
class CircuitSetting:
    """What the steps before WHIR depend on.

    Args:
        description: the circuits.
        field: the challenge field.
        commitment: the code of the first oracle; its list size is a factor of everything before it is opened.
        log_column_length: base-2 logarithm of the length of a stack column.
        boundary_pin: whether the boundary commitment is pinned.
    """

    description: SystemDescription
    field: FieldParameters
    commitment: CodeBound
    log_column_length: int
    boundary_pin: bool

    @cached_property
    def field_order(self) -> Symbol:
        """`|F|`."""
        return field_order(self.field)

    @property
    def list_size(self) -> Symbol:
        """List size of the first oracle."""
        return self.commitment.list_size


@dataclass(frozen=True)
class Setting:
    """A description together with parameters for it.

    Raises:
        InputError: INCONSISTENT when the parameters are for another size than the description.
    """

    description: SystemDescription
    parameters: ProtocolParameters

    def __post_init__(self) -> None:
        description, parameters = self.description, self.parameters
        expected = group_columns(description, parameters.log_column_length)
        if description.log_max_height != parameters.log_max_height or expected != parameters.group_columns:
            raise InputError(
                f"the parameters are for tables of up to 2^{parameters.log_max_height} rows and stack columns "
                f"{parameters.group_columns}, but {description.name} needs 2^{description.log_max_height} rows and "
                f"{expected}; solve for this description",
                reason=SoundnessReason.INCONSISTENT,
            )

    @cached_property
    def circuit(self) -> CircuitSetting:
        """The part that the steps before WHIR need."""
        return CircuitSetting(
            self.description,
            self.parameters.field,
            self.code(0),
            self.parameters.log_column_length,
            self.parameters.boundary_pin,
        )

    def code(self, iteration_index: int, folded: int = 0) -> CodeBound:
        """The code of an iteration's oracle after `folded` of its rounds.

        Iteration 0 is the interleaved code over its positions, whose length no round changes; a later oracle is a
        code of its full length that every round halves, as in Theorem 5.2 of ACFY24.
        """
        iteration = self.parameters.iterations[iteration_index]
        log_length = iteration.log_codeword_length - folded if iteration_index else iteration.log_num_positions
        return code_bound(iteration.regime, self.parameters.log_inverse_rate_of(iteration_index), log_length)


def group_columns(description: SystemDescription, log_column_length: int) -> tuple[int, int, int]:
    """Stack columns that each group fills."""
    preprocessed, boundary, main = (-(-cells >> log_column_length) for cells in description.group_cells)
    return preprocessed, boundary, main
