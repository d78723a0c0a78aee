"""The shipped recursion keys are those of the shipped machine keys, and of this version's circuits."""

import pytest

from hstar.errors import InputError
from hstar.machine import guests
from hstar.prover.cache import Cache
from hstar.prover.node_keys import LazyNodeKeys, derive_recursion_key
from hstar.recursion.recursion_key import NodeKind
from hstar.stark.security import security_bits
from hstar.verifier import program_key
from hstar.verifier.program_key import ProgramKey, decode_program_key, shipped_key

OUT_OF_DATE = "make guest-keys makes the shipped keys anew"


def test_every_shipped_guest_has_a_key_for_final_proofs():
    for name in guests.names():
        key = shipped_key(name)
        assert key.machine == guests.load_key(name) and key.recursion is not None
        leaves = [place.segment_key for place in key.recursion.places if place.kind is NodeKind.LEAF]
        assert leaves == list(range(len(key.machine.classes)))
        assert security_bits(key.recursion.node_key) >= 128 and security_bits(key.recursion.final) >= 128
        assert decode_program_key(key.encode()) == key


def test_the_shipped_recursion_key_is_of_this_version(tmp_path):
    """The cheapest leaf, and the final node; all of them in the slow test below."""
    key = shipped_key("revm")
    keys = LazyNodeKeys(key.machine.segment_keys, key.recursion, Cache(tmp_path))
    place = key.machine.class_index("ram"), 1
    assert keys.leaves[place].verifying_key == keys.key.verifying_key(keys.key.places[place[0]]), OUT_OF_DATE
    assert keys.final.verifying_key == key.recursion.final, OUT_OF_DATE


@pytest.mark.slow
def test_the_shipped_recursion_key_follows_from_the_machine_key(tmp_path):
    """A minute of two processors."""
    key = shipped_key("revm")
    assert derive_recursion_key(key.machine.segment_keys, Cache(tmp_path)) == key.recursion, OUT_OF_DATE


def test_an_installation_without_the_file_says_what_to_do(monkeypatch, tmp_path):
    (tmp_path / guests.FOLDER).mkdir()
    monkeypatch.setattr(program_key, "files", lambda package: tmp_path)
    with pytest.raises(InputError, match="make guest-keys"):
        shipped_key.__wrapped__("revm")
    (tmp_path / guests.FOLDER / "revm.recursion.xz").write_bytes(b"no archive")
    with pytest.raises(InputError, match="reinstall hstar"):
        shipped_key.__wrapped__("revm")


def test_the_key_of_one_guest_is_no_key_of_another():
    with pytest.raises(InputError, match="another program"):
        ProgramKey(_other_machine(), shipped_key("revm").recursion)


def _other_machine():
    machine = shipped_key("revm").machine
    return type(machine)(machine.entry + 4, machine.classes)
