"""Options that several commands of `hstar soundness` have."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How results are printed."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"
    CSV = "csv"


class Regime(StrEnum):
    """Choices for iteration 0."""

    FREE = "free"
    UNIQUE = "unique"


class ObjectiveChoice(StrEnum):
    """What the solver makes small."""

    PROOF_BYTES = "proof_bytes"
    VERIFIER_HASHES = "verifier_hashes"
    PROVER_SECONDS = "prover_seconds"


class PlotChoice(StrEnum):
    """Which picture `--plot` draws."""

    ALL = "all"
    ROUNDS = "rounds"
    SIZE = "size"
    SENSITIVITY = "sensitivity"


class ReportPlotChoice(StrEnum):
    """Which picture `report --plot` draws: also the proofs of a recursion."""

    TOPOLOGY = "topology"
    ALL = "all"
    ROUNDS = "rounds"
    SIZE = "size"
    SENSITIVITY = "sensitivity"


TargetBits = Annotated[int, typer.Option("--target-bits", help="Provable bits to reach.", min=1, max=256)]
LogCells = Annotated[int, typer.Option("--log-cells", help="Base-2 logarithm of the committed cells.", min=8, max=30)]
LogInverseRate = Annotated[
    int | None,
    typer.Option("--log-inverse-rate", help="Rate 2^-N of the commitment; searched if left out.", min=1, max=16),
]
Groups = Annotated[int, typer.Option("--groups", help="Commitment trees of iteration 0.", min=1, max=3)]
FirstRegime = Annotated[
    Regime, typer.Option("--first-regime", help="`unique` forces unique decoding of the commitment.")
]
Suite = Annotated[str, typer.Option("--suite", help="Hash suite: poseidon2 or blake2b.")]
DigestBytes = Annotated[
    int | None, typer.Option("--digest-bytes", help="What another digest length would cost.", min=16, max=64)
]
GrindingBits = Annotated[int, typer.Option("--grinding-bits", help="Most proof of work in one place.", min=0, max=24)]
Objective = Annotated[ObjectiveChoice, typer.Option("--objective", help="What to make small.")]
OutputFormat = Annotated[Format, typer.Option("--format", help="How to print the result.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object (short for --format json).")]
Plot = Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Also draw to an .svg or .png file.")]
PlotWhat = Annotated[PlotChoice, typer.Option("--plot-kind", help="Which picture to draw.")]
