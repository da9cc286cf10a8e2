"""SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND, mostly around a convolution that they dilate."""

import numpy as np

from nmcu.bench.differential.tflite.network import Network


def dilated(n: Network) -> None:
    """A convolution of the batches, or none."""
    x = n.map("int8")
    _, height, width, channels = x.shape
    block = n.integer(1, 3), n.integer(1, 3)
    kernel = n.integer(1, 3), n.integer(1, 3)
    pads = [[n.integer(0, 3), 0] for _ in "ab"]
    for i, size in enumerate((height, width)):
        least = block[i] * kernel[i]
        pads[i][1] = max(0, least - size - pads[i][0])
        pads[i][1] += -(size + sum(pads[i])) % block[i]
    inner = [(d + sum(p)) // b for d, p, b in zip((height, width), pads, block, strict=True)]
    count = block[0] * block[1]
    spread = n.model.tensor(count, *inner, channels, scale=x.scale, zero=x.zero)
    n.model.op("SPACE_TO_BATCH_ND", [x.index, n.ints(block), _pairs(n, pads)], [spread])
    scale, zero, made = x.scale, x.zero, spread
    if not n.chance(4):
        depthwise, same = n.chance(2), n.chance(3)
        left = inner if same else [d - k + 1 for d, k in zip(inner, kernel, strict=True)]
        cout = channels if depthwise else n.integer(1, 5)
        shape = (1, *kernel, cout) if depthwise else (cout, *kernel, channels)
        weights = n.model.tensor(*shape, scale=0.01, data=n.numbers(shape, -127).astype(np.int8))
        bias = n.model.tensor(
            cout,
            scale=float(np.float32(x.scale) * np.float32(0.01)),
            data=np.zeros(cout, np.int32),
            dtype="int32",
        )
        scale, zero, inner, channels = n.scale(x.scale), n.zero(), left, cout
        made = n.model.tensor(count, *inner, cout, scale=scale, zero=zero)
        code = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
        options = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
        fields = {"Padding": 0 if same else 1, "StrideH": 1, "StrideW": 1}
        fields |= {"DilationHFactor": 1, "DilationWFactor": 1, "FusedActivationFunction": n.activation()}
        fields |= {"DepthMultiplier": 1} if depthwise else {}
        n.model.op(code, [spread, weights, bias], [made], options, **fields)
    whole = [d * b for d, b in zip(inner, block, strict=True)]
    crops = [[n.integer(0, min(1, d - 1)), 0] for d in whole]
    cut = [d - sum(c) for d, c in zip(whole, crops, strict=True)]
    y = n.result((1, *cut, channels), scale, zero)
    n.model.op("BATCH_TO_SPACE_ND", [made, n.ints(block), _pairs(n, crops)], [y])
    n.used.add(x.index)


def _pairs(n: Network, values: list[list[int]]) -> int:
    return n.model.tensor(2, 2, scale=None, data=np.array(values, np.int32), dtype="int32")
