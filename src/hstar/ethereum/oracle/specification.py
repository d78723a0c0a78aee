"""Loads a fork of the executable specification a second time, over the witness-backed state.

The specification binds the functions of its module `state` when it is imported, so a private copy of the fork's
package is imported under another name, with our `state` in place of its own. The package itself stays untouched and
can be used beside it (the tests do).

Five seams of the private copy are replaced, none of which changes a result:
1. EXTCODEHASH takes the hash from the account, so that it does not demand the code.
2. The jump destinations of a code are found once, by a scan over plain integers (70 % of the time otherwise).
3. An instruction is looked up by its number instead of an enumeration member (7 % of the time otherwise).
4. Tracing does nothing.
5. The steps of a block can be observed, so that a rejection says where it happened.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType
from typing import Any, TypeAlias

from hstar.errors import InputError, Reason
from hstar.ethereum.forks import Fork

PACKAGE = "ethereum.forks"
_PRIVATE_PREFIX = "_hstar_specification_"
_JUMPDEST, _PUSH1, _PUSH32 = 0x5B, 0x60, 0x7F
_MODULES = {
    Fork.PRAGUE: "prague",
    Fork.OSAKA: "osaka",
    Fork.BPO1: "bpo1",
    Fork.BPO2: "bpo2",
}
Foreign: TypeAlias = Any  # a value, type or module of the specification, whose copies are made at run time
Observer: TypeAlias = Callable[[str, Callable[..., Foreign], tuple[Foreign, ...]], Foreign]
_observer: ContextVar[Observer | None] = ContextVar("observer", default=None)
OBSERVED_STEPS = (
    "decode_transaction",
    "process_transaction",
    "process_message_call",
    "process_withdrawals",
    "parse_deposit_requests",
)


def is_available() -> bool:
    """Whether the executable specification is installed."""
    try:
        return importlib.util.find_spec(PACKAGE) is not None
    except ModuleNotFoundError:
        return False


@dataclass(frozen=True)
class Specification:
    """A fork of the specification over the witness-backed state; attributes are its modules."""

    fork_id: Fork
    blocks: Foreign
    bloom: Foreign
    fork: Foreign
    gas: Foreign
    interpreter: Foreign
    requests: Foreign
    transactions: Foreign
    trie: Foreign
    vm: Foreign
    world: Foreign


class JumpDestinations:
    """The valid jump destinations of a code, as the specification asks for them."""

    __slots__ = ("_positions",)

    def __init__(self, code: bytes) -> None:
        positions = set()
        position, length = 0, len(code)
        while position < length:
            opcode = code[position]
            if opcode == _JUMPDEST:
                positions.add(position)
            elif _PUSH1 <= opcode <= _PUSH32:
                position += opcode - _PUSH1 + 1
            position += 1
        self._positions = positions

    def __contains__(self, position: object) -> bool:
        return int(position) in self._positions  # type: ignore[call-overload]


class Opcodes:
    """Stands for the enumeration of instructions in the interpreter: a known number is itself."""

    def __init__(self, enumeration: Foreign) -> None:
        self.STOP = enumeration.STOP
        self._known = frozenset(member.value for member in enumeration)

    def __call__(self, number: int) -> int:
        """The number itself; ValueError when no instruction has it, as an enumeration would say."""
        if number not in self._known:
            raise ValueError(number)
        return number


def _look_up_by_number(interpreter: ModuleType) -> None:
    implementations = {member.value: work for member, work in interpreter.op_implementation.items()}
    interpreter.Ops = Opcodes(interpreter.Ops)  # type: ignore[attr-defined]
    interpreter.op_implementation = implementations  # type: ignore[attr-defined]


def _use_stored_code_hash(environment: ModuleType, instructions: ModuleType, world: ModuleType) -> None:
    original, hash_bytes = environment.extcodehash, environment.keccak256

    def extcodehash(evm: Foreign) -> None:
        codes = evm.message.block_env.state.codes
        codes.hash_only = True
        try:
            original(evm)
        finally:
            codes.hash_only = False

    def keccak256(code: Foreign) -> Foreign:
        return type(hash_bytes(b""))(code.digest) if isinstance(code, world.CodeHash) else hash_bytes(code)

    environment.keccak256 = keccak256  # type: ignore[attr-defined]
    instructions.op_implementation[instructions.Ops.EXTCODEHASH] = extcodehash


@contextmanager
def observed_by(observer: Observer) -> Iterator[None]:
    """Has the steps of a block go through `observer(step, original, arguments)` in this thread."""
    token = _observer.set(observer)
    try:
        yield
    finally:
        _observer.reset(token)


def _make_observable(fork: ModuleType, step: str) -> None:
    original = getattr(fork, step)

    def observed(*arguments: Foreign) -> Foreign:
        observer = _observer.get()
        return original(*arguments) if observer is None else observer(step, original, arguments)

    setattr(fork, step, observed)


def _nothing(*_: object) -> None:
    """Stands for a trace event."""


_loading = threading.Lock()
# Invariant: a fork is loaded once per process, because its modules are changed when they are.
_loaded: dict[Fork, Specification] = {}


def load_specification(fork: Fork) -> Specification:
    """The specification of a fork.

    Raises:
        InputError: it is not installed, or does not have the fork.
    """
    if fork not in _MODULES:
        raise InputError(
            f"the executable specification does not have {fork.title} yet, so its blocks cannot be executed",
            reason=Reason.UNKNOWN_NAME,
            fork=fork.title,
        )
    if not is_available():
        raise InputError(
            "the executable specification is not installed: install the extra hstar[oracle] (Python 3.11 or 3.12)",
            reason=Reason.UNKNOWN_NAME,
        )
    with _loading:
        if fork not in _loaded:
            _loaded[fork] = _load(fork)
        return _loaded[fork]


def _load(fork: Fork) -> Specification:
    public = importlib.util.find_spec(f"{PACKAGE}.{_MODULES[fork]}")
    if public is None or public.origin is None:
        raise InputError(
            f"the installed executable specification lacks {fork.title}: install hstar[oracle] again",
            reason=Reason.UNKNOWN_NAME,
        )
    name = _PRIVATE_PREFIX + _MODULES[fork]
    spec = importlib.util.spec_from_file_location(
        name, public.origin, submodule_search_locations=list(public.submodule_search_locations or ())
    )
    if spec is None or spec.loader is None:
        raise InputError(f"{public.origin} cannot be imported", reason=Reason.UNREADABLE)
    package = importlib.util.module_from_spec(spec)
    state = importlib.import_module("hstar.ethereum.oracle.state")
    world = importlib.import_module("hstar.ethereum.oracle.world")
    sys.modules[name] = package
    sys.modules[f"{name}.state"] = state
    spec.loader.exec_module(package)

    def module(path: str) -> Foreign:
        return importlib.import_module(f"{name}.{path}")

    interpreter = module("vm.interpreter")
    interpreter.get_valid_jump_destinations = lru_cache(maxsize=1024)(JumpDestinations)
    gas = module("vm.gas")
    for place, event in ((interpreter, "evm_trace"), (interpreter, "OpStart"), (interpreter, "OpEnd"),
                         (gas, "evm_trace"), (gas, "GasAndRefund")):  # fmt: skip
        setattr(place, event, _nothing)
    _use_stored_code_hash(module("vm.instructions.environment"), module("vm.instructions"), world)
    _look_up_by_number(interpreter)
    for step in OBSERVED_STEPS:
        _make_observable(module("fork"), step)
    return Specification(
        fork,
        module("blocks"),
        module("bloom"),
        module("fork"),
        gas,
        interpreter,
        module("requests"),
        module("transactions"),
        module("trie"),
        module("vm"),
        world,
    )
