"""Recursion: the one verifier traced into a straight-line program, and the circuit that proves a run of it."""
