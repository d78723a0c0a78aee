"""One proof of one circuit: keys, proof object, prover, verifier."""
