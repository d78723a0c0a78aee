"""Commitments: Reed-Solomon codewords of stack columns under Merkle trees, opened at positions."""
