"""The prover of one proof.

Transcript, identical in verify.py:
    1. absorb    key, statement       V, then the public statement
       absorb    segment.number       in a segment, k
    2. segments only:
       absorb    heights.early        heights of the tables with boundary columns
       absorb    root.boundary        the boundary columns; [challenge pin.point; absorb pin.value]
       challenge segment.digest       D_k, which the global challenge is derived from
       absorb    global               A
    3. absorb    heights.late         heights of the other tables that the key leaves open
       absorb    root.main
    4. check     every height is at most 2^l, no group passes its end
    5. challenge local.alpha, local.beta, local.point
    6. LogUp-GKR                      => leaf claim              (iop/logup_gkr/prove.py)
    7. zerocheck                      => column claim            (iop/zerocheck/prove.py)
    8. jagged                         => weighted sum U          (iop/jagged/prove.py)
    9. WHIR                           proves the sum             (iop/whir/prove.py)

A segment is proven in two calls: `begin_segment` commits to the boundary columns and gives D_k; once all segments have
begun and A is derived, `finish_segment` does the rest. The prover trusts its tables: false ones give a proof that the
verifier refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from hstar.air.program import Group
from hstar.commit.numbers import Numbers
from hstar.errors import InputError, Reason
from hstar.field.extension import DEGREE, ONE, ExtensionElement
from hstar.iop.jagged.pin import dense_pin
from hstar.iop.jagged.prove import weight_ranges
from hstar.iop.jagged.relation import bundle_ranges
from hstar.iop.jagged.verify import JaggedClaim, verify_jagged
from hstar.iop.logup_gkr.prove import prove_logup_gkr
from hstar.iop.whir.prove import prove_whir
from hstar.iop.whir.weighted_sum import JaggedSum, WeightedSum
from hstar.iop.zerocheck.prove import leaf_blocks, prove_zerocheck
from hstar.iop.zerocheck.verify import ColumnClaim, split_by_chip
from hstar.kernels.jagged import eq_ranges
from hstar.kernels.vectors import ExtensionVector, add, dot, scale
from hstar.stark.commitment import CommittedGroup, commit_group
from hstar.stark.proof import Proof
from hstar.stark.setup import ProvingKey, check_table
from hstar.stark.statement import Statement, check_statement
from hstar.stark.verify import SEGMENT_DIGEST_ELEMENTS, absorb_statement, draw_challenges, protocol_pattern
from hstar.transcript.transcript import Transcript

Tables = Sequence[NDArray[np.uint32]]
"""For each chip `[width, height]`: canonical values, columns in the chip's order (preprocessed, boundary, main)."""

Progress = Callable[[str, float], None]
"""Told the name of each stage and its seconds when it ends."""


def _silent(stage: str, seconds: float) -> None:
    """No report."""


@dataclass
class SegmentInProgress:
    """A proof whose statement and boundary columns are bound, and nothing else.

    Args:
        digest: D_k of a segment, empty in a stand-alone proof.
    """

    proving_key: ProvingKey
    statement: Statement
    tables: Tables
    transcript: Transcript
    early_heights: tuple[int, ...]
    boundary: CommittedGroup | None
    pin_point: ExtensionElement | None
    pin_value: tuple[ExtensionElement, ...]
    digest: tuple[int, ...]
    progress: Progress


def prove(proving_key: ProvingKey, statement: Statement, tables: Tables, *, progress: Progress = _silent) -> Proof:
    """Proves that the tables satisfy the circuit, for a circuit without a global bus.

    Args:
        proving_key: of the circuit.
        statement: the public statement.
        tables: of every chip.
        progress: told about finished stages.

    Raises:
        InputError: WRONG_SHAPE, WRONG_DTYPE, NOT_CANONICAL, OUT_OF_RANGE when tables or statement do not fit the key.
    """
    if proving_key.verifying_key.circuit.has_global_bus:
        raise InputError(
            "this circuit has a global bus; prove its segments with hstar.stark.segments", reason=Reason.WRONG_TYPE
        )
    return _finish(_begin(proving_key, statement, tables, progress))


def begin_segment(
    proving_key: ProvingKey, segment_number: int, tables: Tables, *, progress: Progress = _silent
) -> SegmentInProgress:
    """Binds a segment's number, the heights of its boundary tables and their boundary columns.

    Args:
        proving_key: of a circuit with a global bus.
        segment_number: k, from 1.
        tables: of every chip; all of them, though only boundary columns are read.
        progress: told about finished stages.

    Raises:
        InputError: as `prove`.
    """
    return _begin(proving_key, Statement(segment_number=segment_number), tables, progress)


def finish_segment(segment: SegmentInProgress, global_challenge: Sequence[ExtensionElement]) -> Proof:
    """Proves a segment under the global challenge.

    Args:
        segment: from `begin_segment`; used up.
        global_challenge: A, derived from the digests of all segments.

    Raises:
        InputError: as `prove`.
    """
    segment.statement = replace(segment.statement, global_challenge=tuple(global_challenge))
    return _finish(segment)


def _begin(proving_key: ProvingKey, statement: Statement, tables: Tables, progress: Progress) -> SegmentInProgress:
    key = proving_key.verifying_key
    _check_tables(proving_key, tables)
    transcript = Transcript(Numbers(key.suite), protocol_pattern(key))
    absorb_statement(transcript, key, statement)  # 1
    segment = SegmentInProgress(proving_key, statement, tables, transcript, (), None, None, (), (), progress)
    if key.circuit.has_global_bus:
        _bind_boundary(segment)  # 2
    return segment


