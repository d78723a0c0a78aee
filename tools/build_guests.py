#!/usr/bin/env python3
"""Builds the guest library, the example guests and the Ethereum guest, and compares their digests with the recorded.

Needs the Debian 12 packages of `PACKAGES` (`--toolchain` installs them as root). `--record` writes the digests
(guests/digests.json; of shipped guests src/hstar/machine/data/guests.json, with the compilers' versions) and the copies
that the package ships and that the tests run without a RISC-V toolchain.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
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
SHIPPED = ROOT / "src/hstar/machine/data"
SHIPPED_RECORD = SHIPPED / "guests.json"
SHIPPED_GUESTS = ("revm",)
LARGE_GUESTS = (*SHIPPED_GUESTS, "revm-vectors")  # kept compressed
COMPILERS = ("rustc-web", "clang-19", "lld-19")  # the packages that decide about the bytes
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


RUST_TARGET = "riscv64im-hstar-none-elf"


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


def build_rust(library: Path, folder: Path, package: str = "", features: str = "") -> Path:
    """Builds a workspace of Rust guests, or one package of it; returns the folder with the programs."""
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
    env["CARGO_TARGET_DIR"] = str(BUILD / folder.name)
    env |= c_environment(home)
    target = f"{GUESTS}/rust/{RUST_TARGET}.json"
    command = [CARGO, "build", "--release", "--locked", "-Zjson-target-spec", "--target", target]
    command += ["-Zbuild-std=core,alloc,compiler_builtins"]
    command += ["--package", package] if package else []
    command += ["--features", features] if features else []
    relink_after_change(library, folder)
    run(command, cwd=folder, env=env)
    return BUILD / folder.name / RUST_TARGET / "release"


def relink_after_change(library: Path, folder: Path) -> None:
    """Makes cargo link again when the library has changed: it does not look at files that link arguments name."""
    digest = hashlib.sha256(library.read_bytes()).hexdigest()
    stamp = BUILD / folder.name / "library.sha256"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != digest:
        for source in folder.glob("*/src/main.rs"):
            source.touch()
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(digest, encoding="utf-8")


def c_environment(home: Path) -> dict[str, str]:
    """How build scripts of crates compile C for the guest."""
    suffix = RUST_TARGET.replace("-", "_")
    # libsecp256k1 with smaller tables than its own build gives it: 32 KiB instead of 1 MiB of program for 2 % of speed.
    flags = ["-UECMULT_WINDOW_SIZE", "-DECMULT_WINDOW_SIZE=10"]
    flags += [*TARGET, "-O3", "-ffreestanding", "-ffunction-sections", "-fdata-sections", "-fno-ident"]
    flags += ["-fno-asynchronous-unwind-tables", f"-ffile-prefix-map={home}/registry/src=/crates"]
    flags += [f"-isystem{GUESTS}/lib/include/libc"]
    return {
        f"CC_{suffix}": CLANG,
        f"AR_{suffix}": ARCHIVER,
        f"CFLAGS_{suffix}": " ".join(flags),
        "CRATE_CC_NO_DEFAULTS": "1",
    }


def build_examples(library: Path) -> list[Path]:
    """Every binary of the workspace guests/rust."""
    folder = GUESTS / "rust"
    programs = build_rust(library, folder)
    built = []
    for manifest in sorted(folder.glob("*/src/main.rs")):
        name = manifest.parent.parent.name
        out = BUILD / f"{name}.elf"
        shutil.copy(programs / name, out)
        built.append(out)
    return built


def build_revm(library: Path) -> list[Path]:
    """The Ethereum guest `revm`, and the same with the fork taken from the schema id for public vectors."""
    built = []
    for name, features in (("revm", ""), ("revm-vectors", "vectors")):
        programs = build_rust(library, GUESTS / "revm", "revm-guest", features)
        out = BUILD / f"{name}.elf"
        shutil.copy(programs / "revm", out)
        built.append(out)
    return built


def build_all(with_rust: bool) -> list[Path]:
    check_toolchain()
    BUILD.mkdir(exist_ok=True)
    library = build_library()
    built = [build_c(source, library) for source in sorted((GUESTS / "c").glob("*.c"))]
    return built + ([*build_examples(library), *build_revm(library)] if with_rust else [])


def compiler_versions() -> str:
    """Package versions of the compilers, as far as Debian's package database knows them."""
    command = ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *COMPILERS]
    if shutil.which(command[0]) is None:
        return "no Debian packages"
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split("\n")
    return ", ".join(sorted(line for line in found if line))


