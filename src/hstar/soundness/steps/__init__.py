"""One file per protocol step: the error terms of its verifier messages."""
