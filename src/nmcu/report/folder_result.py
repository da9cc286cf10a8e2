"""Results that fill a folder."""

from abc import abstractmethod
from pathlib import Path

from nmcu.report.folder import write_folder
from nmcu.result import Result


class FolderResult(Result):
    """A result that is more than one file."""

    WRITER = "nmcu run"
    """Whose files in a folder it replaces: those of the command that writes the same."""

    @abstractmethod
    def files(self) -> dict[str, bytes]:
        """Contents by relative path."""

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Writes one file, in the form that the suffix of its name says (one of `forms`), or else the folder `path`.

        In the folder all of `files` are written or none. Raises `NmcuError` where that is not possible, or where a
        file there would be overwritten that nmcu did not write or that was changed since, unless `force`.
        """
        if Path(path).suffix in self.forms():
            super().save(path)
        else:
            write_folder(Path(path), self.files(), self.WRITER, force=force)
