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
from typing import Any

from hstar.errors import InputError, Reason
from hstar.hash.suite import POSEIDON2
from hstar.machine.keys import MachineKey, decode_machine_key

FOLDER, RECORD = "data", "guests.json"


@dataclass(frozen=True)
class Guest:
    """A shipped program.

    Args:
        name: for example `revm`.
        elf: the bytes of the ELF file, with function names for profiles.
        digest: SHA-256 of `elf`, 64 hexadecimal digits.
        compiler: packages and versions that build exactly these bytes.
        key_digest: V of the shipped verifying key, hexadecimal.
        log_cells: of that key: instruction segments have up to 2^log_cells cells.
    """

    name: str
    elf: bytes
    digest: str
    compiler: str
    key_digest: str
    log_cells: int


@cache
def _record() -> dict[str, dict[str, Any]]:
    text = files("hstar.machine").joinpath(FOLDER, RECORD).read_text(encoding="utf-8")
    record: dict[str, dict[str, Any]] = json.loads(text)
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
    return Guest(name, elf, digest, entry["compiler"], entry["verifying_key"], entry["log_cells"])


def name_of_key(key_digest: str) -> str | None:
    """The shipped guest whose verifying key has this digest, if there is one."""
    return next((name for name in names() if _record()[name]["verifying_key"] == key_digest), None)


def load_final_program(name: str) -> tuple[bytes, str] | None:
    """The traced final verification of a guest, compressed, and its recorded digest; None where none is shipped.

    `hstar.verifier.traced` decodes it and compares the digest.
    """
    digest = _record()[name].get("final_program")
    path = files("hstar.machine").joinpath(FOLDER, f"{name}.final.xz")
    return None if digest is None or not path.is_file() else (path.read_bytes(), digest)


@cache
def load_key(name: str) -> MachineKey:
    """The shipped verifying key of a guest; `make guest-keys` makes it from the guest's program alone.

    Raises:
        InputError: no such guest, or the installed file is not the recorded one.
    """
    guest = load(name)
    key = decode_machine_key(lzma.decompress(files("hstar.machine").joinpath(FOLDER, f"{name}.key.xz").read_bytes()))
    found = POSEIDON2.digest_to_bytes(key.digest).hex()
    if found != guest.key_digest:
        raise InputError(
            f"the installed key of guest {name} is {found}, recorded is {guest.key_digest}; reinstall hstar",
            reason=Reason.MALFORMED,
            name=name,
        )
    return key
