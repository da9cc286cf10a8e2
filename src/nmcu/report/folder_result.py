"""Results that fill a folder."""

from abc import abstractmethod
from pathlib import Path

from nmcu.report.folder import write_folder
from nmcu.result import Result


class FolderResult(Result):
    """A result that is more than one file."""

    OTHERWISE = ", or for a folder in no suffix,"
    WRITER = "nmcu run"
    """Whose files in a folder it replaces: those of the command that writes the same."""

    @abstractmethod
    def files(self) -> dict[str, bytes]:
        """Contents by relative path."""

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Writes one file, in the form that the suffix of its name says (one of `forms`), or a folder: one that exists,
        or a name without suffix.

        In a folder all of `files` are written or none. Raises `NmcuError` where that is not possible, or where a file
        there would be overwritten that nmcu did not write or that was changed since, unless `force`.
        """
        if Path(path).suffix and not Path(path).is_dir():
            super().save(path)
        else:
            write_folder(Path(path), self.files(), self.WRITER, force=force)
