"""BATCH_MATMUL."""

from nmcu.bench.differential.tflite.network import Activation, Network, Shape


def batch_matmul(n: Network) -> None:
    """Of two activations or with a constant, either turned, with batches that broadcast."""
    a = n.any("int8", least=2, most=4)
    if len(a.shape) < 2:
        return
    turns = n.chance(3), n.chance(3)
    rows, inner = a.shape[-2:][:: -1 if turns[0] else 1]
    columns = n.integer(1, 7)
    batch = tuple(1 if n.chance(6) else d for d in a.shape[:-2])
    shape = (*batch, *((columns, inner) if turns[1] else (inner, columns)))
    if n.chance(3):
        zero = 0 if n.chance(2) else n.zero()
        data = n.numbers(shape).astype("int8")
        b = Activation(n.model.tensor(*shape, scale=0.02, zero=zero, data=data), shape, 0.02, zero)
    else:
        b = n.pick(lambda x: x.shape == shape and x.dtype == "int8", lambda: shape)
        if b.shape != shape or b.dtype != "int8":
            b = n.input(shape)
            n.used.add(b.index)
    made: Shape = (*a.shape[:-2], rows, columns)
    y = n.free(a, made, a.scale * b.scale * 60 * inner**0.5)
    fields = {"AdjX": turns[0], "AdjY": turns[1]}
    n.model.op("BATCH_MATMUL", [a.index, b.index], [y], "BatchMatMulOptions", **fields)
