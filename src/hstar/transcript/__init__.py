"""The transcript: what the prover says, in which order, and the challenges that answer it."""
