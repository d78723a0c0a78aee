"""The verifying key of a program: what changes V, the solver's parameters, strict encoding."""

import dataclasses
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hstar.air.program import Group
from hstar.errors import InputError
from hstar.machine import keys as machine_keys
from hstar.machine.circuits import ram_circuit
from hstar.machine.classes import ClassTables, cells_of, max_units, share_cells, solve_class
from hstar.machine.keys import SEGMENT_TYPES, MachineKey, SegmentClass, decode_machine_key
from hstar.machine.setup import fits
from hstar.stark.security import security_bits
from prover.runs import LOG_CELLS, WEAK_BITS, weak_setup


def key():
    return weak_setup().key


@cache
def encoded():
    return key().encode()


def with_class(index, **changes):
    classes = list(key().classes)
    changed = dataclasses.replace(classes[index].key, **changes)
    classes[index] = SegmentClass(classes[index].type, changed)
    return MachineKey(key().entry, tuple(classes))


def changed_circuit(circuit, chip_index, **changes):
    chips = list(circuit.chips)
    chips[chip_index] = dataclasses.replace(chips[chip_index], **changes)
    return dataclasses.replace(circuit, chips=tuple(chips))


def test_changing_any_chip_of_any_circuit_changes_v():
    digests, keys = set(), {key().digest}
    for index, item in enumerate(key().classes):
        circuit = item.key.circuit
        for chip_index, chip in enumerate(circuit.chips):
            changed = changed_circuit(circuit, chip_index, name=chip.name + "_")
            assert changed.digest() != circuit.digest()
            digests.add(changed.digest())
        keys.add(with_class(index, circuit=changed).digest)
    assert len(digests) == sum(len(item.key.circuit.chips) for item in key().classes) > 40
    assert len(keys) == 1 + len(key().classes)


def test_dropping_a_constraint_or_an_interaction_changes_v():
    circuit = key().classes[0].key.circuit
    index = next(place for place, chip in enumerate(circuit.chips) if chip.constraints and chip.interactions)
    for field in ("constraints", "interactions"):
        weaker = changed_circuit(circuit, index, **{field: getattr(circuit.chips[index], field)[:-1]})
        assert weaker.digest() != circuit.digest()
        assert with_class(0, circuit=weaker).digest != key().digest


@pytest.mark.slow
def test_the_program_its_entry_and_the_memory_map_are_in_v(monkeypatch):
    assert weak_setup(step=2).key.digest != key().digest
    assert MachineKey(key().entry + 4, key().classes).digest != key().digest
    other = MachineKey(key().entry, key().classes)
    monkeypatch.setattr(machine_keys, "MEMORY_MAP", (*machine_keys.MEMORY_MAP[:-1], 7))
    assert other.digest != key().digest


def test_a_preprocessed_root_is_in_v():
    root = key().classes[1].key.preprocessed_root
    assert with_class(0, preprocessed_root=root).digest != key().digest


@pytest.mark.parametrize(
    "segment_type", ["cpu", *(pytest.param(name, marks=pytest.mark.slow) for name in SEGMENT_TYPES[1:])]
)
def test_parameters_are_the_solvers(segment_type):
    tables = weak_setup().tables[segment_type]
    index = key().class_index(segment_type, LOG_CELLS)
    assert key().classes[index].key.parameters == solve_class(tables, LOG_CELLS, WEAK_BITS)


def test_the_default_is_128_bits_in_the_unique_decoding_regime():
    tables = ClassTables.of(ram_circuit())
    parameters = solve_class(tables, LOG_CELLS)
    assert parameters.target_bits == 128
    assert parameters.iterations[0].regime.kind.name == "UNIQUE"
    assert not parameters.boundary_pin and parameters.hash_suite == "poseidon2"


def test_keys_reach_what_they_were_solved_for():
    for item in key().classes:
        assert security_bits(item.key, 1024, 40) >= WEAK_BITS


def test_groups_hold_what_the_class_promises():
    for name in ("keccak", "ram", "memory"):
        tables, index = weak_setup().tables[name], key().class_index(name)
        verifying_key, unit = key().classes[index].key, {"ram": "input", "memory": "input"}.get(name)
        units = weak_setup().units(name)
        rows = {unit: units} if unit else {"keccak_permutation": units, "keccak_round": 24 * units}
        assert units >= 10 and fits(verifying_key, tables.least_heights | rows)
        more = {chip: count + count // units for chip, count in rows.items()}
        assert not fits(verifying_key, tables.least_heights | more)
        assert max_units(verifying_key, {next(iter(rows)): 1}, tables.least_heights) >= units


def test_cells_are_shared_out_completely():
    for name, tables in weak_setup().tables.items():
        shares = share_cells(tables, LOG_CELLS)
        assert sum(shares) == 1 << LOG_CELLS
        fixed = cells_of(tables.circuit.circuit, tables.least_heights)
        assert all(share >= cells for share, cells in zip(shares, fixed, strict=True)), name
        assert shares[Group.BOUNDARY] % (1 << (LOG_CELLS - 8)) == 0


def test_the_encoding_is_read_back():
    read = decode_machine_key(encoded())
    assert read == key() and read.digest == key().digest and read.encode() == encoded()
    assert hash(read) == hash(key())


@settings(max_examples=6, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_changed_encoding_is_refused_or_another_key(place, bit):
    data = bytearray(encoded())
    data[int(place * len(data))] ^= 1 << bit
    try:
        read = decode_machine_key(bytes(data))
    except InputError:
        return
    assert read.encode() == bytes(data) and read.digest != key().digest


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_hostile_bytes_are_refused(tail):
    for data in (tail, encoded()[:20] + tail, encoded()[: 4 * len(tail)], encoded() + tail[:8] + b"\0"):
        with pytest.raises(InputError):
            decode_machine_key(data)


def test_keys_that_are_no_machine():
    classes = key().classes
    for wrong in (classes[1:], classes[::-1], (*classes, classes[0]), ()):
        with pytest.raises(InputError):
            MachineKey(key().entry, wrong)
    with pytest.raises(InputError, match="entry"):
        MachineKey(2, classes)
    with pytest.raises(InputError, match="must be of that name"):
        MachineKey(0, (SegmentClass("cpu", classes[1].key), *classes[1:]))
    with pytest.raises(InputError, match="no segments of type"):
        key().class_index("gpu")
