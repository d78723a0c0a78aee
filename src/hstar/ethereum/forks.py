"""Which rules hold: forks, stateless schema ids, and the activation times of the chains that hstar knows.

Sources: EIP-8025 (schema id = fork << 8 | revision); EIP-7600, EIP-7607, EIP-7892 and the chains' published
configurations for the times.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from hstar.errors import InputError, Reason
from hstar.ethereum.reasons import BlockReason, BlockRejectedError

REVISION = 1  # the only revision of the stateless schema so far


class Fork(IntEnum):
    """Forks with a stateless schema that hstar reads, numbered as in EIP-8025."""

    PRAGUE = 0x11
    OSAKA = 0x12
    BPO1 = 0x13
    BPO2 = 0x14
    AMSTERDAM = 0x15

    @property
    def schema_id(self) -> int:
        """Schema id of a stateless input of this fork, for example 0x1401."""
        return self << 8 | REVISION

    @property
    def title(self) -> str:
        """Name for people."""
        return self.name if self.name.startswith("BPO") else self.name.capitalize()


class ForkSource(StrEnum):
    """Where the fork of a block is taken from."""

    TIMESTAMP = "timestamp"  # the chain's table: the only rule for real blocks
    DECLARED = "declared"  # the schema id or the file's own configuration: public test vectors only


MAINNET, SEPOLIA, HOODI, DEVELOPMENT_CHAIN = 1, 11155111, 560048, 31337

# Seconds since 1970. The development chain has every fork up to BPO2 from its genesis. Amsterdam is listed where it is
# scheduled, so that its blocks are refused by name instead of being judged by the rules before it.
ACTIVATION_TIMES: dict[int, dict[Fork, int]] = {
    MAINNET: {
        Fork.PRAGUE: 1746612311,
        Fork.OSAKA: 1764798551,
        Fork.BPO1: 1765290071,
        Fork.BPO2: 1767747671,
    },
    HOODI: {
        Fork.PRAGUE: 1742999832,
        Fork.OSAKA: 1761677592,
        Fork.BPO1: 1762365720,
        Fork.BPO2: 1762955544,
    },
    SEPOLIA: {
        Fork.PRAGUE: 1741159776,
        Fork.OSAKA: 1760427360,
        Fork.BPO1: 1761017184,
        Fork.BPO2: 1761607008,
        Fork.AMSTERDAM: 1791294816,
    },
    DEVELOPMENT_CHAIN: {Fork.PRAGUE: 0, Fork.OSAKA: 0, Fork.BPO1: 0, Fork.BPO2: 0},
}

CHAIN_NAMES = {
    MAINNET: "mainnet",
    SEPOLIA: "Sepolia",
    HOODI: "Hoodi",
    DEVELOPMENT_CHAIN: "the development chain",
}


def chain_name(chain_id: int) -> str:
    """Name of a chain for people."""
    return CHAIN_NAMES.get(chain_id, f"chain {chain_id}")


def fork_of_schema(schema_id: int) -> Fork:
    """The fork that a schema id names.

    Raises:
        InputError: not one of the schema ids 0x1101 to 0x1501.
    """
    for fork in Fork:
        if fork.schema_id == schema_id:
            return fork
    known = ", ".join(f"{fork.schema_id:#06x}" for fork in Fork)
    raise InputError(
        f"the stateless schema id {schema_id:#06x} is unknown; this version reads {known}",
        reason=Reason.UNKNOWN_NAME,
        schema_id=schema_id,
    )


def fork_at(chain_id: int, timestamp: int) -> Fork:
    """The fork that is active on a chain at a time.

    Raises:
        BlockRejectedError: the chain is unknown (`chain_unknown`) or older rules hold (`fork_unsupported`).
    """
    times = ACTIVATION_TIMES.get(chain_id)
    if times is None:
        known = ", ".join(f"{identifier} ({name})" for identifier, name in CHAIN_NAMES.items())
        raise BlockRejectedError(
            f"chain {chain_id} has no table of fork times; known chains are {known}",
            reason=BlockReason.CHAIN_UNKNOWN,
            chain_id=chain_id,
        )
    active = [fork for fork, begin in times.items() if begin <= timestamp]
    if not active:
        raise BlockRejectedError(
            f"the timestamp {timestamp} lies before Prague on {chain_name(chain_id)}; older blocks are not supported",
            reason=BlockReason.FORK_UNSUPPORTED,
            timestamp=timestamp,
        )
    return max(active)
