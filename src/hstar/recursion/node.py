"""Proofs about runs of a traced program: keys, and proving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hstar.air.tables import preprocessed_table
from hstar.hash.suite import POSEIDON2
from hstar.params.protocol import ProtocolParameters
from hstar.recursion.compile import StraightLineCircuit
from hstar.recursion.program import TracedProgram
from hstar.recursion.witness import Advice, KeyedProof, PublicInput, assign_wires
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import Proof
from hstar.stark.prove import Progress, prove
from hstar.stark.security import solve_for
from hstar.stark.setup import ProvingKey, make_keys
from hstar.stark.statement import Statement
from hstar.stark.traced import tables_of

LOG_INVERSE_RATE = 2
"""Proofs of runs are small and verified again: rate 1/4."""
GRINDING_BITS, LAST_GRINDING_BITS = 16, 20
"""Most proof of work in one place. Three times 2^20 permutations would be a tenth of a node's time; a few queries more
are a fiftieth of its parent's. In the last proof, queries are bytes."""


@dataclass(frozen=True)
class NodeKey:
    """What proves runs of one program.

    Args:
        circuit: of the program.
        proving_key: of the circuit.
    """

    circuit: StraightLineCircuit
    proving_key: ProvingKey

    @property
    def verifying_key(self) -> VerifyingKey:
        """What a verifier of these proofs is given."""
        return self.proving_key.verifying_key


@dataclass(frozen=True)
class NodeProof:
    """A proof that some run of the program accepted, and its public input."""

    statement: Statement
    proof: Proof


def solve_node(
    circuit: StraightLineCircuit,
    *,
    target_bits: int = 128,
    log_inverse_rate: int = LOG_INVERSE_RATE,
    suite: str = "poseidon2",
) -> ProtocolParameters:
    """Parameters of proofs about a circuit's runs; arguments as `hstar.soundness.solver.solve`.

    A proof that a circuit verifies is sent to nobody, so making it fast is what counts. A proof of another suite is
    verified by no circuit: it is the last one, and its bytes count.
    """
    heights = circuit.heights
    is_verified_again = suite == POSEIDON2.name
    return solve_for(
        circuit.traced.circuit,
        [heights[chip.name] for chip in circuit.traced.circuit.chips],
        target_bits=target_bits,
        log_inverse_rate=log_inverse_rate,
        suite=suite,
        objective="prover_seconds" if is_verified_again else "proof_bytes",
        grinding_bits=GRINDING_BITS if is_verified_again else LAST_GRINDING_BITS,
        statement_length=circuit.statement_length,
        statement_messages=circuit.statement_messages,
    )


def node_key(
    program: TracedProgram,
    *,
    heights: Mapping[str, int] | None = None,
    parameters: ProtocolParameters | None = None,
    target_bits: int = 128,
    log_inverse_rate: int = LOG_INVERSE_RATE,
    suite: str = "poseidon2",
) -> NodeKey:
    """The keys of a program's circuit.

    Args:
        program: any traced program with at least one requirement.
        heights, parameters: of the shape that the key shall have; otherwise just enough rows, and solved for.
        target_bits, log_inverse_rate, suite: as `hstar.soundness.solver.solve`.

    Raises:
        InputError: as `StraightLineCircuit`, `solve_for` and `make_keys`.
    """
    circuit = StraightLineCircuit(program, heights=heights)
    if parameters is None:
        parameters = solve_node(circuit, target_bits=target_bits, log_inverse_rate=log_inverse_rate, suite=suite)
    proving_key = make_keys(
        circuit.traced.circuit,
        parameters,
        [preprocessed_table(chip) for chip in circuit.traced.chips],
        statement_length=circuit.statement_length,
        statement_messages=circuit.statement_messages,
    )
    return NodeKey(circuit, proving_key)


def prove_node(
    key: NodeKey,
    public: PublicInput,
    proofs: Sequence[KeyedProof],
    advice: Advice = (),
    *,
    progress: Progress | None = None,
) -> NodeProof:
    """Runs the program and proves that it accepted.

    Args:
        key: of the program.
        public: its public input.
        proofs: what it verifies, with their keys.
        advice: what its relations ask for.
        progress: told about finished stages.

    Raises:
        VerificationError: the program refuses a proof; there is nothing to prove.
    """
    wires = assign_wires(key.circuit.program, public, proofs, advice)
    tables = tables_of(key.circuit.traced, key.circuit.fill(wires))
    statement = Statement(key.circuit.statement(wires))
    if progress is None:
        return NodeProof(statement, prove(key.proving_key, statement, tables))
    return NodeProof(statement, prove(key.proving_key, statement, tables, progress=progress))
