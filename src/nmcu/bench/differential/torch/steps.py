"""Steps by which a network grows, each with the ranks of the values that it takes."""

from collections.abc import Callable

from nmcu.bench.differential.torch import functions, layers, moves, pairs, pools, recurrent
from nmcu.bench.differential.torch.network import Network

Step = Callable[[Network, str], None]

ANY, SPACE = (2, 3, 4, 5), (4,)
STEPS: tuple[tuple[Step, tuple[int, ...]], ...] = (
    (layers.linear, ANY),
    (layers.conv, (3, 4)),
    (layers.conv, (4,)),
    (functions.module, ANY),
    (functions.function, ANY),
    (pairs.binary, ANY),
    (moves.reshape, ANY),
    (moves.turn, (3, 4, 5)),
    (moves.part, ANY),
    (moves.repeated, ANY),
    (moves.blocks, SPACE),
    (moves.spread, ANY),
    (pairs.concat, ANY),
    (pools.max_pool, SPACE),
    (pools.average_pool, SPACE),
    (pools.adaptive_pool, SPACE),
    (pools.mean, (3, 4)),
    (pools.resize, SPACE),
    (layers.conv_transpose, SPACE),
    (functions.scalar, ANY),
    (functions.nothing, ANY),
    (layers.layer_norm, ANY),
    (layers.group_norm, (3, 4)),
    (layers.softmax, ANY),
    (layers.again, ANY),
    (layers.batch_norm, (2, 3, 4)),
    (pairs.constant, ANY),
    (pairs.in_place, ANY),
    (pairs.product, (3, 4)),
    (pairs.attention, (3,)),
    (recurrent.layer, (3,)),
)


def fitting(rank: int) -> list[Step]:
    """The steps that take a value of this rank."""
    return [step for step, ranks in STEPS if rank in ranks]
