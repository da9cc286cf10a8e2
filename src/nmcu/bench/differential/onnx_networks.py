"""Random ONNX networks."""

from hypothesis import strategies as st

from nmcu.bench.differential.case import Case
from nmcu.bench.differential.onnx.network import Network
from nmcu.bench.differential.onnx.steps import STEPS

MAX_STEPS = 6


@st.composite
def networks(draw: st.DrawFn) -> Case:
    """QDQ networks of up to six steps; every tensor that nothing reads is an output."""
    net = Network(draw, draw(st.sampled_from([17, 13, 18, 19, 20, 21])))
    net.input((1, draw(st.integers(1, 5)), draw(st.integers(1, 6)), draw(st.integers(1, 6))))
    for _ in range(MAX_STEPS):
        if not draw(_grown(net)):
            break
    return net.case([t for t in net.tensors if t.name not in net.read])


@st.composite
def _grown(draw: st.DrawFn, net: Network) -> bool:
    """One more step, in a span of its own, which Hypothesis can leave out; False at the end."""
    if not draw(st.booleans()):
        return False
    draw(st.sampled_from(STEPS))(net, draw(st.sampled_from(net.tensors[::-1])))
    return True
