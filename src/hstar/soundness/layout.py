"""The layout of a proof: every message in transcript order, with its length. No codec is consulted.

Sizes, hash calls of the verifier and the breakdown by part are computed from this list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from hstar.params.protocol import GROUPS, positions_per_leaf
from hstar.params.whir import WhirIteration
from hstar.soundness.setting import Setting
from hstar.soundness.steps.gkr import first_layer, num_layers


class Part(StrEnum):
    """Where bytes belong in a breakdown."""

    COMMITMENTS = "commitments and heights"
    GKR = "fraction tree"
    ZEROCHECK = "zerocheck"
    COLUMN_VALUES = "column values"
    WHIR_MESSAGES = "WHIR messages"
    WHIR_LEAVES = "WHIR leaves"
    WHIR_PATHS = "WHIR paths"
    FINAL_VECTOR = "final vector"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of the prover that is absorbed: base-field elements and digests."""

    label: str
    part: Part
    elements: int = 0
    digests: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """Elements that are absorbed but stand outside the proof: the statement, the verifying key."""

    label: str
    elements: int


@dataclass(frozen=True, slots=True)
class Challenge:
    """Elements squeezed by the verifier."""

    label: str
    elements: int


@dataclass(frozen=True, slots=True)
class Opening:
    """A multi-opening, not absorbed: `num_queries` positions among `2^log_leaves` leaves of `leaf_elements` each."""

    label: str
    log_leaves: int
    num_queries: int
    leaf_elements: int


Event: TypeAlias = Sent | Known | Challenge | Opening

_VERIFYING_KEY_ELEMENTS = 9
_ROUND_COEFFICIENTS = 2
"""A layer round sends c1, c2 of a cubic's cofactor; a WHIR round sends c1, c2 of a quadratic."""


def proof_layout(setting: Setting) -> tuple[Event, ...]:
    """The events of one proof in order."""
    return (
        *_commitments(setting),
        *_fraction_tree(setting),
        *_zerocheck(setting),
        *whir_layout(setting),
    )


def _extension(setting: Setting) -> int:
    return setting.parameters.field.extension_degree


def _commitments(setting: Setting) -> Iterator[Event]:
    description, parameters, degree = setting.description, setting.parameters, _extension(setting)
    _, boundary, main = parameters.group_columns
    yield Known("verifying key and statement", _VERIFYING_KEY_ELEMENTS + description.statement_elements)
    yield Sent("heights", Part.COMMITMENTS, elements=description.num_heights)
    if boundary:
        yield Sent("boundary root", Part.COMMITMENTS, digests=1)
        if parameters.boundary_pin:
            yield Challenge("boundary pin", degree)
            yield Sent("pinned value", Part.COMMITMENTS, elements=degree)
    if description.has_global_bus:
        yield Challenge("boundary digest", parameters.hash.digest_bytes // 4)
        yield Known("global challenge", degree * (1 + description.message_coordinates(of_global_bus=True)))
    if main:
        yield Sent("main root", Part.COMMITMENTS, digests=1)
    drawn = 1 + description.message_coordinates(of_global_bus=False) + (description.post_commit_degree > 0)
    yield Challenge("fingerprint", degree * drawn)


def _fraction_tree(setting: Setting) -> Iterator[Event]:
    degree, start = _extension(setting), first_layer(setting.circuit)
    yield Sent("root fractions", Part.GKR, elements=degree * (4 if start else 2))
    if start:
        yield Challenge("scope coordinate", degree)
    for layer in range(start, num_layers(setting.circuit)):
        yield Challenge("layer batching", degree)
        for _ in range(layer):
            yield Sent("layer round", Part.GKR, elements=_ROUND_COEFFICIENTS * degree)
            yield Challenge("layer coordinate", degree)
        yield Sent("layer values", Part.GKR, elements=4 * degree)
        yield Challenge("line coordinate", degree)


def _zerocheck(setting: Setting) -> Iterator[Event]:
    description, degree = setting.description, _extension(setting)
    yield Challenge("constraint batching", degree)
    for _ in range(description.log_max_height):
        yield Sent("zerocheck round", Part.ZEROCHECK, elements=description.degree * degree)
        yield Challenge("zerocheck coordinate", degree)
    yield Sent("column values", Part.COLUMN_VALUES, elements=description.num_columns * degree)
    drawn = (max(description.bundle_widths) - 1).bit_length() + 1
    yield Challenge("column point and bundle batching", degree * drawn)


def whir_layout(setting: Setting) -> Iterator[Event]:
    """The events of WHIR alone."""
    parameters, degree = setting.parameters, _extension(setting)
    for index, step in enumerate(parameters.iterations):
        following = parameters.iterations[index + 1] if index + 1 < len(parameters.iterations) else None
        yield from iteration_events(
            step,
            index,
            following,
            openings=first_openings(parameters.group_columns, step, parameters.hash.block_elements)
            if index == 0
            else (later_opening(index, step, degree),),
            log_final_length=parameters.log_final_length,
            degree=degree,
        )
    for _ in range(parameters.log_final_length):
        yield from _sumcheck_round(degree, 0)


def iteration_events(
    step: WhirIteration,
    index: int,
    following: WhirIteration | None,
    *,
    openings: tuple[Opening, ...],
    log_final_length: int,
    degree: int,
) -> Iterator[Event]:
    """One iteration: rounds, the next oracle or the final vector, proof of work, positions, openings.

    Args:
        step: the iteration.
        index: its number.
        following: the next iteration; None for the last.
        openings: what the positions open.
        log_final_length: of the vector that the last iteration sends.
        degree: of the challenge field over the base field.
    """
    for _ in range(step.log_folding_arity):
        yield from _sumcheck_round(degree, step.fold_grinding_bits)
    if following is None:
        yield Sent("final vector", Part.FINAL_VECTOR, elements=degree << log_final_length)
    else:
        yield Sent("oracle root", Part.WHIR_MESSAGES, digests=1)
        if following.num_samples:
            yield Challenge("out-of-domain points", degree * following.num_samples)
            yield Sent("out-of-domain values", Part.WHIR_MESSAGES, elements=degree * following.num_samples)
    yield from _grind(step.query_grinding_bits)
    yield Challenge("positions and combination", step.num_queries + (degree if following else 0))
    yield from openings


def first_openings(
    group_columns: tuple[int, int, int], step: WhirIteration, block_elements: int
) -> tuple[Opening, ...]:
    """Iteration 0: a tree for each non-empty group, the same positions in all of them."""
    openings = []
    for group, columns in enumerate(group_columns):
        if columns:
            slots = positions_per_leaf(columns, step.log_num_positions, block_elements)
            log_leaves = step.log_num_positions - (slots.bit_length() - 1)
            openings.append(Opening(GROUPS[group], log_leaves, step.num_queries, columns * slots))
    return tuple(openings)


def later_opening(index: int, step: WhirIteration, degree: int) -> Opening:
    """A later oracle: one tree whose leaves hold the interleaved challenge-field values."""
    return Opening(f"oracle {index}", step.log_num_positions, step.num_queries, degree << step.log_folding_arity)


def _sumcheck_round(degree: int, grinding_bits: int) -> Iterator[Event]:
    yield Sent("WHIR round", Part.WHIR_MESSAGES, elements=_ROUND_COEFFICIENTS * degree)
    yield from _grind(grinding_bits)
    yield Challenge("WHIR coordinate", degree)


def _grind(bits: int) -> Iterator[Event]:
    if bits:
        yield Sent("nonce", Part.WHIR_MESSAGES, elements=1)
        yield Challenge("grinding", 1)
