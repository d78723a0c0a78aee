"""Interactive oracle proofs: each has a relation, a prover and a verifier, and the last two read alike."""
