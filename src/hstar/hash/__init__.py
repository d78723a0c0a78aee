"""The hash suites in plain Python: Poseidon2 of width 24, BLAKE2b, sponge, tree compression. This is the definition."""
