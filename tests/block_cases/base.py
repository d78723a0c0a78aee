"""What the cases share: accounts, senders, and how a case becomes a block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from hstar.ethereum.assembly import DEPOSIT_LOG_CODE, TOKEN_CODE, assemble
from hstar.ethereum.forks import DEVELOPMENT_CHAIN, Fork
from hstar.ethereum.hashing import address_of, keccak256, public_key_of
from hstar.ethereum.maker import (
    AccountState,
    BlockPlan,
    MadeBlock,
    build_state,
    make_ancestors,
    make_block,
    system_accounts,
)
from hstar.ethereum.records import Withdrawal
from hstar.ethereum.system_contracts import DEPOSIT_CONTRACT_ADDRESS
from hstar.ethereum.transactions import FEE_MARKET, Transaction

ETHER, GWEI = 10**18, 10**9
NUM_SENDERS, NUM_BYSTANDERS = 4, 40
SECRETS = [keccak256(b"sender %d" % index) for index in range(NUM_SENDERS)]
SENDERS = [address_of(public_key_of(secret)) for secret in SECRETS]


def named(name: str) -> bytes:
    """An address from a name."""
    return keccak256(name.encode())[:20]


def word(value: int | bytes) -> bytes:
    """32 bytes, big-endian or padded on the left."""
    return value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0")


TOKEN, FRESH, RECIPIENT = named("token"), named("fresh"), named("recipient")
FEE_RECIPIENT = named("fee recipient")


def token_slot(holder: bytes) -> int:
    """Storage slot of a holder's balance."""
    return int.from_bytes(keccak256(bytes(12) + holder + bytes(32)), "big")


def token_transfer(recipient: bytes, amount: int) -> bytes:
    """Call data of a token transfer."""
    return bytes.fromhex("a9059cbb") + bytes(12) + recipient + word(amount)


def base_accounts() -> dict[bytes, AccountState]:
    """Senders, bystanders, system contracts, a token, the deposit log."""
    return {
        **{named(f"bystander {index}"): AccountState(balance=index + 1) for index in range(NUM_BYSTANDERS)},
        **system_accounts(),
        **{address: AccountState(nonce=index, balance=1000 * ETHER) for index, address in enumerate(SENDERS)},
        RECIPIENT: AccountState(balance=5),
        TOKEN: AccountState(nonce=1, code=TOKEN_CODE, storage={token_slot(address): 1000 for address in SENDERS[:2]}),
        DEPOSIT_CONTRACT_ADDRESS: AccountState(nonce=1, code=DEPOSIT_LOG_CODE),
    }


class Sending:
    """Signs transactions with each sender's next nonce."""

    def __init__(self) -> None:
        self.nonces = list(range(NUM_SENDERS))

    def __call__(
        self, to: bytes = RECIPIENT, *, sender: int = 0, kind: int = FEE_MARKET, gas_limit: int = 400_000, **more
    ) -> Transaction:
        fee = more.pop("max_fee_per_gas", 20 * GWEI)
        priority = more.pop("max_priority_fee_per_gas", GWEI)
        nonce = self.nonces[sender]
        self.nonces[sender] += 1
        return Transaction(
            kind=kind,
            chain_id=more.pop("chain_id", DEVELOPMENT_CHAIN),
            nonce=nonce,
            max_fee_per_gas=fee,
            max_priority_fee_per_gas=priority if kind >= FEE_MARKET else fee,
            gas_limit=gas_limit,
            to=to,
            **more,
        ).signed(SECRETS[sender])


@dataclass(frozen=True)
class Case:
    """A block to make.

    `transactions` gets a `Sending`. `accounts` are added to the base (None removes one). `errors` is what each
    transaction ends with (None for success), by default success.
    """

    name: str
    transactions: Callable[[Sending], Sequence[Transaction]] = lambda send: ()
    accounts: Mapping[bytes, AccountState | None] = field(default_factory=dict)
    withdrawals: Sequence[Withdrawal] = ()
    header: Mapping[str, object] = field(default_factory=dict)
    parent: Mapping[str, object] = field(default_factory=dict)
    num_ancestors: int = 1
    fork: Fork = Fork.BPO2
    errors: Sequence[str | None] | None = None
    num_requests: tuple[int, int, int] = (0, 0, 0)
    slow: bool = False

    def make(self) -> MadeBlock:
        """The block."""
        return _make(self.name)


CASES: dict[str, Case] = {}


def add(case: Case) -> None:
    """Registers a case."""
    if case.name in CASES:
        raise ValueError(f"two cases are called {case.name}")
    CASES[case.name] = case


def contract_case(name: str, source: str, **more) -> None:
    """Registers a case in which sender 0 calls one contract, given by its assembly or its code."""
    data, value = more.pop("data", b""), more.pop("value", 0)
    gas_limit, storage = more.pop("gas_limit", 1_000_000), more.pop("storage", {})
    code = source if isinstance(source, bytes) else assemble(source)
    contract = named(f"contract {name}")
    accounts = {contract: AccountState(nonce=1, balance=10, code=code, storage=storage), **more.pop("accounts", {})}
    add(
        Case(
            name,
            lambda send: [send(contract, data=data, value=value, gas_limit=gas_limit)],
            accounts=accounts,
            **more,
        )
    )


@cache
def _make(name: str) -> MadeBlock:
    case = CASES[name]
    accounts = {address: account for address, account in {**base_accounts(), **case.accounts}.items() if account}
    state = build_state(accounts)
    parent = {"base_fee_per_gas": GWEI, "gas_used": 18_000_000, **case.parent}
    ancestors = make_ancestors(state.root, case.num_ancestors, **parent)
    header = {"fee_recipient": FEE_RECIPIENT, "extra_data": b"case", **case.header}
    plan = BlockPlan(case.transactions(Sending()), case.withdrawals, header)
    return make_block(plan, state, ancestors, chain_id=DEVELOPMENT_CHAIN, fork=case.fork)
