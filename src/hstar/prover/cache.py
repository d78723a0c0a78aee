"""The user's cache folder: what takes long to make and always comes out the same. Safe to delete at any time.

Entries are named by what they are made from, and the folder by the program text that makes them, so nothing in it is
ever out of date; it can only be missing or damaged, and then it is made again. It is `$HSTAR_CACHE`, or `hstar` in
`$XDG_CACHE_HOME`, or `~/.cache/hstar`.

Soundness: a recursion key that is derived from a program may come from here, or be made from programs that stand here,
and verifiers trust it. So whoever writes here is trusted like the installation itself: a folder that is another user's,
or that others may write to, is not read. Shipped keys are made in an empty cache.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path

import hstar

ENVIRONMENT_VARIABLE = "HSTAR_CACHE"
KEPT_VERSIONS = 3
"""Folders of other installations and of older program texts that stay."""
PACKAGES = (
    "air", "commit", "field", "hash", "iop", "kernels", "params", "recursion", "soundness", "stark", "transcript",
)  # fmt: skip
"""What the keys and programs of nodes are made by."""
_DIGEST_BYTES = 16


def cache_folder() -> Path:
    """Where this user's caches are."""
    if given := os.environ.get(ENVIRONMENT_VARIABLE):
        return Path(given)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "hstar"


@cache
def source_digest() -> str:
    """Names the program text of this installation: of every Python file that an entry can depend on."""
    digest, root = hashlib.blake2b(digest_size=_DIGEST_BYTES, person=b"hstar source"), Path(hstar.__file__).parent
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        for part in (str(path.relative_to(root)).encode(), path.read_bytes()):
            digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def entry_name(kind: str, *parts: bytes) -> str:
    """The name of an entry that follows from these parts."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES, person=b"hstar cache")
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return f"{kind}-{digest.hexdigest()}"


class Cache:
    """Named, checked entries. A cache that cannot be written holds nothing, which costs time and nothing else.

    Args:
        folder: of all versions; the user's if left out.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder()
        self.path = self.folder / source_digest()

    def get(self, name: str) -> bytes | None:
        """An entry, or None where it is missing, cut off or changed, or others could have written it."""
        try:
            if not _is_ours_alone(self.path):
                return None
            data = (self.path / name).read_bytes()
        except OSError:
            return None
        content = data[_DIGEST_BYTES:]
        return content if data[:_DIGEST_BYTES] == _digest(content) else None

    def put(self, name: str, data: bytes) -> None:
        """Stores an entry; others see it in whole or not at all."""
        temporary = self.path / f"{name}.{os.getpid()}.part"
        try:
            if not self.path.is_dir():
                self._remove_old()
                self.folder.mkdir(parents=True, exist_ok=True)
                self.path.mkdir(mode=stat.S_IRWXU, exist_ok=True)
            temporary.write_bytes(_digest(data) + data)
            os.replace(temporary, self.path / name)
        except OSError:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        """Forgets an entry."""
        with suppress(OSError):
            (self.path / name).unlink(missing_ok=True)

    def _remove_old(self) -> None:
        """Keeps the newest folders only."""
        if not self.folder.is_dir():
            return
        versions = [path for path in self.folder.iterdir() if path.is_dir() and _is_version(path.name)]
        versions.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in versions[KEPT_VERSIONS:]:
            shutil.rmtree(path, ignore_errors=True)


def _is_ours_alone(path: Path) -> bool:
    """Whether a folder is this user's, and nobody else may write to it."""
    found = path.stat()
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _is_version(name: str) -> bool:
    return len(name) == 2 * _DIGEST_BYTES and all(character in "0123456789abcdef" for character in name)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).digest()
