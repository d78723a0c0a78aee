"""Definition of `kernels.merkle`: the suite's compression, one node at a time."""

from __future__ import annotations

import numpy as np

from hstar.hash.suite import HashSuite
from hstar.hash.tags import Tag
from hstar.kernels.arguments import Array


def compress_rows(suite: HashSuite, tag: Tag, left: Array, right: Array) -> Array:
    """Row `t` is the compression of row `t` of `left` and of `right`."""
    pairs = (
        (suite.digest_from_bytes(left_row.tobytes()), suite.digest_from_bytes(right_row.tobytes()))
        for left_row, right_row in zip(left, right, strict=True)
    )
    encoded = b"".join(suite.digest_to_bytes(suite.compress(tag, *pair)) for pair in pairs)
    return np.frombuffer(encoded, dtype=suite.digest_dtype).reshape(left.shape)
