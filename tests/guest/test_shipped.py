"""The files of shipped guests: their digests, their size, and that they are made from the sources beside them."""

import importlib.util
import json

import pytest

from guest.runners import ROOT
from hstar.errors import InputError
from hstar.machine import guests
from hstar.machine.program import load_program


@pytest.fixture(scope="module")
def builder():
    specification = importlib.util.spec_from_file_location("build_guests", ROOT / "tools/build_guests.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_a_shipped_guest_is_a_program_with_function_names():
    guest = guests.load("revm")
    program = load_program(guest.elf)
    assert any(symbol.name.startswith("hstar_stateless::") for symbol in program.symbols)
    assert "rustc-web 1.96" in guest.compiler and len(guest.digest) == 64
    assert guests.names() == ("revm",)


def test_software_that_the_guest_does_not_use_is_not_linked():
    """Whatever of revm's crates gets into the program again is in every segment's program table."""
    program = load_program(guests.load("revm").elf)
    names = [symbol.name for symbol in program.symbols]
    for crate in ("ark_", "k256::", "p256::", "aurora_engine", "ripemd::", "sha2::"):
        assert not [name for name in names if crate in name.replace("secp256k1", "")], crate
    assert {"zkvm_modexp", "zkvm_bls12_pairing", "zkvm_kzg_point_eval", "zkvm_secp256r1_verify"} <= {*names}
    assert len(program.words) < 150_000


def test_an_unknown_guest_is_refused_with_the_names_there_are():
    with pytest.raises(InputError, match="no guest called geth; shipped are revm"):
        guests.load("geth")


def test_a_shipped_file_with_another_digest_is_refused(monkeypatch):
    entry = {"digest": "00" * 32, "compiler": "none"}
    monkeypatch.setattr(guests, "_record", lambda: {"revm": entry})
    guests.load.cache_clear()
    with pytest.raises(InputError, match="reinstall"):
        guests.load("revm")
    guests.load.cache_clear()


def test_shipped_guests_take_less_than_two_mebibytes(builder):
    for name in builder.SHIPPED_GUESTS:
        assert (builder.SHIPPED / f"{name}.elf.xz").stat().st_size < 2 * 2**20


def test_kept_guests_are_built_from_the_sources_beside_them(builder):
    recorded = json.loads((ROOT / "guests/digests.json").read_text(encoding="utf-8"))["sources"]
    assert recorded == builder.sources_digest(), "run `python tools/build_guests.py --record` after changing a guest"


@pytest.mark.slow
def test_rebuilding_gives_the_recorded_bytes(builder):
    versions = {entry["compiler"] for entry in json.loads(builder.SHIPPED_RECORD.read_text(encoding="utf-8")).values()}
    if versions != {builder.compiler_versions()}:
        pytest.skip(f"not compared: the record is of {' / '.join(versions)}")
    builder.compare(builder.build_all(with_rust=True))
