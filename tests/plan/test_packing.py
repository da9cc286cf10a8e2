"""Constants are packed once for each layer and kernel."""

from collections import Counter
from collections.abc import Mapping

import pytest

from isas import BUILT_IN, XCV
from networks import conv_linear
from nmcu import targets
from nmcu.codegen import emit
from nmcu.graph import Layer
from nmcu.kernels import Packed
from nmcu.kernels.dense.spec import Dense
from nmcu.plan import make


def test_each_layer_is_packed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[tuple[str, str]] = Counter()
    pack = Dense.pack

    def counted(self: Dense, layer: Layer) -> Mapping[str, Packed]:
        calls[layer.name, self.name] += 1
        return pack(self, layer)

    monkeypatch.setattr(Dense, "pack", counted)
    planned = make(conv_linear(), targets.get("cluster8"), XCV, BUILT_IN)
    emit(planned)
    assert set(calls.values()) == {1}
    assert len(calls) == sum(layer.kernel is not None for layer in planned.layers)


def test_packed_constants_say_what_they_are() -> None:
    planned = make(conv_linear(zeros_every=8), targets.get("cluster8"), XCV, BUILT_IN)
    for layer in planned.layers:
        for part in layer.parts:
            assert part.constant_bytes == sum(len(p.data) for p in part.packed.values())
            assert part.requant_bytes + part.index_bytes < part.constant_bytes
