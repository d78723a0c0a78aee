"""Keeping memory from one proof to the next.

The C library gives large arrays back to the system when they are freed. The next proof pays for the same pages again:
for clearing them, and inside a virtual machine for the host to find them anew. A process that proves several times
keeps them instead.
"""

from __future__ import annotations

import ctypes
import platform

_TRIM_THRESHOLD, _MAX_MAPPINGS = -1, -4
"""Numbers of glibc's `mallopt`: free bytes at the end of the heap that are given back; arrays with a mapping of their
own, which is unmapped when they are freed."""
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Keeps freed memory in this process from now on; says whether the C library can do that (glibc only).

    For processes that do nothing but prove: the size of the process stays at its peak.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    return all(library.mallopt(number, value) for number, value in ((_MAX_MAPPINGS, 0), (_TRIM_THRESHOLD, _NEVER)))
