"""`ProtocolParameters`: the one object from which prover, verifier and calculator take every number.

It is made by `hstar.soundness.solver.solve`, checked when it is built, has exactly one encoding, and is named by the
digest of that encoding. Which chips are proven is not in here: that is the verifying key's part.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from hstar.errors import InputError, Reason
from hstar.hash.suite import BLAKE2B
from hstar.hash.tags import PARAMETERS
from hstar.params.field import KOALA_BEAR_SEXTIC, FieldParameters
from hstar.params.hash_suite import HashSuiteParameters, hash_suite_parameters
from hstar.params.whir import Regime, RegimeKind, WhirIteration

ENCODING_VERSION = 1
MAX_LOG_CELLS = 30
MAX_LOG_FINAL_LENGTH = 8
MAX_ITERATIONS = 16
GROUPS = ("preprocessed", "boundary", "main")
"""Commitment groups, in the order of their cells; each non-empty one has a Merkle tree of its own."""

_SUITE_CODES = {"poseidon2": 1, "blake2b": 2}
_WORDS_PER_ITERATION = 8
_HEADER_WORDS = 11


@dataclass(frozen=True, slots=True)
class ProtocolParameters:
    """Everything about a proof that is not its circuits.

    Args:
        target_bits: the `security_bits` that the parameters were solved for.
        hash_suite: name of the suite (`hstar.params.hash_suite`).
        log_cells: the committed vector has `2^log_cells` cells (missing ones are zero).
        log_max_height: no table has more than `2^log_max_height` rows.
        group_columns: number of stack columns of each group, in the order of `GROUPS`.
        iterations: WHIR, from the commitment to the last oracle.
        boundary_pin: whether an out-of-domain value of the boundary columns is drawn before the global challenge
            and opened; needed when there are boundary columns and iteration 0 is not in the unique-decoding regime.

    Raises:
        InputError: OUT_OF_RANGE with a sentence that names the inconsistent fields.
    """

    target_bits: int
    hash_suite: str
    log_cells: int
    log_max_height: int
    group_columns: tuple[int, int, int]
    iterations: tuple[WhirIteration, ...]
    boundary_pin: bool = False

    def __post_init__(self) -> None:
        _require(1 <= self.target_bits <= 512, f"target_bits is {self.target_bits}; it must be 1 to 512")
        _require(
            1 <= self.log_cells <= MAX_LOG_CELLS, f"log_cells is {self.log_cells}; it must be 1 to {MAX_LOG_CELLS}"
        )
        _require(
            0 <= self.log_max_height <= self.log_cells,
            f"log_max_height is {self.log_max_height}; it must be 0 to log_cells = {self.log_cells}",
        )
        _require(
            1 <= len(self.iterations) <= MAX_ITERATIONS,
            f"{len(self.iterations)} WHIR iterations; there must be 1 to {MAX_ITERATIONS}",
        )
        hash_suite_parameters(self.hash_suite)
        self._check_codes()
        self._check_groups()

    def _check_codes(self) -> None:
        num_variables = self.log_cells
        for index, iteration in enumerate(self.iterations):
            where = f"WHIR iteration {index}"
            _require(
                iteration.log_codeword_length > num_variables,
                f"{where}: a codeword of length 2^{iteration.log_codeword_length} does not encode 2^{num_variables} "
                "values at a rate below 1",
            )
            _require(
                iteration.log_num_positions <= self.field.two_adicity,
                f"{where}: {iteration.log_num_positions} is the logarithm of the number of positions; the field has no "
                f"subgroup beyond 2^{self.field.two_adicity}",
            )
            _require(
                iteration.log_folding_arity <= num_variables,
                f"{where}: cannot bind {iteration.log_folding_arity} of {num_variables} variables",
            )
            needs_samples = index > 0 and not iteration.regime.is_unique
            _require(
                (iteration.num_samples > 0) if needs_samples else (index > 0 or iteration.num_samples == 0),
                f"{where}: {iteration.num_samples} out-of-domain samples; the first oracle takes none, a later one in "
                "the Johnson regime at least one",
            )
            num_variables -= iteration.log_folding_arity
        _require(
            num_variables <= MAX_LOG_FINAL_LENGTH,
            f"the final vector has 2^{num_variables} elements; at most 2^{MAX_LOG_FINAL_LENGTH} are sent in clear",
        )

    def _check_groups(self) -> None:
        _require(
            len(self.group_columns) == len(GROUPS) and min(self.group_columns) >= 0,
            f"group_columns is {self.group_columns}; one non-negative number for each of {', '.join(GROUPS)}",
        )
        total, room = sum(self.group_columns), 2 ** self.iterations[0].log_folding_arity
        _require(
            1 <= total <= room,
            f"{total} stack columns; there must be 1 to 2^log_folding_arity of iteration 0 = {room}",
        )
        listed = not self.iterations[0].regime.is_unique
        has_boundary = self.group_columns[GROUPS.index("boundary")] > 0
        _require(
            self.boundary_pin == (has_boundary and listed),
            "boundary columns must be committed in the unique-decoding regime, or pinned by an opened out-of-domain "
            f"value, and nothing else is pinned: iteration 0 is {self.iterations[0].regime}, "
            f"boundary columns {self.group_columns[GROUPS.index('boundary')]}, boundary_pin {self.boundary_pin}",
        )

    @property
    def field(self) -> FieldParameters:
        """The challenge field; there is one."""
        return KOALA_BEAR_SEXTIC

    @property
    def hash(self) -> HashSuiteParameters:
        """The numbers of the hash suite."""
        return hash_suite_parameters(self.hash_suite)

    @property
    def log_inverse_rate(self) -> int:
        """Of the committed codewords (iteration 0)."""
        return self.iterations[0].log_codeword_length - self.log_cells

    @property
    def log_column_length(self) -> int:
        """Base-2 logarithm of the length h of a stack column."""
        return self.log_cells - self.iterations[0].log_folding_arity

    @property
    def log_final_length(self) -> int:
        """Base-2 logarithm of the length of the vector that is sent in clear."""
        return self.num_variables(len(self.iterations))

    def num_variables(self, iteration_index: int) -> int:
        """Variables left before an iteration; given the number of iterations, those of the final vector."""
        return self.log_cells - sum(step.log_folding_arity for step in self.iterations[:iteration_index])

    def log_inverse_rate_of(self, iteration_index: int) -> int:
        """Of the oracle of iteration `iteration_index`."""
        return self.iterations[iteration_index].log_codeword_length - self.num_variables(iteration_index)

    def positions_per_leaf(self, group_index: int) -> int:
        """How many neighbouring positions of group `group_index` share a leaf of iteration 0."""
        return positions_per_leaf(
            self.group_columns[group_index], self.iterations[0].log_num_positions, self.hash.block_elements
        )

    def with_iteration(self, index: int, **changes: object) -> ProtocolParameters:
        """A copy in which some fields of one iteration differ."""
        iterations = list(self.iterations)
        iterations[index] = replace(iterations[index], **changes)  # type: ignore[arg-type]
        return replace(self, iterations=tuple(iterations))

    def require_implemented(self) -> None:
        """Refuses parameters whose hash exists only on paper; prover and verifier call this.

        Raises:
            InputError: UNKNOWN_NAME.
        """
        if not self.hash.is_implemented:
            raise InputError(
                f"no hash suite {self.hash_suite} is implemented; solve again without a digest length",
                reason=Reason.UNKNOWN_NAME,
            )

    def words(self) -> tuple[int, ...]:
        """The encoding as small non-negative integers (each below 2^24), the same numbers that `encode` writes."""
        suite_code = _SUITE_CODES.get(self.hash_suite, 0)
        words = [
            ENCODING_VERSION,
            self.field.extension_degree,
            *_split(self.field.modulus),
            suite_code,
            self.hash.digest_bytes,
            self.target_bits,
            self.log_cells,
            self.log_max_height,
            int(self.boundary_pin),
            len(self.iterations),
            *self.group_columns,
        ]
        for step in self.iterations:
            words += [
                step.log_folding_arity,
                step.log_codeword_length,
                int(step.regime.kind),
                step.regime.multiplicity,
                step.num_queries,
                step.num_samples,
                step.query_grinding_bits,
                step.fold_grinding_bits,
            ]
        return tuple(words)

    def encode(self) -> bytes:
        """The canonical encoding: `words()` as little-endian 32-bit integers."""
        words = self.words()
        return struct.pack(f"<{len(words)}I", *words)

    def digest(self) -> bytes:
        """33 bytes that name these parameters: tagged BLAKE2b of the encoding, whatever the proof's own suite."""
        return bytes(BLAKE2B.hash_bytes(PARAMETERS, self.encode()))


