"""The verifying key of a program, as a verifier gets it: the machine key, and what final proofs are verified with.

A file holds either the machine key alone, which verifies the proofs of all segments, or both keys behind their lengths.
"""

from __future__ import annotations

import lzma
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hstar.errors import InputError, Reason
from hstar.machine import guests
from hstar.machine.keys import MachineKey, decode_machine_key, looks_like_machine_key
from hstar.recursion.accept import AcceptanceKey
from hstar.recursion.recursion_key import RecursionKey, decode_recursion_key
from hstar.stark.key_decoding import decode_word, split_parts
from hstar.stark.keys import encode_word

MAGIC = b"hstar\0pk"
VERSION = 1
_PARTS = 2


@dataclass(frozen=True)
class ProgramKey:
    """What a verifier must be given by someone it trusts.

    Args:
        machine: V, and the keys of all segments.
        recursion: of final proofs; None where only proofs of all segments shall be verified.

    Raises:
        InputError: WRONG_SHAPE when the two are of different programs.
    """

    machine: MachineKey
    recursion: RecursionKey | None = None

    def __post_init__(self) -> None:
        if self.recursion is not None:
            self.recursion.require_fits(self.machine.segment_keys)

    @property
    def acceptance_key(self) -> AcceptanceKey:
        """For final proofs.

        Raises:
            InputError: WRONG_TYPE where there is no recursion key.
        """
        return self.require_recursion().acceptance_key(self.machine.segment_keys)

    def require_recursion(self) -> RecursionKey:
        """The recursion key.

        Raises:
            InputError: WRONG_TYPE where there is none.
        """
        if self.recursion is None:
            raise InputError(
                "this verifying key is for the proofs of all segments, not for final proofs; make one that is with "
                "`hstar key --program ELF -o FILE`",
                reason=Reason.WRONG_TYPE,
            )
        return self.recursion

    def encode(self) -> bytes:
        """Canonical bytes."""
        if self.recursion is None:
            return self.machine.encode()
        parts = [self.machine.encode(), self.recursion.encode()]
        return MAGIC + encode_word(VERSION) + b"".join(encode_word(len(part)) + part for part in parts)


def looks_like_program_key(data: bytes) -> bool:
    """Whether a file starts as that of a verifying key of a program does."""
    return data.startswith(MAGIC) or looks_like_machine_key(data)


def decode_program_key(data: bytes) -> ProgramKey:
    """The key that `data` encodes; every key has exactly one encoding.

    Raises:
        InputError: MALFORMED, NOT_CANONICAL, or what the keys refuse.
    """
    if not data.startswith(MAGIC):
        return ProgramKey(decode_machine_key(data))
    version = decode_word(data, len(MAGIC))
    if version != VERSION:
        raise InputError(
            f"verifying key of version {version}; this program reads version {VERSION}", reason=Reason.MALFORMED
        )
    parts = split_parts(data[len(MAGIC) + 4 :])
    if len(parts) != _PARTS:
        raise InputError(f"a verifying key has {_PARTS} parts, not {len(parts)}", reason=Reason.MALFORMED)
    return ProgramKey(decode_machine_key(parts[0]), decode_recursion_key(parts[1]))


@cache
def shipped_key(name: str) -> ProgramKey:
    """The shipped keys of a guest; `make guest-keys` makes them from the guest's program alone.

    Raises:
        InputError: no such guest, or the installed files are not the recorded ones.
    """
    machine = guests.load_key(name)
    path = files("hstar.machine").joinpath(guests.FOLDER, f"{name}.recursion.xz")
    try:
        recursion = decode_recursion_key(lzma.decompress(path.read_bytes()))
        return ProgramKey(machine, recursion)
    except (OSError, lzma.LZMAError, InputError) as error:
        raise InputError(
            f"the installed recursion key of guest {name} cannot be used ({error}); reinstall hstar, or run "
            "`make guest-keys` in a checkout",
            reason=Reason.MALFORMED,
            name=name,
        ) from error
