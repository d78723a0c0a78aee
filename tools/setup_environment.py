#!/usr/bin/env python3
"""Sets up everything that hstar needs from a fresh checkout: `.venv`, locked requirements, Rust, the native module.

Needs only Python >= 3.11 and the standard library. Each step leaves a stamp with the digest of what it depends on, so
a second run with nothing changed does nothing and takes well under two seconds. `make setup` runs this.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMPS = VENV / "stamps"
MIN_PYTHON = (3, 11)
MIN_RUST = (1, 89)  # AVX-512 intrinsics are stable from here; equal to rust-version in rust/Cargo.toml
DEBIAN_RUST_PACKAGES = ("cargo-web", "rustc-web")


class SetupError(Exception):
    """One sentence: what is missing and how to get it."""


def say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)


def run(command: list[str], *, failure: str, env: dict[str, str] | None = None) -> None:
    """Runs a command with its output shown only when it fails."""
    finished = subprocess.run(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if finished.returncode != 0:
        sys.stderr.write(finished.stdout)
        raise SetupError(failure)


def digest_of(paths: Iterable[Path], *extra: str) -> str:
    state = hashlib.sha256()
    for path in sorted(paths):
        state.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    for text in extra:
        state.update(text.encode() + b"\0")
    return state.hexdigest()


def once(name: str, digest: str, title: str, work: Callable[[], None]) -> None:
    """Does `work` unless the stamp `name` already holds `digest`."""
    stamp = STAMPS / name
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return
    say(f"{title} ...")
    begin = time.monotonic()
    work()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest, encoding="utf-8")
    say(f"{title}: done in {time.monotonic() - begin:.0f} s")


def processor_flags() -> str:
    """The native module is built for this processor, so another processor means another build."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    found = re.search(r"^(flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)
    return found.group(2) if found else platform.machine()


def apt_install(packages: Iterable[str], failure: str) -> None:
    """Installs Debian packages when running as root on a Debian-like system; otherwise says what to install."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetupError(failure)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], failure=failure, env=env)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], failure=failure, env=env)


def make_venv() -> None:
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        apt_install(
            [f"{python}-venv"],
            f"Python cannot make virtual environments: install the package {python}-venv, then run `make setup` again",
        )
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    run(command, failure=f"{VENV} could not be made; the lines above say why")


def install_requirements() -> None:
    run(
        [str(VENV / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--require-hashes", "-r", "requirements/dev.txt"],
        failure="the locked Python packages could not be installed; is a package index reachable?",
    )  # fmt: skip


def rust_version(cargo: Path, env: dict[str, str]) -> tuple[int, int] | None:
    """Version of the compiler that `cargo` would use, or None when it does not run."""
    rustc = cargo.with_name("rustc")
    try:
        text = subprocess.run([rustc, "--version"], capture_output=True, text=True, check=True, env=env).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.match(r"rustc (\d+)\.(\d+)", text)
    return (int(found.group(1)), int(found.group(2))) if found else None


def find_cargo(env: dict[str, str]) -> Path | None:
    """The first cargo on PATH, in ~/.cargo/bin or in /usr/bin whose compiler is new enough."""
    on_path = shutil.which("cargo")
    candidates = [Path(on_path)] if on_path and Path(on_path).parent != VENV / "bin" else []
    candidates += [Path.home() / ".cargo/bin/cargo", Path("/usr/bin/cargo")]
    for cargo in candidates:
        version = rust_version(cargo, env)
        if version is not None and version >= MIN_RUST:
            return cargo
    return None


def get_cargo(env: dict[str, str]) -> Path:
    """Finds a toolchain that is new enough, or installs one: Debian's packages as root, else rustup."""
    wanted = f"Rust {MIN_RUST[0]}.{MIN_RUST[1]} or newer"
    advice = (
        f"{wanted} is missing: install rustup (rustup.rs), or as root the packages {' '.join(DEBIAN_RUST_PACKAGES)}"
    )
    cargo = find_cargo(env)
    if cargo is not None:
        return cargo
    if shutil.which("rustup"):
        say(f"{wanted} is missing; asking rustup for the stable toolchain ...")
        run(["rustup", "toolchain", "install", "stable", "--profile", "minimal"], failure=advice)
    else:
        say(f"{wanted} is missing; installing {' '.join(DEBIAN_RUST_PACKAGES)} ...")
        apt_install(DEBIAN_RUST_PACKAGES, advice)
    cargo = find_cargo(env)
    if cargo is None:
        raise SetupError(advice)
    return cargo


