#!/usr/bin/env python3
"""Builds the guest library and the example guests, and compares their digests with guests/digests.json.

Needs the Debian 12 packages of `PACKAGES` (`--toolchain` installs them as root). `--record` writes the digests and the
copies in tests/vectors/guests that the tests run without a RISC-V toolchain.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUESTS = ROOT / "guests"
BUILD = GUESTS / "build"
DIGESTS = GUESTS / "digests.json"
VECTORS = ROOT / "tests/vectors/guests"
PACKAGES = (
    "clang-19", "lld-19", "llvm-19", "gcc-riscv64-unknown-elf", "rustc-web", "cargo-web", "rust-web-src", "qemu-user",
)  # fmt: skip
CLANG, LINKER, ARCHIVER, CARGO = "clang-19", "ld.lld-19", "llvm-ar-19", "/usr/bin/cargo"
TARGET = ["--target=riscv64-unknown-elf", "-march=rv64im", "-mabi=lp64", "-mcmodel=medany", "-mno-strict-align"]
FLAGS = [
    "-O3", "-std=c17", "-ffreestanding", "-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables",
    "-fno-ident", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror",
]  # fmt: skip
# Soft floats and 128-bit division; the only code in a guest that is not built here.
LIBGCC = Path("/usr/lib/gcc/riscv64-unknown-elf/12.2.0/rv64im/lp64/libgcc.a")


class BuildError(Exception):
    """One sentence: what is missing or went wrong, and what to do."""


def run(command: list[str], *, cwd: Path = GUESTS, env: dict[str, str] | None = None) -> None:
    finished = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if finished.returncode != 0:
        sys.stderr.write(finished.stdout)
        raise BuildError(f"{Path(command[0]).name} failed in {cwd}; its message is above")


def check_toolchain() -> None:
    missing = [tool for tool in (CLANG, LINKER, ARCHIVER, CARGO) if shutil.which(tool) is None]
    missing += [] if LIBGCC.exists() else [str(LIBGCC)]
    if missing:
        raise BuildError(
            f"missing: {', '.join(missing)}. On Debian 12 run `make guest-toolchain` as root, or install "
            f"{' '.join(PACKAGES)}"
        )


def install_toolchain() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise BuildError(f"only root on Debian 12 can do this; install {' '.join(PACKAGES)}")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], env=env)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], env=env)


def compile_c(source: Path, *flags: str) -> Path:
    out = BUILD / "objects" / f"{source.stem}.o"
    out.parent.mkdir(parents=True, exist_ok=True)
    prefix = f"-ffile-prefix-map={GUESTS}=/guests"
    run([CLANG, *TARGET, *FLAGS, prefix, "-Ilib/include", *flags, "-c", str(source), "-o", str(out)])
    return out


def build_library() -> Path:
    """guests/build/libhstar_guest.a: `_start`, input and output, heap, memcpy family, accelerators."""
    sources = sorted(path for path in (GUESTS / "lib/src").iterdir() if path.suffix in (".c", ".S"))
    objects = [compile_c(source, *(["-fno-builtin"] if source.stem == "memory" else [])) for source in sources]
    archive = BUILD / "libhstar_guest.a"
    archive.unlink(missing_ok=True)
    run([ARCHIVER, "rcsD", str(archive), *map(str, objects)])
    return archive


def build_c(source: Path, library: Path) -> Path:
    out = BUILD / f"{source.stem}.elf"
    link = [LINKER, "-T", "lib/link.ld", "--gc-sections", "--build-id=none", "--strip-debug", "-o", str(out)]
    run([*link, str(compile_c(source)), str(library), str(LIBGCC)])
    return out


def build_rust(library: Path) -> list[Path]:
    """Every binary of the workspace guests/rust."""
    folder = GUESTS / "rust"
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    # The archive as a whole: its memcpy family must win over the weak byte loops of compiler_builtins.
    library_arguments = ["--whole-archive", str(library), "--no-whole-archive", str(LIBGCC)]
    arguments = [f"-T{GUESTS}/lib/link.ld", "--gc-sections", "--build-id=none", "--strip-debug", *library_arguments]
    flags = ["-Cpasses=lower-atomic", "-Zunstable-options", "-Csymbol-mangling-version=legacy"]
    flags += [*(f"-Clink-arg={argument}" for argument in arguments)]
    remaps = {home / "registry/src": "/crates", Path("/usr/lib/rustlib/src/rust"): "/rust", GUESTS: "/guests"}
    sources = Path("/usr/src/rustc-1.96.0")
    flags += [f"--remap-path-prefix={old}={new}" for old, new in {**remaps, sources: "/rust"}.items()]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("CARGO", "RUST"))}
    env |= {"PATH": "/usr/bin:/bin", "RUSTC_BOOTSTRAP": "1", "RUSTFLAGS": " ".join(flags), "CARGO_HOME": str(home)}
    env["CARGO_TARGET_DIR"] = str(BUILD / "rust")
    target = "riscv64im-hstar-none-elf"
    command = [CARGO, "build", "--release", "--locked", "-Zjson-target-spec", "--target", f"{target}.json"]
    run([*command, "-Zbuild-std=core,alloc,compiler_builtins"], cwd=folder, env=env)
    built = []
    for manifest in sorted(folder.glob("*/src/main.rs")):
        name = manifest.parent.parent.name
        out = BUILD / f"{name}.elf"
        shutil.copy(BUILD / "rust" / target / "release" / name, out)
        built.append(out)
    return built


def build_all(with_rust: bool) -> list[Path]:
    check_toolchain()
    BUILD.mkdir(exist_ok=True)
    library = build_library()
    built = [build_c(source, library) for source in sorted((GUESTS / "c").glob("*.c"))]
    return built + (build_rust(library) if with_rust else [])


def compare(built: list[Path], record: bool) -> None:
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in built}
    if record:
        DIGESTS.write_text(json.dumps(dict(sorted(digests.items())), indent=2) + "\n", encoding="utf-8")
        VECTORS.mkdir(parents=True, exist_ok=True)
        for path in built:
            shutil.copyfile(path, VECTORS / path.name)
        print(f"recorded {len(built)} guests")
        return
    recorded = json.loads(DIGESTS.read_text(encoding="utf-8"))
    changed = sorted(name for name, digest in digests.items() if recorded.get(name) != digest)
    for path in built:
        state = "differs from guests/digests.json" if path.name in changed else "as recorded"
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes, {state}")
    if changed:
        raise BuildError(
            f"{', '.join(changed)} differ from the recorded digests; with the packages of Debian 12 they must not. "
            "After a change of a guest's source, run `python tools/build_guests.py --record`"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--toolchain", action="store_true", help="install the Debian packages and stop")
    parser.add_argument("--record", action="store_true", help="write digests and test copies instead of comparing")
    parser.add_argument("--no-rust", action="store_true", help="only the C guests")
    arguments = parser.parse_args()
    try:
        if arguments.toolchain:
            install_toolchain()
        else:
            compare(build_all(not arguments.no_rust), arguments.record)
    except BuildError as error:
        print(f"building guests failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
