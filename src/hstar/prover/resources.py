"""Whether memory and disk suffice, asked before anything long begins."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

from hstar.errors import Reason, ResourceError
from hstar.machine.keys import MachineKey
from hstar.recursion.recursion_key import RecursionKey
from hstar.stark.keys import VerifyingKey

BYTES_PER_CELL = 80
"""Peak of proving one segment beside the fixed part, measured (docs/notes/071-proving-runs.md)."""
FIXED_BYTES = 300 * 2**20
"""Python, tables and keys of one process."""
MIN_DISK_BYTES = 2**28
MEBIBYTE = 2**20


NODE_KEY_BYTES_PER_CELL = 14
"""What the key of a node that a process has used keeps in memory, measured; proving a node takes what segments take."""


def committed_cells(key: VerifyingKey) -> int:
    """Cells that a proof under a key commits to, its preprocessed ones included."""
    return sum(key.parameters.group_columns) << key.parameters.log_column_length


def needed_memory(key: MachineKey, workers: int, recursion: RecursionKey | None = None) -> int:
    """Bytes that proving the largest segments with so many processes takes at most, and the nodes above them."""
    cells, kept = max(1 << item.log_cells for item in key.classes), 0
    if recursion is not None:
        node_cells = committed_cells(recursion.node_key)
        cells, kept = max(cells, node_cells), len(recursion.places) * NODE_KEY_BYTES_PER_CELL * node_cells
    return workers * (FIXED_BYTES + BYTES_PER_CELL * cells + kept)


def check_resources(key: MachineKey, work_dir: Path, workers: int, recursion: RecursionKey | None = None) -> None:
    """Refuses to begin what cannot end.

    Raises:
        ResourceError: OUT_OF_MEMORY, LIMIT_REACHED with what to do.
    """
    needed, available = needed_memory(key, workers, recursion), psutil.virtual_memory().available
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
