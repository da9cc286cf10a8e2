"""Byte gather with gmac: sparse fully-connected layers of a single token."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nmcu.graph import Layer
from nmcu.kernels.byte_gather.spec import ByteGather
from nmcu.kernels.common import window
from nmcu.kernels.packed import Packed
from nmcu.kernels.records.offsets import OffsetRecords
from nmcu.kernels.records.token import TokenRecords
from nmcu.sparsity import offsets

FOLDER = Path(__file__).parent
GMAC = frozenset({"gmac"})
HEADERS = ("token.h", "byte_gather_mac.h")


class ByteGatherMac(OffsetRecords, TokenRecords):
    """One output channel, one non-zero in every block of inputs."""

    name = "byte_gather_mac"
    requires = GMAC
    headers: ClassVar[tuple[str, ...]] = HEADERS
    folder: ClassVar[Path] = FOLDER
    bias_in_round = True

    def pack(self, layer: Layer[window.Affine]) -> Mapping[str, Packed]:
        """`weights`: the records of byte_gather_mac.h."""
        assert layer.support is not None
        packed = offsets.pack(layer.constants["weight"], layer.support)
        value = packed.value.view(np.uint32).reshape(*packed.word.shape, -1)
        parts = np.concatenate([value[..., :1], packed.word[..., None], value[..., 1:]], axis=-1)
        bias, rest = self.channel_parts(layer, len(parts))
        rows = (parts.reshape(len(parts), -1), bias.view(np.uint32), rest.view(np.uint32))
        data = np.concatenate(rows, axis=1).astype("<u4").tobytes()
        return {
            "weights": Packed(
                data, index_bytes=packed.word.nbytes, requant_bytes=len(parts) * self.constant_bytes(layer)
            )
        }


class ByteGatherMacG4(ByteGather):
    """Four output channels that share positions: a gathered input times a word of their weights."""

    name = "byte_gather_mac_g4"
    requires = GMAC
    headers: ClassVar[tuple[str, ...]] = HEADERS
    folder: ClassVar[Path] = FOLDER
    record_channels = 4
    bias_in_round = True

    def in_order(self, value: NDArray[np.int8]) -> NDArray[np.int8]:
        """Weights (records, channels, entries) by entry."""
        return value.transpose(0, 2, 1)


KERNELS = (ByteGatherMac(), ByteGatherMacG4())
