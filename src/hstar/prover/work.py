"""The work folder: what a run has finished, so that an interrupted one goes on where it stopped. Safe to delete.

A job has a folder that is named by what is proven (V and the private input). Every file in it starts with the digest of
the rest; a file that was cut off or changed is not there, as far as anyone who reads it can tell.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hstar.errors import Reason, ResourceError

_DIGEST_BYTES = 16
_FORMAT = b"hstar job 2"
"""Part of every job's name; a new number for every change of what the files hold, so that old ones are not read."""
_SUFFIX = ".part"
Arrays = Mapping[str, NDArray[np.generic]]


def job_name(key_digest: bytes, input_bytes: bytes) -> str:
    """The name of the folder of a job."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES, person=_FORMAT)
    for part in (key_digest, input_bytes):
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


class WorkFolder:
    """Named, checked files of one job.

    Args:
        path: of the job's folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def prepare(self, *, resume: bool) -> None:
        """Makes the folder; without `resume` what is in it is thrown away.

        Raises:
            ResourceError: UNREADABLE where that is not possible.
        """
        try:
            if not resume and self.path.exists():
                shutil.rmtree(self.path)
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._failed(error) from error

    def put(self, name: str, data: bytes) -> None:
        """Stores a file; it is there in whole or not at all.

        Raises:
            ResourceError: UNREADABLE, for instance when the disk is full.
        """
        temporary = self.path / (name + _SUFFIX)
        try:
            temporary.write_bytes(_digest(data) + data)
            os.replace(temporary, self.path / name)
        except OSError as error:
            raise self._failed(error) from error

    def get(self, name: str) -> bytes | None:
        """A file's content, or None where it is missing, cut off or changed."""
        try:
            data = (self.path / name).read_bytes()
        except OSError:
            return None
        content = data[_DIGEST_BYTES:]
        return content if data[:_DIGEST_BYTES] == _digest(content) else None

    def require(self, name: str) -> bytes:
        """As `get`.

        Raises:
            ResourceError: UNREADABLE where it is missing: something else changes the folder.
        """
        data = self.get(name)
        if data is None:
            message = f"{self.path / name} is missing or damaged; delete the folder {self.path} and prove again"
            raise ResourceError(message, reason=Reason.UNREADABLE)
        return data

    def put_arrays(self, name: str, arrays: Arrays) -> None:
        """Stores named arrays."""
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        self.put(name, buffer.getvalue())

    def require_arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        """What `put_arrays` stored."""
        with np.load(io.BytesIO(self.require(name)), allow_pickle=False) as file:
            return {key: file[key] for key in file.files}

    def remove(self) -> None:
        """Throws the job away."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _failed(self, error: OSError) -> ResourceError:
        message = f"the work folder {self.path} cannot be written ({error.strerror}); choose another with --work-dir"
        return ResourceError(message, reason=Reason.UNREADABLE)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).digest()
