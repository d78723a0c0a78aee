"""Proofs about runs of a traced program: keys, proving, and the statement that a verifier checks them against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hstar.recursion.compile import StraightLineCircuit
from hstar.recursion.program import TracedProgram
from hstar.recursion.witness import PublicInput, assign_wires
from hstar.stark.keys import VerifyingKey
from hstar.stark.proof import Proof
from hstar.stark.prove import Progress, prove
from hstar.stark.setup import ProvingKey
from hstar.stark.statement import Statement
from hstar.stark.traced import keys_for, tables_of

LOG_INVERSE_RATE = 2
"""Proofs of runs are small and verified again: rate 1/4."""


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


def node_key(
    program: TracedProgram,
    *,
    target_bits: int = 128,
    log_inverse_rate: int = LOG_INVERSE_RATE,
    suite: str = "poseidon2",
) -> NodeKey:
    """The keys of a program's circuit.

    Args:
        program: any traced program with at least one requirement.
        target_bits, log_inverse_rate, suite: as `hstar.soundness.solver.solve`.

    Raises:
        InputError: as `StraightLineCircuit` and `keys_for`.
    """
    circuit = StraightLineCircuit(program)
    proving_key = keys_for(
        circuit.traced,
        circuit.heights,
        target_bits=target_bits,
        log_inverse_rate=log_inverse_rate,
        suite=suite,
        statement_length=circuit.statement_length,
        statement_messages=circuit.statement_messages,
    )
    return NodeKey(circuit, proving_key)


def prove_node(
    key: NodeKey,
    public: PublicInput,
    proofs: Sequence[tuple[VerifyingKey, Proof]],
    *,
    progress: Progress | None = None,
) -> NodeProof:
    """Runs the program and proves that it accepted.

    Args:
        key: of the program.
        public: its public input.
        proofs: what it verifies, with their keys.
        progress: told about finished stages.

    Raises:
        VerificationError: the program refuses a proof; there is nothing to prove.
    """
    wires = assign_wires(key.circuit.program, public, proofs)
    tables = tables_of(key.circuit.traced, key.circuit.fill(wires))
    statement = Statement(key.circuit.statement(wires))
    options = {} if progress is None else {"progress": progress}
    return NodeProof(statement, prove(key.proving_key, statement, tables, **options))
