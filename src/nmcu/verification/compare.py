"""A graph against a runtime's tensors: each layer fed with the runtime's own, and the outputs from the inputs on."""

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from nmcu.errors import ModelError
from nmcu.graph import Graph, Layer, Origin, TensorInfo, ops
from nmcu.graph.op import Array, Op
from nmcu.graph.tensor import in_model
from nmcu.judge import Key, undefined
from nmcu.operators import ONE_STEP, Operator, Tolerance, built_in
from nmcu.verification.finding import Comparison, Finding, Held, OutputDifference
from nmcu.verification.slack import slack

FLOAT_STEPS = 0.125
"""What float outputs may differ by, in steps, where only a product with the scale was computed, in float16 at worst."""
FLOAT_SHARE = 2e-4
"""A step of a float32 tensor that the device computed, as a share of the runtime's largest value in it."""
END_STEPS = 1 / (127 * FLOAT_SHARE)
"""Of such steps, in one of int8: what a float output is compared by at the end, behind layers that round to int8."""
ROUNDING_STEPS = 0.5
"""What rounding to the device's int8 alone costs where the file's output is float."""


def compare(
    graph: Graph,
    tensors: Mapping[Key, Array],
    operators: Iterable[Operator] | None = None,
    right: Mapping[Key, Array] = MappingProxyType({}),
    before: Held | None = None,
) -> Comparison:
    """Compare `graph` with `tensors` that a judge gave for the file it was read from, model inputs among them.

    Tensors are paired by the graph's origins. A layer whose result the judge gave no tensor for goes on with the
    reference's, and is judged with the next layer that has one. `operators` (default: built in) say the tolerances.
    What `right` has of a tensor, the layer should have made of the runtime's tensors before it; the next layer is fed
    what the runtime made. States hold what they held `before`, at the end of the comparison of the run before this one,
    or their initial values; what a later run of the runtime finds in them is compared with it.
    """
    return _Run(graph, tensors, right, operators or built_in(), before or Held()).result()