def _bind_boundary(segment: SegmentInProgress) -> None:
    key, transcript = segment.proving_key.verifying_key, segment.transcript
    segment.early_heights = tuple(segment.tables[index].shape[1] for index in key.early_chips)
    transcript.absorb_base("heights.early", segment.early_heights)
    if key.parameters.group_columns[Group.BOUNDARY]:
        segment.boundary = _commit(segment, Group.BOUNDARY)
        transcript.absorb_digest("root.boundary", segment.boundary.oracle.root)
        if key.parameters.boundary_pin:
            segment.pin_point = transcript.challenge("pin.point")
            segment.pin_value = (_pinned_value(segment.boundary, segment.pin_point),)
            transcript.absorb("pin.value", segment.pin_value)
    segment.digest = tuple(transcript.digest_elements("segment.digest", SEGMENT_DIGEST_ELEMENTS))


def _finish(segment: SegmentInProgress) -> Proof:
    key, transcript, tables = segment.proving_key.verifying_key, segment.transcript, segment.tables
    check_statement(key, segment.statement)
    if key.circuit.has_global_bus:
        transcript.absorb("global", segment.statement.global_challenge)
    late_heights = tuple(tables[index].shape[1] for index in key.late_chips)
    main = _commit(segment, Group.MAIN) if key.parameters.group_columns[Group.MAIN] else None
    main_root = (main.oracle.root,) if main else ()
    transcript.absorb_base("heights.late", late_heights)  # 3
    if main_root:
        transcript.absorb_digest("root.main", main_root[0])
    challenges = draw_challenges(ONE, transcript, key, segment.statement)  # 5
    with _Stage(segment, "fraction tree"):
        leaves = leaf_blocks(key.circuit, tables, challenges)
        gkr, leaf_claim = prove_logup_gkr(transcript, key.tree_dimensions, leaves)  # 6
    with _Stage(segment, "zerocheck"):
        zerocheck, row_point = prove_zerocheck(transcript, key.circuit, tables, leaf_claim, challenges)  # 7
    column_claim = ColumnClaim(row_point, split_by_chip(key.circuit, zerocheck.column_values))
    jagged_claim = verify_jagged(Numbers(key.suite), transcript, key.bundles, column_claim)  # 8
    groups = [group for group in (segment.proving_key.commitment, segment.boundary, main) if group]
    with _Stage(segment, "opening"):
        weighted_sum = _weighted_sum(segment, groups, jagged_claim)
        oracles = [group.oracle for group in groups]
        whir = prove_whir(transcript, key.parameters, oracles, weighted_sum)  # 9
    transcript.finish()
    boundary_root = (segment.boundary.oracle.root,) if segment.boundary else ()
    return Proof(segment.early_heights, boundary_root, segment.pin_value, late_heights, main_root, gkr, zerocheck, whir)


class _Stage:
    """Measures a stage and reports it when it ends."""

    def __init__(self, segment: SegmentInProgress, name: str) -> None:
        self._progress, self._name = segment.progress, name

    def __enter__(self) -> None:
        self._start = perf_counter()

    def __exit__(self, *_: object) -> None:
        self._progress(self._name, perf_counter() - self._start)


def _commit(segment: SegmentInProgress, group: Group) -> CommittedGroup:
    key = segment.proving_key.verifying_key
    heights = [table.shape[1] for table in segment.tables]
    with _Stage(segment, f"commit {group.name.lower()}"):
        return commit_group(key.circuit, key.parameters, group, segment.tables, heights)


def _pinned_value(boundary: CommittedGroup, point: ExtensionElement) -> ExtensionElement:
    """`f_boundary(z)`."""
    num_columns, length = boundary.cells.shape
    return dot(boundary.cells.reshape(-1), dense_pin(point, length.bit_length() - 1, num_columns))


def _weighted_sum(segment: SegmentInProgress, groups: Sequence[CommittedGroup], claim: JaggedClaim) -> WeightedSum:
    """f and W, and what the sum should be."""
    key = segment.proving_key.verifying_key
    heights = [table.shape[1] for table in segment.tables]
    ranges = weight_ranges(key.bundles, bundle_ranges(key.bundles, heights, key.group_starts), claim)
    columns = [group.cells for group in groups]
    if segment.pin_point is None:
        return JaggedSum(columns, ranges, claim.value)
    cells = np.concatenate([group.reshape(-1) for group in columns])
    start, end = key.group_starts[Group.BOUNDARY], key.group_ends[Group.BOUNDARY]
    pin = dense_pin(segment.pin_point, key.parameters.log_column_length, len(key.group_ranges[Group.BOUNDARY]))
    power = claim.bundle_powers[-1]
    whole = np.zeros((cells.size, DEGREE), dtype=np.uint32)
    whole[start:end] = scale(pin, power).to_canonical()
    weight = add(eq_ranges(cells.size, ranges), ExtensionVector.from_canonical(whole))
    return WeightedSum(cells, weight, claim.value + power * segment.pin_value[0])


def _check_tables(proving_key: ProvingKey, tables: Tables) -> None:
    key = proving_key.verifying_key
    if len(tables) != len(key.circuit.chips):
        raise InputError(f"{len(tables)} tables for {len(key.circuit.chips)} chips", reason=Reason.WRONG_SHAPE)
    for chip, table, preprocessed in zip(key.circuit.chips, tables, proving_key.preprocessed, strict=True):
        check_table(chip, table, chip.width)
        if table.shape[1] > 1 << key.parameters.log_max_height:
            raise InputError(
                f"chip {chip.name} has {table.shape[1]} rows; at most 2^{key.parameters.log_max_height} fit",
                reason=Reason.OUT_OF_RANGE,
            )
        if len(preprocessed) and not np.array_equal(table[: len(preprocessed)], preprocessed):
            raise InputError(
                f"chip {chip.name}: the preprocessed columns are not those of the key", reason=Reason.OUT_OF_RANGE
            )
