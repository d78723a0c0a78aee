"""The first stage: the program runs once, and what each segment needs to be proven is stored.

Segments are numbered as they stand in the proof: those that execute instructions, then those that permute states for
precompile calls, then those with the first and last value of every word.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from hstar.errors import InputError, Reason
from hstar.kernels import backend
from hstar.machine.faults import exit_code_error
from hstar.machine.layout import HALT_INDEX, MAX_SEGMENTS
from hstar.machine.limits import Limits
from hstar.machine.memory_records import RegisterEnds, memory_records
from hstar.machine.native import NativeMachine
from hstar.machine.records import SegmentRecords
from hstar.machine.reference import ReferenceMachine
from hstar.machine.segments import Segment
from hstar.machine.setup import MachineSetup
from hstar.prover.work import WorkFolder

RUN_FILE = "run.json"


@dataclass(frozen=True)
class Run:
    """A finished execution that succeeded.

    Args:
        output: the public output, in hex.
        cycles: instructions executed.
        types: of segment 1 .. N.
        calls: precompile calls of each segment that executes instructions.
    """

    output: str
    cycles: int
    types: tuple[str, ...]
    calls: tuple[int, ...]

    @property
    def output_bytes(self) -> bytes:
        """The public output."""
        return bytes.fromhex(self.output)

    @property
    def num_segments(self) -> int:
        """N."""
        return len(self.types)


def stored_segment(number: int) -> str:
    """Name of the file with what a segment is proven from."""
    return f"segment-{number:05}.npz"


def load_run(work: WorkFolder) -> Run | None:
    """The run that the work folder already has."""
    data = work.get(RUN_FILE)
    if data is None:
        return None
    values = json.loads(data)
    return Run(values["output"], values["cycles"], tuple(values["types"]), tuple(values["calls"]))


def execute_run(
    setup: MachineSetup,
    input_bytes: bytes,
    limits: Limits,
    work: WorkFolder,
    on_segment: Callable[[int], None],
) -> Run:
    """Runs the program and stores its segments.

    Args:
        setup: of the program.
        input_bytes: the private input.
        limits: of the run.
        work: where segments are stored; `run.json` is stored last.
        on_segment: told the number of each finished segment.

    Raises:
        ExecutionError: the program trapped, reached a limit, or ended with an exit code other than 0.
        InputError: OUT_OF_RANGE for more segments than there are numbers.
    """
    kind = NativeMachine if backend.runs_native() else ReferenceMachine
    machine = kind(setup.program, input_bytes, limits, setup.rule)
    ends, calls = RegisterEnds(), []
    while not machine.halted:
        segment = machine.advance()
        if segment is not None:
            ends.update(segment)
            calls.append(segment.calls)
            work.put_arrays(stored_segment(segment.number), _segment_arrays(segment))
            on_segment(segment.number)
    execution = machine.result()
    if execution.exit_code:
        raise exit_code_error(execution.exit_code)
    num_keccak = -(-sum(calls) // setup.units("keccak"))
    types = ["cpu"] * len(calls) + ["keccak"] * num_keccak
    rows = (setup.units("memory"), setup.units("ram"))
    for index, records in enumerate(memory_records(setup.program, machine.touched_words(), ends, HALT_INDEX, rows)):
        types.append("ram" if index else "memory")
        _check_number(len(types))
        work.put_arrays(stored_segment(len(types)), _flatten(records))
        on_segment(len(types))
    run = Run(execution.output.hex(), execution.cycles, tuple(types), tuple(calls))
    work.put(RUN_FILE, json.dumps(asdict(run)).encode())
    return run


def _check_number(number: int) -> None:
    if number > MAX_SEGMENTS:
        raise InputError(
            f"the run has more than {MAX_SEGMENTS} segments; use larger segments", reason=Reason.OUT_OF_RANGE
        )


def _segment_arrays(segment: Segment) -> dict[str, NDArray[np.generic]]:
    return {item.name: np.asarray(getattr(segment, item.name)) for item in fields(segment)}


def load_segment(work: WorkFolder, number: int) -> Segment:
    """A segment that executes instructions.

    Raises:
        ResourceError: UNREADABLE.
    """
    arrays = work.require_arrays(stored_segment(number))
    values = {name: array if array.ndim else int(array) for name, array in arrays.items()}
    return Segment(**values)  # type: ignore[arg-type]


def _flatten(records: SegmentRecords) -> dict[str, NDArray[np.generic]]:
    return {f"{chip}.{name}": values for chip, columns in records.items() for name, values in columns.items()}


def load_records(work: WorkFolder, number: int) -> SegmentRecords:
    """Records of a segment with words.

    Raises:
        ResourceError: UNREADABLE.
    """
    records: SegmentRecords = {}
    for path, values in work.require_arrays(stored_segment(number)).items():
        chip, name = path.split(".")
        records.setdefault(chip, {})[name] = values.astype(np.uint64)
    return records
