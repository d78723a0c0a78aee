"""A final proof that is made quickly: of a node that knows nothing, about a sum that balances.

What a final node shows is the recursion's business; that a validator accepts exactly what `verify_final` accepts does
not depend on it. The machine key is the shipped one, so the validator's own fractions are those of a block's proof.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from hstar.commit.numbers import Numbers
from hstar.hash.sponge import DIGEST_ELEMENTS
from hstar.hash.suite import BLAKE2B
from hstar.machine import guests
from hstar.machine.keys import MachineKey
from hstar.machine.statement import run_messages
from hstar.recursion.accept import FIRST_SEGMENT, AcceptanceKey, FinalProof, verify_final
from hstar.recursion.compile import StraightLineCircuit
from hstar.recursion.final_program import FinalProgram, make_final_program
from hstar.recursion.node import node_key, prove_node
from hstar.recursion.statement import NodeStatement
from hstar.recursion.tracer import Tracer
from hstar.stark.file import MAGIC, VERSION
from hstar.stark.keys import encode_word
from hstar.stark.proof import Proof, encode_proof
from hstar.stark.segments import public_fraction
from hstar.transcript.reason import ProofReason
from hstar.verifier import standalone
from hstar.verifier.traced import TracedVerifier

OUTPUT = bytes(range(32)) + b"\1" + (1).to_bytes(8, "little") + (1).to_bytes(2, "little")  # a valid block of chain 1
COUNT = 5
ROWS = 64
"""Of every chip: rows that do nothing fill the tables up."""
KEY_SET = tuple(range(1, 10))
BITS = [Fraction(131), Fraction(130), Fraction(129), Fraction(128), Fraction(127)]


@dataclass(frozen=True)
class Final:
    """Everything about one accepted final proof."""

    machine: MachineKey
    key: AcceptanceKey
    final: FinalProof
    program: FinalProgram
    verifier: TracedVerifier

    @property
    def proof(self) -> Proof:
        return self.final.proof

    def body(self, **changes) -> bytes:
        return encode_body(self.key, replace(self.final, **changes))

    def accept(self, output: bytes = OUTPUT, **changes) -> None:
        """The verifier that the program is traced from."""
        final = replace(self.final, **changes)
        messages = run_messages(self.machine.entry, final.num_segments, output)
        verify_final(self.key, final, output, messages, minimum_bits=0)

    def file(self, output: bytes = OUTPUT, **changes) -> bytes:
        final = replace(self.final, **changes)
        body = encode_body(self.key, final)
        head = MAGIC + encode_word(VERSION) + encode_word(standalone.KIND_FINAL) + self.key.final.parameters.digest()
        claim, proof = body[: standalone.CLAIM_BYTES], body[standalone.CLAIM_BYTES :]
        parts = [self.key.segment_keys.digest, output, claim, proof]
        return head + b"".join(encode_word(len(part)) + part for part in parts)


def encode_body(key: AcceptanceKey, final: FinalProof) -> bytes:
    words = b"".join(encode_word(word) for word in (final.num_segments, *final.digest))
    return words + final.partial_sum.to_bytes() + encode_proof(key.final, final.proof)


def _trace_node_that_knows_nothing(challenge_length: int):
    tracer = Tracer()
    x = NodeStatement(
        tuple(tracer.public_base() for _ in range(DIGEST_ELEMENTS)),
        tracer.public_base(),
        tracer.public_base(),
        tuple(tracer.public_base() for _ in range(DIGEST_ELEMENTS)),
        tuple(tracer.public_element() for _ in range(challenge_length)),
        tracer.public_element(),
    )
    tracer.carry(x.public_input())
    tracer.bits(x.count, 16, ProofReason.WRONG_STATEMENT, "the count is too large")
    return tracer.finish()


@cache
def final() -> Final:
    machine = guests.load_key("revm")
    keys = machine.segment_keys
    program = _trace_node_that_knows_nothing(keys.challenge_length)
    heights = {name: max(height, ROWS) for name, height in StraightLineCircuit(program).heights.items()}
    node = node_key(program, heights=heights, target_bits=10, log_inverse_rate=4, suite="blake2b")
    key = AcceptanceKey(node.verifying_key, KEY_SET, keys)
    digest = tuple(range(100, 109))
    challenge = keys.challenge_of(COUNT, digest, OUTPUT)
    messages = run_messages(machine.entry, COUNT, OUTPUT)
    numerator, denominator = public_fraction(Numbers(BLAKE2B), keys.keys[0], challenge, messages)
    partial_sum = -numerator / denominator
    x = NodeStatement(KEY_SET, FIRST_SEGMENT, COUNT, digest, challenge, partial_sum)
    proof = prove_node(node, x.public_input(), [])
    traced = make_final_program(key, lambda count, output: run_messages(machine.entry, count, output), 43, BITS)
    verifier = TracedVerifier.load(traced.compressed())
    return Final(machine, key, FinalProof(COUNT, digest, partial_sum, proof.proof), traced, verifier)
