"""Benchmarks: workloads with a peer and a target, measured in one run, as a table and as JSON."""