def recorded_digests() -> dict[str, str]:
    """Digest of every built file by its name."""
    digests: dict[str, str] = json.loads(DIGESTS.read_text(encoding="utf-8"))
    shipped = json.loads(SHIPPED_RECORD.read_text(encoding="utf-8"))
    return digests | {f"{name}.elf": entry["digest"] for name, entry in shipped.items()}


def sources_digest() -> str:
    """One digest of everything that guests are built from, so that a change without a new record is noticed."""
    total = hashlib.sha256()
    for path in sorted(path for path in GUESTS.rglob("*") if path.is_file()):
        relative = path.relative_to(GUESTS)
        if {BUILD.name, "target"} & set(relative.parts) or path == DIGESTS:
            continue
        total.update(f"{relative} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def record(built: list[Path]) -> None:
    """Keeps what was built: digests, the package's data, the tests' copies."""
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in built}
    shipped = {f"{name}.elf" for name in SHIPPED_GUESTS}
    compiler = compiler_versions()
    shipped_record = json.loads(SHIPPED_RECORD.read_text(encoding="utf-8"))
    for name in SHIPPED_GUESTS:
        shipped_record[name] |= {"digest": digests[f"{name}.elf"], "compiler": compiler}
    write_json(SHIPPED_RECORD, shipped_record)
    others = {name: digest for name, digest in sorted(digests.items()) if name not in shipped}
    write_json(DIGESTS, {"sources": sources_digest(), **others})
    for path in built:
        if path.stem not in LARGE_GUESTS:
            shutil.copyfile(path, VECTORS / path.name)
            continue
        folder = SHIPPED if path.stem in SHIPPED_GUESTS else VECTORS
        compressed = lzma.compress(path.read_bytes(), preset=9 | lzma.PRESET_EXTREME)
        (folder / f"{path.name}.xz").write_bytes(compressed)
    print(f"recorded {len(built)} guests")


def write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def compare(built: list[Path]) -> None:
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in built}
    recorded = recorded_digests()
    changed = sorted(name for name, digest in digests.items() if recorded.get(name) != digest)
    for path in built:
        state = "differs from the record" if path.name in changed else "as recorded"
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes, {state}")
    if changed:
        versions = {entry["compiler"] for entry in json.loads(SHIPPED_RECORD.read_text(encoding="utf-8")).values()}
        raise BuildError(
            f"{', '.join(changed)} differ from the recorded digests; with {' / '.join(versions)} they must not (here: "
            f"{compiler_versions()}). After a change of a guest's source, run `python tools/build_guests.py --record`"
        )


def status() -> str:
    """One sentence for CI: whether digests could be compared here."""
    recorded = {entry["compiler"] for entry in json.loads(SHIPPED_RECORD.read_text(encoding="utf-8")).values()}
    if recorded == {compiler_versions()}:
        return "guests: the recorded compilers are installed; `make guests` and `make test-slow` compare digests"
    return f"guests: not compared with a rebuild, which needs {' / '.join(recorded)}; the recorded files are run"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--toolchain", action="store_true", help="install the Debian packages and stop")
    parser.add_argument("--record", action="store_true", help="write digests and test copies instead of comparing")
    parser.add_argument("--status", action="store_true", help="say whether digests can be compared here, and stop")
    parser.add_argument("--no-rust", action="store_true", help="only the C guests")
    arguments = parser.parse_args()
    if arguments.record and arguments.no_rust:
        parser.error("a record holds every guest; leave --no-rust away")
    try:
        if arguments.status:
            print(status())
        elif arguments.toolchain:
            install_toolchain()
        else:
            (record if arguments.record else compare)(build_all(not arguments.no_rust))
    except BuildError as error:
        print(f"building guests failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
