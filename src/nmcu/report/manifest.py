"""What nmcu wrote into a folder: by it a user's files, and a user's changes, are known."""

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

NAME = ".nmcu-files.json"


@dataclass(frozen=True)
class Manifest:
    """Digests of files by relative path, for each command that wrote some."""

    digests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Digests by relative path, whichever command wrote them."""
        return {name: digest for written in self.digests.values() for name, digest in written.items()}

    def of(self, writer: str) -> Set[str]:
        """What one command wrote."""
        return self.digests.get(writer, {}).keys()

    def is_untouched(self, folder: Path, name: str) -> bool:
        """Whether the file in `folder` is as it was written."""
        path = folder / name
        return name in self.files and not path.is_symlink() and _digest_of(path) == self.files[name]

    def after(self, writer: str, files: Mapping[str, bytes]) -> "Manifest":
        """The manifest once `writer` has written `files` and nothing else of its own is left."""
        others = {
            name: {file: digest for file, digest in written.items() if file not in files}
            for name, written in self.digests.items()
            if name != writer
        }
        return Manifest(
            {**others, writer: {name: _digest(content) for name, content in sorted(files.items())}}
        )

    def to_bytes(self) -> bytes:
        """The manifest as JSON."""
        return (json.dumps(self.digests, indent=1) + "\n").encode()


def read(folder: Path) -> Manifest:
    """The manifest in `folder`, an empty one where there is none. One from a stranger names nothing outside."""
    try:
        digests = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return Manifest(
            {
                str(writer): {str(n): str(d) for n, d in written.items() if _is_inside(folder, str(n))}
                for writer, written in digests.items()
            }
        )
    except (OSError, ValueError, AttributeError):
        return Manifest()


def has(path: Path, content: bytes) -> bool:
    """Whether the file at `path` has this content already."""
    return _digest_of(path) == _digest(content)


def _is_inside(folder: Path, name: str) -> bool:
    path = PurePosixPath(name)
    return (
        not path.is_absolute() and ".." not in path.parts and (folder / path).resolve().is_relative_to(folder)
    )


def _digest_of(path: Path) -> str | None:
    try:
        return _digest(path.read_bytes())
    except OSError:
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
