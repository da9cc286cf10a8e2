"""Random streams: valid, reproducible, equal on both cores; a failing one is minimised."""

from nmcu.isa import named
from nmcu.rtl import fuzz, stream
from nmcu.rtl.stream import Item


def test_streams_are_reproducible() -> None:
    assert stream.generate(3, 200) == stream.generate(3, 200) != stream.generate(4, 200)
    kinds = {item.kind for item in stream.generate(5, 3000)}
    assert {"hwloop", "nm.dec", "trap", "jump", "branch", "cv.store", "divide", "csr"} <= kinds


def test_both_cores_agree() -> None:
    """State exact; cycles within 0.5 % without memory stalls, 1 % with."""
    for number in range(8):
        percent = fuzz.STALL_PERCENTS[number % 2]
        found = fuzz.compare(stream.generate(number, 600), number, named("xdec"), percent)
        assert not found.mismatch, found.detail
        assert found.instructions > 700
        assert abs(found.error_percent) < (1.0 if percent else 0.5)


def test_a_difference_is_found_and_minimised() -> None:
    """mcycle differs between the cores by construction: a stream that reads it twice, among others that do not."""
    read = Item("csr", (stream.i_type(0x73, 5, 0, 0, 0x320), stream.i_type(0x73, 2, 5, 0, 0xB00)))
    items = (*stream.generate(1, 40), read, *stream.generate(2, 40))

    def fails(part: tuple[Item, ...]) -> bool:
        return read in part

    assert fuzz.minimise(items, fails) == (read,)
    assert "csrrs t0, mcycle, zero" in fuzz.listing((read,))


def test_every_item_is_a_program_of_its_own() -> None:
    for item in stream.generate(11, 60):
        found = fuzz.compare((item,), 11, named("xdec"))
        assert not found.mismatch, f"{fuzz.listing((item,))}\n{found.detail}"
