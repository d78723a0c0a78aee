"""The program table: what stands at each pc, decoded. Preprocessed, so it is part of the verifying key."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hstar.air.buses import Ports
from hstar.air.chip import Chip
from hstar.air.columns import U16, Multiplicity, Preprocessed
from hstar.air.expressions import Felt
from hstar.machine.chips.buses import PROGRAM, Power, RegisterKey
from hstar.machine.operations import program_table
from hstar.machine.program import Program


class ProgramRows(Chip):
    """One row for each word that is an instruction and does not always trap.

    Soundness: an instruction row asks for its pc, so it proves what the program says and nothing else. Each pc has at
    most one row. A word without a row cannot be executed: a run that reaches it has no proof.
    """

    class Columns:
        pc: Preprocessed[Felt]
        operation: Preprocessed[Felt]
        rd: Preprocessed[RegisterKey]
        rs1: Preprocessed[RegisterKey]
        rs2: Preprocessed[RegisterKey]
        c0: Preprocessed[U16]
        c1: Preprocessed[U16]
        c2: Preprocessed[Felt]
        c3: Preprocessed[Power]
        times: Multiplicity

    name = "program"

    def __init__(self, program: Program) -> None:
        self._program = program

    def preprocessed(self) -> Mapping[str, NDArray[np.uint64]]:
        """The entries of `hstar.machine.operations.program_table`."""
        return {name: values.astype(np.uint64) for name, values in program_table(self._program).columns.items()}

    def interactions(self, c: Columns, bus: Ports) -> None:
        """One message a row."""
        constants = (c.c0, c.c1, c.c2, c.c3)
        bus.provide(PROGRAM, c.pc, c.operation, c.rd, c.rs1, c.rs2, constants, multiplicity=c.times)
