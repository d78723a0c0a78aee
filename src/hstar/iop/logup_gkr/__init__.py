"""LogUp by a GKR tree of fractions: every bus balances."""