def build_environment() -> dict[str, str]:
    env = dict(os.environ)
    env.pop("RUSTFLAGS", None)  # cargo ignores .cargo/config.toml when it is set, even to nothing
    env["VIRTUAL_ENV"] = str(VENV)
    env["PATH"] = f"{VENV / 'bin'}{os.pathsep}{env.get('PATH', '')}"
    return env


def build_native(profile: str) -> None:
    env = build_environment()
    if shutil.which("cc") is None:
        apt_install(["gcc", "libc6-dev"], "a C compiler is missing: install gcc, then run `make setup` again")
    cargo = get_cargo(env)
    write_cargo_command(cargo)
    env["PATH"] = f"{cargo.parent}{os.pathsep}{env['PATH']}"
    run(
        [str(VENV / "bin/maturin"), "develop", "--quiet", "--skip-install", "--profile", profile, "--locked"],
        failure="the native module did not build; the compiler's message is above",
        env=env,
    )


def write_cargo_command(cargo: Path) -> None:
    """Writes `.venv/bin/cargo`, so that every later use takes the toolchain that was chosen here."""
    command = VENV / "bin/cargo"
    command.write_text(f'#!/bin/sh\nPATH="{cargo.parent}:$PATH" exec "{cargo}" "$@"\n', encoding="utf-8")
    command.chmod(0o755)


def link_package() -> None:
    """Puts `src` on the environment's path and writes the `hstar` command; no second copy of the code."""
    library = VENV / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    (library / "hstar.pth").write_text(f"{ROOT / 'src'}\n", encoding="utf-8")
    command = VENV / "bin/hstar"
    # Worker processes import the main module again: it must do nothing then.
    start = f'#!{VENV / "bin/python"}\nfrom hstar.cli.main import main\n\nif __name__ == "__main__":\n    main()\n'
    command.write_text(start, encoding="utf-8")
    command.chmod(0o755)


def set_up(profile: str) -> None:
    if sys.version_info < MIN_PYTHON:
        raise SetupError(
            f"Python {MIN_PYTHON[0]}.{MIN_PYTHON[1]} or newer is needed; this is {platform.python_version()}"
        )
    once("venv", digest_of([], sys.version, str(ROOT)), "virtual environment in .venv", make_venv)
    lock = ROOT / "requirements/dev.txt"
    once("requirements", digest_of([lock], sys.version), "locked Python packages", install_requirements)
    once("package", digest_of([], str(ROOT), "1"), "the hstar command", link_package)
    rust = [path for path in (ROOT / "rust").rglob("*") if path.suffix in {".rs", ".toml", ".lock"} and path.is_file()]
    rust = [path for path in rust if "target" not in path.relative_to(ROOT / "rust").parts[:1]]
    inputs = [*rust, ROOT / ".cargo/config.toml", ROOT / "pyproject.toml"]
    native = digest_of(inputs, profile, processor_flags(), sys.version)
    if not list((ROOT / "src/hstar").glob("_native*.so")):
        (STAMPS / "native").unlink(missing_ok=True)
    once(
        "native",
        native,
        f"native module ({profile}; one to two minutes the first time)",
        lambda: build_native(profile),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--profile", default="release", choices=["release", "quick"], help="cargo profile")
    arguments = parser.parse_args()
    try:
        set_up(arguments.profile)
    except SetupError as error:
        print(f"setup failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("setup interrupted; run `make setup` again to go on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
