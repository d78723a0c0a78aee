"""From programs and blocks to executions and proofs."""
