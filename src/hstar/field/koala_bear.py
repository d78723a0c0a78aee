"""KoalaBear, the base field."""

MODULUS = 2**31 - 2**24 + 1
"""The prime `2^31 - 2^24 + 1`."""
