"""The Poseidon2 suite on the permutation kernel: the same digests, about a hundred times faster."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hstar.hash.suite import HashSuite, Poseidon2Suite
from hstar.kernels.backend import runs_native
from hstar.kernels.hashing import permute


class KernelPoseidon2(Poseidon2Suite):
    """Poseidon2 whose permutation is the kernel's."""

    def permute(self, state: Sequence[int]) -> list[int]:
        """One permutation."""
        permuted: list[int] = permute(np.array([state], dtype=np.uint32))[0].tolist()
        return permuted


_KERNEL_POSEIDON2 = KernelPoseidon2()


def fastest(suite: HashSuite) -> HashSuite:
    """The suite itself, or the same suite on kernels where that is faster."""
    return _KERNEL_POSEIDON2 if isinstance(suite, Poseidon2Suite) and runs_native() else suite