@dataclass(eq=False)
class _Run:
    graph: Graph
    tensors: Mapping[Key, Array]
    right: Mapping[Key, Array]
    operators: Iterable[Operator]
    before: Held
    fed: dict[str, Array] = field(default_factory=dict)
    """What layers are fed: the runtime's tensors where there are some."""
    own: dict[str, Array] = field(default_factory=dict)
    """What the reference computes from the model's inputs on."""
    open: dict[str, tuple[Layer, ...]] = field(default_factory=dict)
    """The layers between the runtime's tensors and one it has not."""

    def result(self) -> Comparison:
        findings: list[Finding] = []
        tolerances = {operator.op: operator.tolerance for operator in self.operators}
        for info in self.graph.border.model_inputs:
            self.own[info.name] = self.fed[info.name] = self._input(info)
        for node in self.graph.nodes:
            made, own = self._computed(node)
            segment = self._segment(node)
            for info, array, full in zip(node.outputs, made, own, strict=True):
                self.own[info.name], self.fed[info.name] = full, array
                self.open[info.name] = segment
                findings.extend(self._misshapen(segment, info))
                known = self._known(info)
                right = None if isinstance(node.op, ops.Decode) and len(segment) == 1 else self._right(info)
                for origin, theirs in known:
                    theirs = theirs if right is None else right
                    findings.append(self._finding(segment, info, origin, array, theirs, tolerances))
                if known and info.dtype == "int8":
                    self.fed[info.name], self.open[info.name] = known[0][1], ()
        return Comparison(
            tuple(findings), tuple(self._outputs()), Held(*map(self._after, (self.fed, self.own)))
        )

    def _after(self, tensors: Mapping[str, Array]) -> dict[str, Array]:
        states = self.graph.states
        return {s.name: tensors[s.name if s.next is None else s.next.name] for s in states}

    def _input(self, info: TensorInfo) -> Array:
        for origin, array in self._known(info):
            del origin
            return array
        raise ModelError(f"the runtime gives no tensor for input {info.name!r}")

    def _known(self, info: TensorInfo) -> list[tuple[Origin, Array]]:
        """The runtime's tensors that `info` holds, arranged as it is."""
        found = []
        for origin in self.graph.origins.get(info.name, ()):
            array = self.tensors.get(origin.key)
            if array is not None and _fits(array.shape, origin.shape):
                found.append((origin, origin.arranged(array, info.shape)))
        return found

    def _misshapen(self, segment: tuple[Layer, ...], info: TensorInfo) -> Iterable[Finding]:
        """Tensors that have another shape in the runtime than the reader found."""
        for origin in self.graph.origins.get(info.name, ()):
            array = self.tensors.get(origin.key)
            if array is not None and not _fits(array.shape, origin.shape):
                yield Finding(
                    tensor=origin.key,
                    name=in_model(info.name),
                    layer=segment[-1].name,
                    kind=segment[-1].kind,
                    layers=tuple(layer.name for layer in segment),
                    steps=math.inf,
                    allowed=0.0,
                    index=(),
                    ours=math.nan,
                    theirs=math.nan,
                    shapes=(origin.shape, array.shape),
                )

    def _right(self, info: TensorInfo) -> Array | None:
        """What `info` should hold, which may be known of one of the file's tensors in it only."""
        for origin in self.graph.origins.get(info.name, ()):
            array = self.right.get(origin.key)
            if array is not None and _fits(array.shape, origin.shape):
                return origin.arranged(array, info.shape)
        return None

    def _computed(self, node: Layer) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """The results from the runtime's tensors, and from the model's inputs."""
        if isinstance(node.op, ops.ReadState) and (name := node.outputs[0].name) in self.before.fed:
            return (self.before.fed[name],), (self.before.own[name],)
        fed = [self.fed[i.name] for i in node.inputs]
        own = [self.own[i.name] for i in node.inputs]
        made = node.op.reference(fed, node.constants)
        same = all(a is b or np.array_equal(a, b) for a, b in zip(fed, own, strict=True))
        return made, made if same else node.op.reference(own, node.constants)

    def _segment(self, node: Layer) -> tuple[Layer, ...]:
        before = dict.fromkeys(layer for i in node.inputs for layer in self.open.get(i.name, ()))
        return (*sorted(before, key=self._order.__getitem__), node)

    @cached_property
    def _order(self) -> dict[Layer, int]:
        return {layer: position for position, layer in enumerate(self.graph.nodes)}

    def _finding(
        self,
        segment: tuple[Layer, ...],
        info: TensorInfo,
        origin: Origin,
        ours: Array,
        theirs: Array,
        tolerances: Mapping[type[Op], Tolerance],
    ) -> Finding:
        node = segment[-1]
        step = _step(node, info, theirs)
        steps = difference(ours, theirs, step)
        mask = self.tensors.get(undefined(origin.key))
        if mask is not None:  # what a runtime makes of no number is its own affair
            steps[dataclasses.replace(origin, shift=0).arranged(mask, info.shape)] = 0.0
        onnx = isinstance(origin.key, str)

        def tolerance(layer: Layer) -> int:
            if all(o.dtype == "float32" for o in layer.outputs):  # compared by their own measure
                return 0
            found = tolerances.get(type(layer.op), ONE_STEP)
            return max(found.onnx if onnx else found.litert, int(_rescales(layer)))

        allowed, inner = np.full(steps.shape, float(tolerance(node))), 0.0
        if info.dtype == "float32":
            allowed += ROUNDING_STEPS if len(segment) > 1 else FLOAT_STEPS
            inner = sum(tolerance(layer) for layer in segment[-2:-1])
        if (steps > allowed + inner).any() and len(segment) > 1:
            allowed = allowed + slack(segment, info, self.fed, tolerance, step)
        else:
            allowed += inner
        over = steps - allowed
        at = int(np.argmax(over > 0)) if (over > 0).any() else int(np.argmax(steps))
        index = tuple(int(i) for i in np.unravel_index(int(origin.places[at]), origin.shape))
        computing = next((layer for layer in reversed(segment) if tolerance(layer)), node)
        return Finding(
            tensor=origin.key,
            name=in_model(info.name),
            layer=computing.name,
            kind=computing.kind,
            layers=tuple(layer.name for layer in segment),
            steps=float(steps.flat[at] if (over > 0).any() else steps.max()),
            allowed=float(allowed.flat[at]),
            index=index,
            ours=float(ours.flat[at]) + origin.shift,
            theirs=float(theirs.flat[at]) + origin.shift,
        )

    def _outputs(self) -> Iterable[OutputDifference]:
        for decoder in self.graph.border.decoders:
            info = decoder.outputs[0]
            for _, theirs in self._known(info)[:1]:
                whole = END_STEPS if decoder.inputs[0].dtype == "float32" else 1.0
                steps = difference(self.own[info.name], theirs, whole * _step(decoder, info, theirs))
                yield OutputDifference(info.name, float(steps.max()))


def difference(ours: Array, theirs: Array, step: float) -> Array:
    """|ours - theirs| in steps; infinite where one of them is no number."""
    a, b = ours.astype(np.float64), theirs.astype(np.float64)
    steps = np.abs(a - b) / step
    return np.where(a == b, 0.0, np.where(np.isnan(steps), np.inf, steps))


def _fits(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether two shapes differ by axes of size 1 at most."""
    return [d for d in found if d != 1] == [d for d in wanted if d != 1]


def _rescales(layer: Layer) -> bool:
    """True where the scale changes: even of an exact operator, into which that was folded, the runtime rounds."""
    x, y = (
        [info.quant for info in infos[:1] if info.scale is not None]
        for infos in (layer.inputs, layer.outputs)
    )
    return bool(x and y) and x != y


def _step(node: Layer, info: TensorInfo, theirs: Array) -> float:
    if info.dtype != "float32" or not isinstance(node.op, ops.Decode):
        return 1.0
    if node.inputs[0].dtype == "float32":
        finite = np.abs(theirs[np.isfinite(theirs)])
        return FLOAT_SHARE * max(float(finite.max(initial=0.0)), 1e-30)
    return node.op.scale
