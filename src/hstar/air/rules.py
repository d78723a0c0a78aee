"""Rules that a chip must obey by itself; `docs/circuits.md` names the attack that each one prevents."""

from __future__ import annotations

from collections.abc import Sequence

from hstar.air.draft import Draft
from hstar.air.errors import CircuitError, CircuitReason
from hstar.air.evaluate import OperatorOperations, PublicValues, evaluate
from hstar.air.leaves import fraction_degrees
from hstar.air.program import Bus, Group, MachineLimits, Opcode, Scope
from hstar.air.statements import IntegerClaim, LessThanClaim
from hstar.field.koala_bear import MODULUS


def check_chip_rules(draft: Draft, buses: Sequence[Bus], limits: MachineLimits) -> None:
    """Every rule that needs only the chip.

    Raises:
        CircuitError: DEGREE_TOO_HIGH, NONZERO_ON_ZERO_ROW, VACUOUS_CONSTRAINT, UNREAD_COLUMN, INTERACTION_READS_POINT,
            GLOBAL_READS_LATE_DATA, DUPLICATE_NAME.
    """
    _check_names(draft)
    _check_degrees(draft, limits)
    _check_zero_row(draft)
    _check_not_vacuous(draft)
    _check_interactions(draft, buses)
    _check_columns_read(draft)


def _refuse(draft: Draft, reason: CircuitReason, sentence: str, **where: object) -> None:
    raise CircuitError(f"chip {draft.name}: {sentence}", reason=reason, chip=draft.name, **where)


def _check_names(draft: Draft) -> None:
    seen: set[str] = set()
    for interaction in draft.interactions:
        if interaction.name in seen:
            _refuse(
                draft,
                CircuitReason.DUPLICATE_NAME,
                f"two interactions are named {interaction.name!r}; give each a name of its own",
                interaction=interaction.name,
            )
        seen.add(interaction.name)


def _check_degrees(draft: Draft, limits: MachineLimits) -> None:
    for constraint in draft.constraints:
        if constraint.degree > limits.constraint_degree:
            _refuse(
                draft,
                CircuitReason.DEGREE_TOO_HIGH,
                f"constraint {constraint.name!r} has degree {constraint.degree}, above the circuit's limit "
                f"{limits.constraint_degree}; commit an intermediate value as a column",
                constraint=constraint.name,
            )
    for interaction in draft.interactions:
        degree = max(fraction_degrees(draft.program, interaction))
        if degree > limits.constraint_degree:
            _refuse(
                draft,
                CircuitReason.DEGREE_TOO_HIGH,
                f"interaction {interaction.name!r} has degree {degree}, above the circuit's limit "
                f"{limits.constraint_degree}; commit an intermediate value as a column",
                interaction=interaction.name,
            )


class _PublicPolynomial:
    """A polynomial in (segment number, post-commit point): what is left of a node on the all-zero row."""

    def __init__(self, terms: dict[tuple[int, int], int]) -> None:
        self.terms = {powers: value % MODULUS for powers, value in terms.items() if value % MODULUS}

    def __add__(self, other: _PublicPolynomial) -> _PublicPolynomial:
        terms = dict(self.terms)
        for powers, value in other.terms.items():
            terms[powers] = terms.get(powers, 0) + value
        return _PublicPolynomial(terms)

    def __neg__(self) -> _PublicPolynomial:
        return _PublicPolynomial({powers: -value for powers, value in self.terms.items()})

    def __sub__(self, other: _PublicPolynomial) -> _PublicPolynomial:
        return self + -other

    def __mul__(self, other: _PublicPolynomial) -> _PublicPolynomial:
        terms: dict[tuple[int, int], int] = {}
        for (k, b), value in self.terms.items():
            for (other_k, other_b), other_value in other.terms.items():
                powers = (k + other_k, b + other_b)
                terms[powers] = terms.get(powers, 0) + value * other_value
        return _PublicPolynomial(terms)


def _check_zero_row(draft: Draft) -> None:
    zero = _PublicPolynomial({})
    public = PublicValues(_PublicPolynomial({(1, 0): 1}), _PublicPolynomial({(0, 1): 1}))
    operations = OperatorOperations(lambda value: _PublicPolynomial({(0, 0): value}))
    values = evaluate(draft.program, [zero] * len(draft.columns), public, operations)
    for constraint in draft.constraints:
        if values[constraint.root].terms:
            _refuse(
                draft,
                CircuitReason.NONZERO_ON_ZERO_ROW,
                f"constraint {constraint.name!r} does not hold on an all-zero row, which every table is padded with; "
                "multiply it by a selector column that is 1 on real rows",
                constraint=constraint.name,
            )


def _check_not_vacuous(draft: Draft) -> None:
    for constraint in draft.constraints:
        if draft.vanishes_identically(constraint.root):
            _refuse(
                draft,
                CircuitReason.VACUOUS_CONSTRAINT,
                f"constraint {constraint.name!r} holds whatever the columns are; it says nothing, remove or correct it",
                constraint=constraint.name,
            )


def _check_interactions(draft: Draft, buses: Sequence[Bus]) -> None:
    late = set(range(len(draft.columns))) - {
        index for index, column in enumerate(draft.columns) if column.group is not Group.MAIN
    }
    for interaction in draft.interactions:
        roots = (interaction.multiplicity, *interaction.message)
        below = draft.program.nodes_below(roots)
        if any(draft.program.instructions[node].opcode is Opcode.POST_COMMIT_POINT for node in below):
            _refuse(
                draft,
                CircuitReason.INTERACTION_READS_POINT,
                f"interaction {interaction.name!r} reads the post-commit point; only constraints can",
                interaction=interaction.name,
            )
        read_late = sorted(draft.program.columns_below(roots) & late)
        if buses[interaction.bus_index].scope is Scope.GLOBAL and read_late:
            _refuse(
                draft,
                CircuitReason.GLOBAL_READS_LATE_DATA,
                f"interaction {interaction.name!r} on the global bus {buses[interaction.bus_index].name} reads main "
                f"column {draft.columns[read_late[0]].name}, which is committed after the global challenge; put it "
                "into the boundary group",
                interaction=interaction.name,
                column=draft.columns[read_late[0]].name,
            )


def _check_columns_read(draft: Draft) -> None:
    read = draft.program.columns_below(draft.roots())
    for index, column in enumerate(draft.columns):
        if index not in read:
            claims = [
                statement.name
                for statement in draft.statements
                if isinstance(statement.meaning, IntegerClaim | LessThanClaim)
                and index in draft.program.columns_below([statement.root])
            ]
            hint = f" (only the trivial statement {claims[0]!r} does)" if claims else ""
            _refuse(
                draft,
                CircuitReason.UNREAD_COLUMN,
                f"no constraint or interaction reads column {column.name}{hint}; whoever proves may put anything "
                "there: constrain it or remove it",
                column=column.name,
            )
