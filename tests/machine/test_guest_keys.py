"""The shipped verifying keys are those of the shipped programs and of this machine."""

from __future__ import annotations

import pytest

from hstar.hash.suite import POSEIDON2
from hstar.machine import guests
from hstar.machine.program import load_program
from hstar.machine.setup import set_up


@pytest.mark.parametrize("name", guests.names())
def test_the_shipped_key_is_current(name: str) -> None:
    """`make guest-keys` after a change of a guest, a chip or the parameters."""
    guest = guests.load(name)
    made = set_up(load_program(guest.elf), guest.log_cells).key
    assert POSEIDON2.digest_to_bytes(made.digest).hex() == guest.key_digest
    assert guests.load_key(name).digest == made.digest
    assert guests.name_of_key(guest.key_digest) == name


def test_an_unknown_key_names_no_guest() -> None:
    assert guests.name_of_key("00" * 36) is None
