"""The folder of a lab: its texts, the files that nodes get, and a digest over everything in it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from droplab.harness.errors import DefinitionError

MOST_BYTES = 64 * 1024 * 1024
TEXT_FILE = re.compile(r"[\w.-]+\.(md|txt)")


class NotInFolder(Exception):
    """Why a file of the folder cannot be used, in words."""


def content(folder: Path, name: str) -> bytes:
    """The bytes of a file of the folder. Raises NotInFolder."""
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise NotInFolder("a file of the lab's own folder is needed")
        if not path.is_file():
            raise NotInFolder(f"no such file in {shown(folder)}")
        if path.stat().st_size > MOST_BYTES:
            raise NotInFolder(f"larger than {MOST_BYTES >> 20} MiB")
        return path.read_bytes()
    except (OSError, ValueError, RuntimeError) as error:
        raise NotInFolder(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


def text(folder: Path, words: str) -> tuple[str, str | None]:
    """A text, and the file that it came from when ``words`` names a .md or .txt file. Raises NotInFolder."""
    if not TEXT_FILE.fullmatch(words):
        return words, None
    try:
        return content(folder, words).decode(), words
    except UnicodeDecodeError:
        raise NotInFolder("not UTF-8") from None


def digest(folder: Path) -> str:
    """SHA-256 over the names and contents of the folder's files in sorted order, hidden ones left out.

    Raises DefinitionError for a folder that is too large to be a lab's own, or has files that cannot be read.
    """
    total, found = 0, hashlib.sha256()
    for path in sorted(_files(folder)):
        try:
            total += path.stat().st_size
            if total > 4 * MOST_BYTES:
                words = f"holds more than {4 * MOST_BYTES >> 20} MiB; give the lab a folder of its own"
                raise DefinitionError([f"{shown(folder)}: {words}"])
            inside = path.read_bytes()
        except OSError as error:
            raise DefinitionError([f"{shown(path)}: cannot be read: {error.strerror}"]) from None
        found.update(f"{path.relative_to(folder)}\0{len(inside)}\0".encode(errors="surrogateescape") + inside)
    return found.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
        paths = (Path(where, name) for name in names if not name.startswith("."))
        yield from (path for path in paths if path.is_file())


def shown(path: Path) -> str:
    """A path as messages name it: from the current folder where it is below it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)
