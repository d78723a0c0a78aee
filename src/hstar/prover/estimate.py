"""How long proving would take on a machine that was measured: never a guess, always a measurement scaled.

The measurement is the file that `hstar bench machine -o FILE` writes: the time of one full instruction segment of a
guest, its trace included. It is scaled by cycles. Segments of precompile calls and of memory are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hstar.errors import InputError, Reason
from hstar.ethereum.fields import Fields, parse_json
from hstar.machine.program import read_file

MAX_FILE_BYTES = 2**20


@dataclass(frozen=True)
class ProvingEstimate:
    """Seconds that the instruction segments of a run would take.

    Args:
        seconds: of all of them, one after the other, on the measured machine.
        microseconds_per_cycle: as measured.
        guest: of the measured segment; another mix of instructions takes another time.
        log_cells: its size class.
        processor, finished: where and when it was measured.
    """

    seconds: float
    microseconds_per_cycle: float
    guest: str
    log_cells: int
    processor: str
    finished: str


def _text(fields: Fields) -> str:
    if not isinstance(fields.value, str):
        raise InputError(f"{fields.path} is not a text", reason=Reason.MALFORMED)
    return fields.value


def _seconds(fields: Fields) -> float:
    value = fields.value
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e9:
        raise InputError(f"{fields.path} is not a number of seconds", reason=Reason.MALFORMED)
    return float(value)


def estimate_proving(path: Path, cycles: int, log_cells: int) -> ProvingEstimate:
    """Scales a measurement to a run of `cycles` instructions in segments of 2^log_cells cells.

    Raises:
        InputError: the file is no such measurement, or not of this size.
    """
    data = read_file(path, MAX_FILE_BYTES, "the measurement")
    try:
        document = Fields(parse_json(data), "")
    except ValueError as error:
        raise InputError(f"the measurement {path} is not valid JSON: {error}", reason=Reason.MALFORMED) from error
    if "proving" not in document:
        raise InputError(
            f"{path} holds no proven segment; write one with `hstar bench machine -o FILE`", reason=Reason.MALFORMED
        )
    runs = {run.at("log_cells").integer(8): run for run in document.at("proving").items()}
    if log_cells not in runs:
        sizes = ", ".join(f"2^{size}" for size in sorted(runs)) or "no size"
        raise InputError(
            f"{path} has segments of {sizes} cells, not of 2^{log_cells}; measure with --log-cells {log_cells}",
            reason=Reason.OUT_OF_RANGE,
        )
    run = runs[log_cells]
    measured = run.at("cycles").integer(48)
    if measured == 0:
        raise InputError(f"{path}: the measured segment has no cycles", reason=Reason.MALFORMED)
    per_cycle = _seconds(run.at("seconds").at("all")) / measured
    return ProvingEstimate(
        seconds=per_cycle * cycles,
        microseconds_per_cycle=1e6 * per_cycle,
        guest=_text(run.at("guest")),
        log_cells=log_cells,
        processor=_text(document.at("machine").at("processor")),
        finished=_text(document.at("finished")),
    )