def positions_per_leaf(num_columns: int, log_num_positions: int, block_elements: int) -> int:
    """How many neighbouring positions of a group share a leaf, so that a narrow group does not waste hash blocks.

    The largest power of two with which a leaf still fits one call of the hash's inner function, at least 1.

    Args:
        num_columns: stack columns of the group.
        log_num_positions: base-2 logarithm of the number of positions.
        block_elements: base-field elements that one call absorbs.
    """
    slots = 1
    while num_columns and 2 * slots * num_columns <= block_elements and slots < 1 << log_num_positions:
        slots *= 2
    return slots


def decode_parameters(data: bytes) -> ProtocolParameters:
    """The parameters that `data` encodes; exactly the bytes of `ProtocolParameters.encode` are accepted.

    Raises:
        InputError: MALFORMED, OUT_OF_RANGE.
    """
    if len(data) % 4 or len(data) < 4 * (_HEADER_WORDS + len(GROUPS)):
        raise InputError(f"{len(data)} bytes are not encoded protocol parameters", reason=Reason.MALFORMED)
    words = struct.unpack(f"<{len(data) // 4}I", data)
    header, columns = words[:_HEADER_WORDS], words[_HEADER_WORDS : _HEADER_WORDS + len(GROUPS)]
    rest = words[_HEADER_WORDS + len(GROUPS) :]
    if len(rest) != _WORDS_PER_ITERATION * header[-1]:
        raise InputError("the number of iterations does not fit the length of the encoding", reason=Reason.MALFORMED)
    names = {code: name for name, code in _SUITE_CODES.items()}
    parameters = ProtocolParameters(
        target_bits=header[6],
        hash_suite=names.get(header[4], f"hypothetical-{header[5]}"),
        log_cells=header[7],
        log_max_height=header[8],
        group_columns=(columns[0], columns[1], columns[2]),
        iterations=tuple(
            _decode_iteration(rest[start : start + _WORDS_PER_ITERATION])
            for start in range(0, len(rest), _WORDS_PER_ITERATION)
        ),
        boundary_pin=bool(header[9]),
    )
    if parameters.encode() != data:
        raise InputError(
            "these bytes are not the canonical encoding of protocol parameters of this version and field",
            reason=Reason.NOT_CANONICAL,
        )
    return parameters


def _decode_iteration(words: tuple[int, ...]) -> WhirIteration:
    arity, length, kind, multiplicity, queries, samples, query_grinding, fold_grinding = words
    if kind not in tuple(RegimeKind):
        raise InputError(f"there is no decoding regime number {kind}", reason=Reason.MALFORMED)
    return WhirIteration(
        log_folding_arity=arity,
        log_codeword_length=length,
        regime=Regime(RegimeKind(kind), multiplicity),
        num_queries=queries,
        num_samples=samples,
        query_grinding_bits=query_grinding,
        fold_grinding_bits=fold_grinding,
    )


def _split(value: int) -> tuple[int, int]:
    return value % 2**24, value >> 24


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise InputError(message, reason=Reason.OUT_OF_RANGE)
