"""The guest library's own functions, run in the machine: memory, heap, start, end, output."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.support import run_native
from machine.test_guests import guest

PATTERN = bytes((i * 7 + 1) % 256 for i in range(200))
small = st.integers(0, 100)


def call(what, destination=0, source=0, length=0, value=0):
    """(result, the 200 bytes afterwards) of one call in the guest."""
    machine = run_native(guest("library"), what + struct.pack("<4H", destination, source, length, value))
    assert machine.exit_code == 0
    output = machine.result().output
    return output[0], output[1:]


def moved(destination, source, length):
    memory = bytearray(PATTERN)
    memory[destination : destination + length] = PATTERN[source : source + length]
    return bytes(memory)


@given(small, small, small)
@settings(max_examples=150)
def test_memmove_at_every_overlap(destination, source, length):
    assert call(b"m", destination, source, length) == (1, moved(destination, source, length))


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 79))
@settings(max_examples=150)
def test_memcpy(destination, source, length):
    assert call(b"c", destination, 100 + source, length) == (1, moved(destination, 100 + source, length))


@given(small, small, st.integers(0, 511))
def test_memset(destination, length, value):
    memory = bytearray(PATTERN)
    memory[destination : destination + length] = bytes([value % 256]) * length
    assert call(b"s", destination, 0, length, value) == (1, bytes(memory))


@given(st.integers(0, 30), st.integers(0, 69), st.integers(0, 99))
def test_memcmp(start, length, changed):
    differs = start <= changed < start + length
    original = PATTERN[changed]
    expected = 0 if not differs else 1 if original ^ 1 < original else 2
    assert call(b"b", start, 0, length, changed)[0] == expected


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 3), (1, 60), (9, 17)])
def test_strlen(start, end):
    assert call(b"l", start, 0, end)[0] == end - start


def test_constructors_run_before_main():
    assert call(b"i")[0] == 42


def test_the_heap_gives_disjoint_zero_blocks_and_refuses_the_impossible():
    assert call(b"h")[0] == 1


def test_random_numbers_differ_within_a_run_and_not_between_runs():
    assert call(b"r") == call(b"r")
    assert call(b"r")[0] == 1


@pytest.mark.parametrize(("what", "code"), [(b"a", 134), (b"A", 134), (b"o", 134), (b"e", 2**64 - 3), (b"?", 4)])
def test_failures_end_with_their_code(what, code):
    assert run_native(guest("library"), what + bytes(8)).exit_code == code
