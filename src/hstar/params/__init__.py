"""Frozen, validated, digestible protocol parameters: what prover, verifier and calculator agree on."""
