"""Guest programs that are shipped with the package: their bytes, digests, and the compilers that made them.

`make guests` rebuilds them bit for bit with the recorded compilers.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hstar.errors import InputError, Reason

FOLDER, RECORD = "data", "guests.json"


@dataclass(frozen=True)
class Guest:
    """A shipped program.

    Args:
        name: for example `revm`.
        elf: the bytes of the ELF file, with function names for profiles.
        digest: SHA-256 of `elf`, 64 hexadecimal digits.
        compiler: packages and versions that build exactly these bytes.
    """

    name: str
    elf: bytes
    digest: str
    compiler: str


@cache
def _record() -> dict[str, dict[str, str]]:
    text = files("hstar.machine").joinpath(FOLDER, RECORD).read_text(encoding="utf-8")
    record: dict[str, dict[str, str]] = json.loads(text)
    return record


def names() -> tuple[str, ...]:
    """Names of the shipped guests."""
    return tuple(sorted(_record()))


@cache
def load(name: str) -> Guest:
    """A shipped guest by its name.

    Raises:
        InputError: no such guest, or the installed file is not the recorded one.
    """
    entry = _record().get(name)
    if entry is None:
        raise InputError(
            f"there is no guest called {name}; shipped are {', '.join(names())}", reason=Reason.UNKNOWN_NAME, name=name
        )
    elf = lzma.decompress(files("hstar.machine").joinpath(FOLDER, f"{name}.elf.xz").read_bytes())
    digest = hashlib.sha256(elf).hexdigest()
    if digest != entry["digest"]:
        raise InputError(
            f"the installed guest {name} has digest {digest}, recorded is {entry['digest']}; reinstall hstar",
            reason=Reason.MALFORMED,
            name=name,
        )
    return Guest(name, elf, digest, entry["compiler"])
