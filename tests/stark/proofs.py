"""Keys and honest proofs that several tests look at; each is made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from hstar.air.check import PublicMessage
from hstar.field.extension import ExtensionElement
from hstar.params.whir import johnson
from hstar.stark import segments, setup
from hstar.stark import verify as verifier
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import Proof
from hstar.stark.prove import begin_segment, finish_segment, prove
from hstar.stark.segments import derive_global_challenge
from hstar.stark.setup import ProvingKey
from hstar.stark.statement import Statement
from stark.circuits import (
    relay_circuit,
    relay_parameters,
    relay_preprocessed,
    relay_tables,
    squares_circuit,
    squares_parameters,
    squares_preprocessed,
    squares_tables,
)

make_keys = partial(setup.make_keys, allow_below_target=True)
"""Tiny parameters are far below any target; nothing but tests may say so."""
verify = partial(verifier.verify, minimum_bits=0)
verify_segments = partial(segments.verify_segments, minimum_bits=0)


@dataclass(frozen=True)
class Proven:
    """A key, a statement and a proof of it."""

    proving_key: ProvingKey
    statement: Statement
    tables: list[np.ndarray]
    proof: Proof

    @property
    def key(self) -> VerifyingKey:
        return self.proving_key.verifying_key


@cache
def squares_key(suite: str = "blake2b", fold_grinding_bits: int = 0) -> ProvingKey:
    parameters = squares_parameters(suite, fold_grinding_bits=fold_grinding_bits)
    return make_keys(squares_circuit(), parameters, squares_preprocessed())


@cache
def squares(suite: str = "blake2b", fold_grinding_bits: int = 0) -> Proven:
    key, tables = squares_key(suite, fold_grinding_bits), squares_tables([3, 4, 5, 15, 0, 7, 3], idle_rows=3)
    return Proven(key, Statement(), tables, prove(key, Statement(), tables))


@cache
def relay_key(suite: str = "poseidon2", pinned: bool = False) -> ProvingKey:
    parameters = relay_parameters(suite, **({"first_regime": johnson(3)} if pinned else {}))
    return make_keys(relay_circuit(), parameters, relay_preprocessed())


@dataclass(frozen=True)
class ProvenSegments:
    """Segments under one global challenge."""

    proving_key: ProvingKey
    proofs: list[Proof]
    digests: list[tuple[int, ...]]
    challenge: tuple[ExtensionElement, ...]
    public_messages: tuple[PublicMessage, ...]

    @property
    def key(self) -> VerifyingKey:
        return self.proving_key.verifying_key

    def statement(self, number: int) -> Statement:
        return Statement(segment_number=number, global_challenge=self.challenge)


def relay_ends(steps: list[int], start: int = 5) -> tuple[PublicMessage, ...]:
    return (
        PublicMessage("token", (1, start)),
        PublicMessage("token", (len(steps) + 1, start + sum(steps)), -1),
    )


def prove_relay(key: ProvingKey, all_tables: list[list[np.ndarray]], output: bytes = b"") -> ProvenSegments:
    begun = [begin_segment(key, number + 1, tables) for number, tables in enumerate(all_tables)]
    digests = [segment.digest for segment in begun]
    challenge = derive_global_challenge(key.verifying_key, digests, output)
    proofs = [finish_segment(segment, challenge) for segment in begun]
    return ProvenSegments(key, proofs, digests, challenge, ())


@cache
def relay(suite: str = "poseidon2", pinned: bool = False) -> ProvenSegments:
    steps, value, tables = [3, 0, 15], 5, []
    for step in steps:
        tables.append(relay_tables(value, step))
        value += step
    proven = prove_relay(relay_key(suite, pinned), tables)
    return ProvenSegments(proven.proving_key, proven.proofs, proven.digests, proven.challenge, relay_ends(steps))


def accepts(proven: Proven, proof: Proof | bytes) -> object:
    return verify(proven.key, proven.statement, proof)
