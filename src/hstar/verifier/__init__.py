"""Acceptance of finished proofs. Nothing here imports a prover."""
