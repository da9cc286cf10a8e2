"""Recurrent layers on the RTL: their products, and the rounding products that sigmoid and tanh are made of."""

from pathlib import Path

import pytest

from frontend.test_recurrent import lstm
from nmcu.bench.against_rtl import compare_networks
from nmcu.bench.differential.tflite.model import TfliteModel


@pytest.mark.slow
@pytest.mark.parametrize("isa", ["xcv", "rv32"])
def test_an_lstm_takes_as_long_on_the_rtl(tmp_path: Path, isa: str) -> None:
    m = TfliteModel(1)
    (tmp_path / "lstm.tflite").write_bytes(m.build(lstm(m, steps=2, peephole=True)))
    *layers, whole = compare_networks([tmp_path / "lstm.tflite"], isa)
    assert [row.program for row in layers] and abs(whole.error_percent) <= 2.0, whole
