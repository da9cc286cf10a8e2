"""Structs that C, assembly and packers share: the generated headers are those of the layouts, and say the same."""

import numpy as np
import pytest

from nmcu.kernels import layout
from nmcu.kernels.common.layouts import CHANNELS4
from nmcu.kernels.depthwise.layouts import CHANNEL, SHAPE
from nmcu.kernels.layout import Field, Layout


@pytest.mark.parametrize("path", layout.headers(), ids=lambda path: path.name)
def test_headers_are_generated_from_the_layouts(path: object) -> None:
    for made, text in layout.headers().items():
        if made == path:
            assert made.read_text() == text, "run: python -m nmcu.kernels.layout"


def test_members_are_placed_as_c_does() -> None:
    mixed = Layout(
        "mixed_t",
        "MIXED",
        "Alignment.",
        (
            Field("a", "uint8_t"),
            Field("b", "uint16_t", 3),
            Field("c", "const int8_t *"),
            Field("d", "int8_t"),
        ),
    )
    assert dict(mixed.offsets()) == {"a": 0, "b": 2, "c": 8, "d": 12}
    assert (mixed.size, mixed.alignment) == (16, 4)


def test_members_of_inner_layouts_have_offsets_of_their_own() -> None:
    assert [SHAPE.offset(name) for name in ("lo", "hi", "zero_point", "form", "tap_lines")] == [
        20,
        24,
        28,
        32,
        36,
    ]


def test_bytes_are_those_of_the_struct() -> None:
    columns = {
        name: np.arange(8).reshape(2, 4) + i
        for i, name in enumerate(["bias", "multiplier", "round", "shift"])
    }
    packed = CHANNELS4.pack(columns)
    assert packed.shape == (2, CHANNELS4.size)
    at = CHANNELS4.offset("round")
    assert packed[1, at : at + 16].view(np.int32).tolist() == [6, 7, 8, 9]


def test_values_wrap_as_in_c_and_flexible_arrays_take_no_room() -> None:
    packed = CHANNEL.pack({k: np.array([2**32 - 1]) for k in ("multiplier", "offset", "shift", "bias")})
    assert packed.view(np.int32).tolist() == [[-1, -1, -1, -1]]
