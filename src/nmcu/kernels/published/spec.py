"""The published 1:M kernels, in software and with xDecimate: the reference that the others are measured against."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np

from nmcu.graph import Layer, ops
from nmcu.kernels.common import window
from nmcu.kernels.packed import Packed
from nmcu.kernels.published.dense import Dense1x2
from nmcu.kernels.records.offsets import OffsetRecords
from nmcu.kernels.records.pairs import PairRecords
from nmcu.kernels.records.token import TokenRecords
from nmcu.sparsity import offsets


class Published(OffsetRecords):
    """Bias, offsets, values and requantisation of a record's channels, one part after the other."""

    headers: ClassVar[tuple[str, ...]] = ("token.h", "published.h")
    folder: ClassVar[Path] = Path(__file__).parent

    def pack(self, layer: Layer[window.Affine]) -> Mapping[str, Packed]:
        """`weights`: the records of published.h."""
        assert layer.support is not None
        packed = offsets.pack(layer.constants["weight"], layer.support)
        per = self.record_channels
        records = -(-packed.value.shape[0] // per)
        fill = records * per - packed.value.shape[0]
        word = np.pad(packed.word, ((0, fill), (0, 0))).reshape(records, per, -1).transpose(0, 2, 1)
        value = np.pad(packed.value, ((0, fill), (0, 0))).reshape(records, per, -1, 4).transpose(0, 2, 1, 3)
        bias, rest = self.channel_parts(layer, records)
        return {"weights": self.joined(bias, word, value, rest)}


class PublishedConv(Published, PairRecords):
    name = "published_conv"
    operators = (ops.Conv2d, ops.Linear)


class PublishedConvXdec(PublishedConv):
    name = "published_conv_xdec"
    requires = frozenset({"xdec"})


class PublishedLinear(Published, TokenRecords):
    name = "published_linear"


class PublishedLinearXdec(PublishedLinear):
    name = "published_linear_xdec"
    requires = frozenset({"xdec"})
    record_channels = 2


KERNELS = (PublishedConv(), PublishedConvXdec(), PublishedLinear(), PublishedLinearXdec(), Dense1x2())
