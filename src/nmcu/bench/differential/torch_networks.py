"""Random PyTorch networks, quantised and exported by ours."""

from hypothesis import strategies as st

from nmcu.bench.differential.case import Case
from nmcu.bench.differential.torch.network import Network
from nmcu.bench.differential.torch.steps import fitting

MOST_STEPS = 8
PATTERNS = ("1:4", "1:8", "2:4", "1:8x4", "1:16")
EXPORTED = 4
"""One network in so many is exported, which takes a hundred times as long as all the rest."""


@st.composite
def networks(draw: st.DrawFn, exported: int = EXPORTED) -> Case:
    """Networks of up to eight steps from one input; `Case.data` is their Python source. One in `exported` says so."""
    net = Network(draw, draw(_shapes()), draw(st.integers(0, 2**16)))
    for _ in range(MOST_STEPS):
        if not draw(_grown(net)):
            break
    net.source.outputs = _outputs(net)
    if net.chance(2):
        net.source.pattern = net.choice(PATTERNS)
        net.source.finished = net.chance(2)
    net.source.exported = net.chance(exported)
    text = net.source.text()
    return Case("py", text.encode(), tuple(net.operators), (), text)


@st.composite
def _shapes(draw: st.DrawFn) -> tuple[int, ...]:
    """(channels, height, width), (channels, length), (tokens, features) or (features,), without the batch."""
    rank = draw(st.sampled_from((3, 3, 2, 1)))
    channels = draw(st.sampled_from((3, 8, 16, 1)))
    if draw(st.booleans()):
        return (channels, *[draw(st.integers(1, 8))] * (rank - 1))
    return (channels, *(draw(st.integers(1, 8)) for _ in range(rank - 1)))


@st.composite
def _grown(draw: st.DrawFn, net: Network) -> bool:
    """One more step, in a span of its own, which Hypothesis can leave out; False at the end."""
    if draw(st.integers(0, MOST_STEPS)) == 0:
        return False
    x = net.choice([*net.values][::-1])
    if net.rank(x) > 1:
        net.choice(fitting(net.rank(x)))(net, x)
    return True


def _outputs(net: Network) -> list[str]:
    """What no line reads; now and then less, or something that is read, too."""
    unread = [name for name in net.values if name not in net.read and name != "x"]
    if len(unread) > 1 and net.chance(4):
        unread.pop()
    others = [name for name in net.values if name not in unread]
    if not unread or net.chance(6):
        unread.append(net.choice(others[::-1]))
    return unread
