"""Reading IREE's program: constants as they are written, and what is not followed."""

import numpy as np
import pytest

from nmcu.iree import IreeError, hal

pytestmark = pytest.mark.usefixtures("iree")
FUNCTION = """\
module {{
  util.func public @main$async(%arg0: !hal.buffer_view) -> !hal.buffer_view attributes {{iree.abi.model = "{model}"}} {{
    {body}
    util.return %arg0 : !hal.buffer_view
  }}
}}
"""


def _bytes(text: str) -> bytes:
    from iree.compiler import ir

    with ir.Context():
        return hal._bytes(text)


def test_constants_are_the_bytes_of_their_elements() -> None:
    assert _bytes("dense<[1.5, -2.0]> : tensor<2xf32>") == np.array([1.5, -2], np.float32).tobytes()
    assert _bytes('dense<"0x01FF"> : tensor<2xi8>') == b"\x01\xff"
    parts = "dense<7> : vector<4xi8>, dense<[[1, 2]]> : tensor<1x2xi16>,"
    assert _bytes(f"#util.composite<8xi8, [{parts}]>") == b"\7\7\7\7\1\0\2\0"


def test_a_constant_that_is_not_read_whole_is_refused() -> None:
    with pytest.raises(IreeError, match="a constant of IREE's is 4 bytes, not 5"):
        _bytes("#util.composite<5xi8, [dense<7> : vector<4xi8>]>")


def test_an_operation_that_is_not_known_is_named() -> None:
    body = "%0 = hal.buffer_view.rank<%arg0 : !hal.buffer_view> : index"
    text = FUNCTION.format(model="coarse-fences", body=body)
    with pytest.raises(IreeError, match=r"the operation hal\.buffer_view\.rank, which nmcu does not follow"):
        hal.read(text)


def test_a_program_without_a_function_to_call_is_refused() -> None:
    with pytest.raises(IreeError, match="IREE's program has 0 functions to call"):
        hal.read("module {}")
