"""What is done with one segment, wherever it is done: its boundary commitment, and later its proof.

Both start from what the execution stored; nothing is handed from one to the other but the digest D_k, so that they can
happen in different processes and days.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from hstar.air.circuit import TracedCircuit
from hstar.air.tables import Segment as Tables
from hstar.air.tables import fill_boundary, fill_segment
from hstar.errors import Reason, ResourceError
from hstar.field.extension import ExtensionElement
from hstar.machine.chips.keccak_records import keccak_records
from hstar.machine.isa import INSTRUCTION_BYTES
from hstar.machine.layout import CYCLE_TICKS, HALT_INDEX, PC_KEY
from hstar.machine.records import SegmentRecords, record_segment
from hstar.machine.segments import HALT_PC, Segment
from hstar.machine.setup import MachineSetup
from hstar.prover.execution import Run, load_records, load_segment
from hstar.prover.work import WorkFolder
from hstar.stark.proof import encode_proof
from hstar.stark.prove import SegmentInProgress, begin_segment, finish_segment

_CALL_CHIP = "keccak_call"


def stored_commitment(number: int) -> str:
    """Name of the file with the class and the digest of a segment."""
    return f"commitment-{number:05}.json"


def stored_states(number: int) -> str:
    """Name of the file with the states that a segment's calls start from."""
    return f"states-{number:05}.npz"


def stored_proof(number: int) -> str:
    """Name of the file with a segment's proof."""
    return f"proof-{number:05}.bin"


class SegmentProver:
    """Commits to and proves the segments of one run.

    Args:
        setup: of the program.
        run: the execution.
        work: where it stored its segments.
    """

    def __init__(self, setup: MachineSetup, run: Run, work: WorkFolder) -> None:
        self.setup, self.run, self.work = setup, run, work

    def commit(self, number: int) -> tuple[int, tuple[int, ...]]:
        """Binds a segment's boundary columns: class index and D_k, also stored.

        Raises:
            ResourceError: UNREADABLE, the work folder was changed.
        """
        if self.run.types[number - 1] == "cpu":
            segment = load_segment(self.work, number)
            class_index, records = self.setup.class_of(segment), self._boundary_records(segment)
        else:
            records = self._table_records(number)
            class_index = self._class_for(number, records)
        tables = fill_boundary(self._circuit(number), records, number=number)
        digest = self._begin(number, class_index, tables).digest
        self.work.put(stored_commitment(number), json.dumps([class_index, list(digest)]).encode())
        return class_index, digest

    def prove(self, number: int, challenge: Sequence[ExtensionElement]) -> dict[str, float]:
        """Proves a segment under the global challenge and stores the proof; returns seconds of its stages.

        Raises:
            ResourceError: UNREADABLE, the work folder was changed.
        """
        start = perf_counter()
        class_index, digest = load_commitment(self.work, number)
        if self.run.types[number - 1] == "cpu":
            records = record_segment(self.setup.plan, self.setup.program, load_segment(self.work, number))
        else:
            records = self._table_records(number)
        recorded = perf_counter()
        tables = fill_segment(self._circuit(number), records, number=number)
        seconds = {"record": recorded - start, "fill": perf_counter() - recorded}
        begun = self._begin(number, class_index, tables, seconds)
        if begun.digest != tuple(digest):
            message = f"segment {number} differs from what was committed to; delete {self.work.path} and prove again"
            raise ResourceError(message, reason=Reason.UNREADABLE)
        proof = finish_segment(begun, challenge)
        self.work.put(stored_proof(number), encode_proof(begun.proving_key.verifying_key, proof))
        seconds["all"] = perf_counter() - start
        return seconds

    def _begin(
        self, number: int, class_index: int, tables: Tables, seconds: dict[str, float] | None = None
    ) -> SegmentInProgress:
        times = {} if seconds is None else seconds

        def note(stage: str, elapsed: float) -> None:
            times[stage] = times.get(stage, 0.0) + elapsed

        in_order = [tables.tables[chip.program.name] for chip in self._circuit(number).chips]
        return begin_segment(self.setup.proving_keys[class_index], number, in_order, progress=note)

    def _circuit(self, number: int) -> TracedCircuit:
        return self.setup.circuit(self.run.types[number - 1])

    def _class_for(self, number: int, records: SegmentRecords) -> int:
        segment_type = self.run.types[number - 1]
        rows = {chip: len(next(iter(columns.values()))) for chip, columns in records.items()}
        return self.setup.class_for(segment_type, self.setup.tables[segment_type].least_heights | rows)

    def _table_records(self, number: int) -> SegmentRecords:
        """Records of a segment that executes nothing."""
        if self.run.types[number - 1] == "keccak":
            return keccak_records(self._states_of(number), HALT_INDEX)
        return load_records(self.work, number)

    def _states_of(self, number: int) -> NDArray[np.uint64]:
        """The states that a keccak segment permutes: all calls of the run in order, shared out."""
        capacity = self.setup.units("keccak")
        first = (number - 1 - len(self.run.calls)) * capacity
        wanted, before, parts = range(first, first + capacity), 0, []
        for index, calls in enumerate(self.run.calls, 1):
            start, stop = max(wanted.start - before, 0), min(wanted.stop - before, calls)
            if start < stop:
                states = self.work.require_arrays(stored_states(index))["states"]
                parts.append(states[start:stop].astype(np.uint64))
            before += calls
        return np.concatenate(parts)

    def _boundary_records(self, segment: Segment) -> SegmentRecords:
        """What the boundary columns of an instruction segment need; the segment runs again only if it has calls."""
        if segment.calls:
            records = record_segment(self.setup.plan, self.setup.program, segment)
            self.work.put_arrays(stored_states(segment.number), {"states": records[_CALL_CHIP]["memory_old"]})
            return records
        chosen = segment.keys != PC_KEY
        columns: dict[str, NDArray[np.generic]] = {
            "key": segment.keys,
            "previous_segment": segment.previous_segments,
            "value_in": segment.values_in,
            "value_out": segment.values_out,
        }
        boundary = {name: values[chosen].astype(np.uint64) for name, values in columns.items()}
        zeros = np.zeros(int(chosen.sum()), dtype=np.uint64)
        end = int(segment.values_out[segment.keys == PC_KEY][0])
        control = {
            "pc_in": segment.pc // INSTRUCTION_BYTES,
            "pc_out": HALT_INDEX if end == HALT_PC else end // INSTRUCTION_BYTES,
            "last_clock": CYCLE_TICKS * segment.cycles,
        }
        return {
            "boundary": boundary | {"first_time": zeros, "last_time": zeros},
            "control": {name: np.array([value], dtype=np.uint64) for name, value in control.items()},
        }


def load_commitment(work: WorkFolder, number: int) -> tuple[int, tuple[int, ...]]:
    """Class index and D_k of a segment.

    Raises:
        ResourceError: UNREADABLE.
    """
    class_index, digest = json.loads(work.require(stored_commitment(number)))
    return class_index, tuple(digest)
