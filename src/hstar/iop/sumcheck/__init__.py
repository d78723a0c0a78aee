"""Sumcheck rounds, with and without an eq factor taken out."""
