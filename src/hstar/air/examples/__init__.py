"""Example circuits: what tests, benchmarks and the guide have in common."""
