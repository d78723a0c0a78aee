"""The example circuits by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hstar.air.circuit import TracedCircuit
from hstar.air.examples.hash_chain import hash_chain_circuit
from hstar.air.examples.shapes import ninth_power_circuit, wide_circuit
from hstar.air.examples.sorting import sorting_circuit
from hstar.air.examples.state_machine import state_machine_circuit
from hstar.air.examples.words import word_circuit

EXAMPLES: Mapping[str, Callable[[], TracedCircuit]] = {
    "words": word_circuit,
    "sorting": sorting_circuit,
    "state_machine": state_machine_circuit,
    "hash_chain_3": lambda: hash_chain_circuit(degree=3),
    "hash_chain_9": lambda: hash_chain_circuit(degree=9),
    "wide": wide_circuit,
    "ninth_power": ninth_power_circuit,
}
"""Builders; tracing takes milliseconds (a third of a second for the wide one)."""
