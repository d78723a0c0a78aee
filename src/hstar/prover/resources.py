"""Whether memory and disk suffice, asked before anything long begins."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

from hstar.errors import Reason, ResourceError
from hstar.machine.keys import MachineKey

BYTES_PER_CELL = 80
"""Peak of proving one segment beside the fixed part, measured (docs/notes/071-proving-runs.md)."""
FIXED_BYTES = 300 * 2**20
"""Python, tables and keys of one process."""
MIN_DISK_BYTES = 2**28
MEBIBYTE = 2**20


def needed_memory(key: MachineKey, workers: int) -> int:
    """Bytes that proving the largest segments with so many processes takes at most."""
    cells = max(1 << item.log_cells for item in key.classes)
    return workers * (FIXED_BYTES + BYTES_PER_CELL * cells)


def check_resources(key: MachineKey, work_dir: Path, workers: int) -> None:
    """Refuses to begin what cannot end.

    Raises:
        ResourceError: OUT_OF_MEMORY, LIMIT_REACHED with what to do.
    """
    needed, available = needed_memory(key, workers), psutil.virtual_memory().available
    if needed > available:
        raise ResourceError(
            f"proving needs up to {needed // MEBIBYTE:,} MiB of memory; {available // MEBIBYTE:,} MiB are free; "
            "choose smaller segments (--log-cells) or fewer workers",
            reason=Reason.OUT_OF_MEMORY,
            needed_bytes=needed,
            available_bytes=available,
        )
    existing = next(path for path in (work_dir.absolute(), *work_dir.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < MIN_DISK_BYTES:
        raise ResourceError(
            f"{existing} has {free // MEBIBYTE:,} MiB of free disk; at least {MIN_DISK_BYTES // MEBIBYTE} MiB are "
            "needed (choose another folder with --work-dir)",
            reason=Reason.LIMIT_REACHED,
            free_bytes=free,
        )
