"""Which implementation of the kernels runs: `native` (Rust) or `reference` (plain Python, the definition).

The choice is the environment variable `HSTAR_KERNELS` (`native`, `reference` or `auto`), or `use_backend` for a block
of code. Nothing above `hstar.kernels` may depend on the answer: both return the same bytes.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import cache
from types import ModuleType

import hstar
from hstar.errors import InputError, Reason, ResourceError


class Backend(StrEnum):
    """An implementation of the kernel list."""

    NATIVE = "native"
    REFERENCE = "reference"


MAX_THREADS = 1024
_INSTRUCTION_SETS_BY_WIDTH = ("portable", "neon", "avx2", "avx512")
_view: ContextVar[Callable[[ModuleType], ModuleType] | None] = ContextVar("hstar_native_view", default=None)
_chosen: ContextVar[Backend | None] = ContextVar("hstar_kernel_backend", default=None)


def _import_native() -> ModuleType:
    """Loads `hstar._native`, or the build named by `HSTAR_NATIVE_PATH` (used to test other instruction sets)."""
    path = os.environ.get("HSTAR_NATIVE_PATH")
    if not path:
        return importlib.import_module("hstar._native")
    loader = importlib.machinery.ExtensionFileLoader("hstar._native", path)
    spec = importlib.util.spec_from_loader("hstar._native", loader)
    if spec is None:
        raise ImportError(f"{path} is not an extension module")
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    sys.modules["hstar._native"] = module
    return module


@cache
def _try_native() -> ModuleType | ImportError:
    try:
        module = _import_native()
    except ImportError as error:
        return error
    if module.version != hstar.__version__:
        raise ResourceError(
            f"the native module is version {module.version} but hstar is {hstar.__version__}; run `make setup`",
            reason=Reason.NATIVE_MODULE_MISMATCH,
        )
    compiled, offered = module.compiled_instruction_set(), module.processor_instruction_set()
    if _INSTRUCTION_SETS_BY_WIDTH.index(compiled) < _INSTRUCTION_SETS_BY_WIDTH.index(offered):
        warnings.warn(
            f"hstar's native module was built for {compiled} but this processor has {offered}: kernels run slower "
            "than they could; rebuild with `make setup` on this machine",
            RuntimeWarning,
            stacklevel=2,
        )
    _apply_thread_count(module)
    return module


def _apply_thread_count(module: ModuleType) -> None:
    """Applies `HSTAR_THREADS`; the pool itself is built by the first kernel."""
    text = os.environ.get("HSTAR_THREADS")
    if text is None:
        return
    if not text.isdecimal() or not 1 <= int(text) <= MAX_THREADS:
        raise InputError(
            f"HSTAR_THREADS is {text!r}; it must be a number from 1 to {MAX_THREADS}", reason=Reason.OUT_OF_RANGE
        )
    module.set_num_threads(int(text))


def native_available() -> bool:
    """Whether the native module can be imported."""
    return isinstance(_try_native(), ModuleType)


def native() -> ModuleType:
    """The native module; `_native.pyi` documents what is in it.

    Raises:
        ResourceError: NATIVE_MODULE_MISSING.
    """
    module = _try_native()
    if isinstance(module, ImportError):
        raise ResourceError(
            f"the native module cannot be loaded ({module}); run `make setup`, or set HSTAR_KERNELS=reference to do "
            "without it (thousands of times slower)",
            reason=Reason.NATIVE_MODULE_MISSING,
        )
    view = _view.get()
    return view(module) if view else module


@contextmanager
def native_seen_through(view: Callable[[ModuleType], ModuleType]) -> Iterator[None]:
    """Inside the block `native` returns `view(module)`: for measurements."""
    token = _view.set(view)
    try:
        yield
    finally:
        _view.reset(token)


@cache
def _default_backend(name: str) -> Backend:
    if name == "auto":
        return Backend.NATIVE if native_available() else Backend.REFERENCE
    try:
        return Backend(name)
    except ValueError:
        raise InputError(
            f"HSTAR_KERNELS is {name!r}; it must be native, reference or auto", reason=Reason.UNKNOWN_NAME
        ) from None


def current_backend() -> Backend:
    """The backend that the next kernel call uses."""
    return _chosen.get() or _default_backend(os.environ.get("HSTAR_KERNELS", "auto"))


def runs_native() -> bool:
    """Whether the next kernel call runs in the native module; facades branch on this and nothing else does."""
    return current_backend() is Backend.NATIVE


@contextmanager
def use_backend(backend: Backend) -> Iterator[None]:
    """Uses `backend` inside a `with` block, in this thread or task."""
    token = _chosen.set(Backend(backend))
    try:
        yield
    finally:
        _chosen.reset(token)
