"""Random ONNX networks."""

import dataclasses

from hypothesis import strategies as st
from onnx import TensorProto, helper

from nmcu.bench.differential.case import Case
from nmcu.bench.differential.onnx import moves
from nmcu.bench.differential.onnx.feeds import feeds
from nmcu.bench.differential.onnx.network import Network
from nmcu.bench.differential.onnx.steps import STEPS
from nmcu.bench.differential.onnx.style import NAMES, NODE_NAMES, Style
from nmcu.bench.differential.onnx.tensor import Shape, Value
from nmcu.bench.differential.onnx.text import described

MAX_STEPS = 6
OPSETS = (17, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25)


@st.composite
def networks(draw: st.DrawFn) -> Case:
    """QDQ networks of up to six steps from one or two inputs."""
    net = Network(draw, draw(st.sampled_from(OPSETS)), draw(_styles()))
    _input(net)
    for _ in range(MAX_STEPS):
        if not draw(_grown(net)):
            break
    return _case(net)


@st.composite
def _styles(draw: st.DrawFn) -> Style:
    if not draw(st.booleans()):
        return Style()
    coin = st.booleans()
    return Style(
        draw(st.sampled_from(NAMES)),
        draw(st.sampled_from(NODE_NAMES)),
        *(draw(coin) for _ in dataclasses.fields(Style)[2:]),
    )


@st.composite
def _grown(draw: st.DrawFn, net: Network) -> bool:
    """One more step, in a span of its own, which Hypothesis can leave out; False at the end."""
    if draw(st.integers(0, 5)) == 0:
        return False
    if draw(st.integers(0, 9)) == 9:
        _input(net)
    x = draw(st.sampled_from(net.tensors[::-1]))
    draw(st.sampled_from([s for s in STEPS if s.fits(x)])).grow(net, x)
    return True


def _input(net: Network) -> None:
    """A model input, which may be moved before it is quantised."""
    value = net.input(_shape(net))
    if net.maybe():
        value = moves.moved(net, value)
    if value.form == "integers":
        net.given.add(value.name)
        net.dequantise(value)
    else:
        net.pair(value, value.quant)


def _shape(net: Network) -> Shape:
    rank = net.any_of((4, 4, 4, 2, 3, 1, 5))
    size = st.integers(1, 7)
    if rank < 3:
        return tuple(net.draw(size) for _ in range(rank))
    if net.maybe():
        return (1, *[net.draw(size)] * (rank - 1))  # every order of the axes looks the same
    return (1, *(net.draw(size) for _ in range(rank - 1)))


def _case(net: Network) -> Case:
    """The finished model: what nothing reads is an output, now and then something that is read, too."""
    unread = [t for t in net.tensors if t.name not in net.read]
    outputs = [*(e for e in net.ends if e.name not in net.read), *unread]
    if len(outputs) > 1 and net.maybe():
        outputs.pop(net.number(0, len(outputs) - 1))  # a dead branch
    if net.maybe():
        outputs.append(net.any_of(net.tensors))
    named = {o.name: o for o in (_output(net, value) for value in outputs)}
    infos = [helper.make_tensor_value_info(o.name, _type(o), None) for o in named.values()]
    graph = helper.make_graph(net.nodes, "random", net.inputs, infos, net.initializers)
    opsets = [helper.make_opsetid("", net.opset), helper.make_opsetid("com.microsoft", 1)]
    data = helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()
    return Case("onnx", data, tuple(n.op_type for n in net.nodes), feeds(net), described(net, infos))


def _output(net: Network, value: Value) -> Value:
    """`value`, or the integers behind it."""
    computed = value.form == "stored" and value.integers and value.integers not in net.given
    if computed and net.number(0, 3) == 3:
        return dataclasses.replace(value, name=value.integers, form="integers")
    return value


def _type(value: Value) -> int:
    if value.axis == -1:
        return TensorProto.INT64
    if value.form == "integers":
        return TensorProto.UINT8 if value.unsigned else TensorProto.INT8
    return TensorProto.FLOAT
