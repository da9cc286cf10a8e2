"""Values of options, as they are written on a command line."""

import pytest
import typer

from nmcu.cli.options import memory_size


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("65536", 65536), ("64K", 65536), ("64k", 65536), ("1.5M", 3 << 19), ("0.3K", 307)],
)
def test_sizes_of_memory(text: str, size: int) -> None:
    assert memory_size(text) == size


@pytest.mark.parametrize("text", ["", "K", "-1", "1.5", "1.K", ".5M", "1e3K", "64G", "64 K", "٣K", "inf"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no size: bytes, or a number with K or M"):
        memory_size(text)
