"""From a circuit to parameters and back to bits: what the soundness calculator is told, and what it answers.

Parameters come from `solve_for`, never from a hand. `security_bits` reads the very key that a verifier uses, so a proof
is never weaker than the number printed next to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from hstar.air.program import ChipProgram, Circuit, FieldProgram, Group, Opcode, Scope, ceil_log2
from hstar.errors import InputError, VerificationError
from hstar.iop.jagged.relation import bundles_of
from hstar.params.protocol import ProtocolParameters
from hstar.soundness.description import BusUse, ChipDescription, SystemDescription
from hstar.soundness.report import Report
from hstar.soundness.solver import FirstRegime, solve
from hstar.stark.keys import StatementMessage, VerifyingKey
from hstar.transcript.reason import ProofReason

MIN_LOG_CELLS = 8
"""The smallest commitment that is worth a proof; smaller tables are padded to it by missing columns."""


def describe(
    circuit: Circuit,
    *,
    log_max_height: int,
    group_cells: tuple[int, int, int],
    fixed_heights: Sequence[int | None],
    statement_length: int = 0,
    statement_messages: Sequence[StatementMessage] = (),
    max_segments: int = 1,
    num_public_messages: int = 0,
) -> SystemDescription:
    """What error terms and sizes depend on.

    Args:
        circuit: the chips.
        log_max_height: l.
        group_cells: committed cells reserved for each group.
        fixed_heights: for each chip its height where the key fixes it, else None.
        statement_length: elements of the public statement.
        statement_messages: the verifier's own fractions; they share the local challenges.
        max_segments: how many proofs can share one global challenge.
        num_public_messages: the verifier's own messages on global buses.
    """
    chips = tuple(
        _describe_chip(circuit, index, log_max_height, fixed_heights[index]) for index in range(len(circuit.chips))
    )
    return SystemDescription(
        name=circuit.name,
        log_max_height=log_max_height,
        chips=chips,
        group_cells=group_cells,
        max_segments=max_segments,
        public_fractions=len(statement_messages) + num_public_messages,
        statement_elements=statement_length,
    )


def _describe_chip(circuit: Circuit, index: int, log_max_height: int, fixed_height: int | None) -> ChipDescription:
    chip = circuit.chips[index]
    counts = [len(chip.group_range(group)) for group in Group]
    in_point = point_degrees(chip.program)
    return ChipDescription(
        name=chip.name,
        columns=(counts[0], counts[1], counts[2]),
        max_height=1 << log_max_height if fixed_height is None else fixed_height,
        num_constraints=len(chip.constraints),
        degree=max(chip.degree, 1),
        local=_bus_use(circuit, chip, Scope.LOCAL),
        global_=_bus_use(circuit, chip, Scope.GLOBAL),
        post_commit_degree=max((in_point[constraint.root] for constraint in chip.constraints), default=0),
        bundle_widths=tuple(1 << item.log_width for item in bundles_of(circuit) if item.chip_index == index),
        sends_height=fixed_height is None,
    )


def _bus_use(circuit: Circuit, chip: ChipProgram, scope: Scope) -> BusUse:
    messages = [item for item in chip.interactions if circuit.buses[item.bus_index].scope is scope]
    widest = max((len(item.message) for item in messages), default=0)
    return BusUse(len(messages), len(chip.leaves_of(scope)), widest)


def point_degrees(program: FieldProgram) -> list[int]:
    """Degree of every node in the post-commit point."""
    degrees: list[int] = []
    for opcode, left, right in program.instructions:
        match opcode:
            case Opcode.POST_COMMIT_POINT:
                degree = 1
            case Opcode.CONSTANT | Opcode.COLUMN | Opcode.SEGMENT_NUMBER:
                degree = 0
            case Opcode.NEGATE:
                degree = degrees[left]
            case Opcode.MULTIPLY:
                degree = degrees[left] + degrees[right]
            case _:
                degree = max(degrees[left], degrees[right])
        degrees.append(degree)
    return degrees


def group_cells(circuit: Circuit, heights: Sequence[int]) -> tuple[int, int, int]:
    """Cells of each group when the chips have these heights."""
    cells = [0, 0, 0]
    for bundle in bundles_of(circuit):
        cells[bundle.group] += heights[bundle.chip_index] << bundle.log_width
    return cells[0], cells[1], cells[2]


def solve_for(
    circuit: Circuit,
    heights: Sequence[int],
    *,
    target_bits: int = 128,
    log_inverse_rate: int | None = 1,
    suite: str = "blake2b",
    first_regime: FirstRegime = "free",
    objective: str = "proof_bytes",
    grinding_bits: int = 20,
    statement_length: int = 0,
    statement_messages: Sequence[StatementMessage] = (),
    max_segments: int = 1,
) -> ProtocolParameters:
    """The parameters for tables up to these heights.

    Args:
        circuit: the chips.
        heights: the most rows of each table; those of chips with preprocessed columns are exact.
        target_bits, log_inverse_rate, suite, first_regime, objective, grinding_bits: as
            `hstar.soundness.solver.solve`.
        statement_length, statement_messages, max_segments: as `describe`.

    Raises:
        InputError: as the solver.
    """
    log_max_height = ceil_log2(max(heights))
    description = describe(
        circuit,
        log_max_height=log_max_height,
        group_cells=_at_least_one_cell(circuit, group_cells(circuit, heights)),
        fixed_heights=[
            height if chip.group_range(Group.PREPROCESSED) else None
            for chip, height in zip(circuit.chips, heights, strict=True)
        ],
        statement_length=statement_length,
        statement_messages=statement_messages,
        max_segments=max_segments,
    )
    return solve(
        target_bits=target_bits,
        log_cells=max(description.log_cells, MIN_LOG_CELLS, log_max_height),
        log_inverse_rate=log_inverse_rate,
        description=description,
        first_regime=first_regime,
        suite=suite,
        objective=objective,
        grinding_bits=grinding_bits,
    ).parameters


def _at_least_one_cell(circuit: Circuit, cells: tuple[int, int, int]) -> tuple[int, int, int]:
    """A group that some chip uses keeps a stack column even when its tables are empty."""
    used = [any(chip.group_range(group) for chip in circuit.chips) for group in Group]
    first, second, third = (max(count, int(is_used)) for count, is_used in zip(cells, used, strict=True))
    return first, second, third


def description_of(key: VerifyingKey, max_segments: int = 1, num_public_messages: int = 0) -> SystemDescription:
    """The description that a key itself stands for: every group as large as its stack columns."""
    parameters = key.parameters
    cells = [columns << parameters.log_column_length for columns in parameters.group_columns]
    return describe(
        key.circuit,
        log_max_height=parameters.log_max_height,
        group_cells=(cells[0], cells[1], cells[2]),
        fixed_heights=key.fixed_heights,
        statement_length=key.statement_length,
        statement_messages=key.statement_messages,
        max_segments=max_segments,
        num_public_messages=num_public_messages,
    )


def priced_segments(key: VerifyingKey, used: Sequence[VerifyingKey]) -> int:
    """How many segments under `key` can hold as many global fractions as segments under all of `used` together.

    The bound of the global challenge counts fractions, so a proof of segments of several sizes is priced as if all were
    of one: each key of it for this number.
    """
    most = {item: description_of(item).max_global_fractions for item in {*used, key}}
    return -(-sum(most[item] for item in used) // max(1, most[key]))


@lru_cache(maxsize=64)
def security_report(key: VerifyingKey, max_segments: int = 1, num_public_messages: int = 0) -> Report:
    """Terms, totals and sizes of proofs under a key."""
    return Report(description_of(key, max_segments, num_public_messages), key.parameters)


def security_bits(key: VerifyingKey, max_segments: int = 1, num_public_messages: int = 0) -> Fraction:
    """Provable bits of a proof under a key; 0 where some bound does not apply to its parameters."""
    try:
        return security_report(key, max_segments, num_public_messages).totals.security_bits
    except InputError:
        return Fraction(0)


def require_security(key: VerifyingKey, minimum_bits: int, max_segments: int = 1, num_public_messages: int = 0) -> None:
    """Refuses a key whose proofs are weaker than asked for.

    Raises:
        VerificationError: INSUFFICIENT_SECURITY.
    """
    if not minimum_bits:
        return
    bits = security_bits(key, max_segments, num_public_messages)
    if bits < minimum_bits:
        raise VerificationError(
            f"proofs under this key have {float(bits):.1f} provable bits, fewer than the {minimum_bits} that are asked "
            "for",
            reason=ProofReason.INSUFFICIENT_SECURITY,
            security_bits=float(bits),
        )
