"""Zerocheck at the GKR point: every constraint holds and every GKR leaf is what its chip says."""
