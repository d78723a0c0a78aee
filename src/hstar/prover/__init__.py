"""Proving whole runs of programs."""
