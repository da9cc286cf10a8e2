"""Float ONNX models, their quantisation by ONNX Runtime, and the comparison layer by layer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from nmcu import graph, operators, verification
from nmcu.graph import Graph

Array = NDArray[Any]

JUDGE = verification.Judge()


class FloatModel:
    """A float ONNX model written node by node, with random weights."""

    def __init__(self, *shape: int, seed: int = 0, opset: int = 17) -> None:
        self.rng = np.random.default_rng(seed)
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)]
        self.shapes = {"input": shape}
        self.last = "input"

    def constant(self, array: Array, name: str = "") -> str:
        """An initializer."""
        name = name or f"constant{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, *shape: int) -> str:
        """Random float weights with a gain that keeps activations in range."""
        fan_in = max(1, int(np.prod(shape[1:])))
        return self.constant((self.rng.standard_normal(shape) / np.sqrt(fan_in)).astype(np.float32))

    def node(self, op: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: Any) -> Any:
        """Append a node; no inputs means the last output. Returns its output name, or a list of them."""
        names = [f"{op.lower()}{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(
            helper.make_node(
                op, inputs or [self.last], names, name=f"{op}_{len(self.nodes)}", domain=domain, **attributes
            )
        )
        self.last = names[0]
        return names[0] if outputs == 1 else names

    def conv(
        self,
        x: str,
        cin: int,
        cout: int,
        kernel: int | tuple[int, int] = 3,
        bias: bool = True,
        **attributes: Any,
    ) -> str:
        """A convolution, padded to keep the size unless `pads` are given."""
        kh, kw = (kernel, kernel) if isinstance(kernel, int) else kernel
        attributes.setdefault("pads", [kh // 2, kw // 2, kh // 2, kw // 2])
        group = attributes.get("group", 1)
        names = [x, self.weight(cout, cin // group, kh, kw)]
        if bias:
            names.append(self.constant(self.rng.standard_normal(cout).astype(np.float32) * 0.1))
        return str(self.node("Conv", *names, kernel_shape=[kh, kw], **attributes))

    def gemm(self, x: str, cin: int, cout: int) -> str:
        """A linear layer as torch exports it."""
        bias = self.constant(self.rng.standard_normal(cout).astype(np.float32) * 0.1)
        return str(self.node("Gemm", x, self.weight(cout, cin), bias, transB=1))

    def pair(self, x: str, scale: float, zero: int = 0, dtype: type[np.generic] = np.int8) -> str:
        """QuantizeLinear and DequantizeLinear: no quantiser is needed."""
        names = [self.constant(np.asarray(scale, np.float32)), self.constant(np.asarray(zero, dtype))]
        return str(self.node("DequantizeLinear", self.node("QuantizeLinear", x, *names), *names))

    def integers(self, *shape: int, scale: float = 0.01) -> str:
        """Random weights, as DequantizeLinear of int8."""
        value = self.constant(self.rng.integers(-127, 128, shape).astype(np.int8))
        return str(self.node("DequantizeLinear", value, self.constant(np.asarray(scale, np.float32))))

    def save(self, path: Path, *outputs: str, **metadata: str) -> Path:
        """Write the model; the last output if none is named."""
        infos = [helper.make_empty_tensor_value_info(o) for o in outputs or (self.last,)]
        graph_ = helper.make_graph(self.nodes, "model", self.inputs, infos, self.initializers)
        model = helper.make_model(
            graph_,
            opset_imports=[helper.make_opsetid("", self.opset), helper.make_opsetid("com.microsoft", 1)],
            ir_version=8,
        )
        helper.set_model_props(model, metadata)
        model = onnx.shape_inference.infer_shapes(model)
        onnx.save(model, path)
        return path


class _Given(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, feeds: list[dict[str, Array]]) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> Any:
        return next(self._feeds, None)


def feeds(model: Path, count: int, seed: int = 0) -> list[dict[str, Array]]:
    """Seeded standard normal inputs."""
    rng = np.random.default_rng(seed)
    proto = onnx.load(model)
    constants = {i.name for i in proto.graph.initializer}
    inputs = [i for i in proto.graph.input if i.name not in constants]
    shapes = {i.name: [d.dim_value or 1 for d in i.type.tensor_type.shape.dim] for i in inputs}
    return [{n: rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()} for _ in range(count)]


def quantise(model: Path, samples: Sequence[Array] = (), **options: Any) -> Path:
    """ONNX Runtime's static QDQ quantisation: int8, per channel, unless told otherwise.

    Calibrated on `samples` of the only input, or else on noise.
    """
    name = onnx.load(model).graph.input[0].name
    data = _Given([{name: sample} for sample in samples] or feeds(model, 8))
    extra = options.pop("extra_options", {})
    settings = {
        "quant_format": QuantFormat.QDQ,
        "activation_type": QuantType.QInt8,
        "weight_type": QuantType.QInt8,
        "per_channel": True,
    }
    target = model.with_name(f"{model.stem}.qdq.onnx")
    quantize_static(model, target, data, **(settings | options), extra_options=extra)
    return target


def tensors(model: Path, feed: dict[str, Array]) -> dict[str | int, Array]:
    """Every quantised tensor and every model output that ONNX Runtime computes, unoptimised."""
    return JUDGE.run(model.read_bytes(), [feed])[0]


def resized(old: int, **attributes: Any) -> Array:
    """What ONNX Runtime's nearest Resize picks from `old` elements, to `size` or by `scale`."""
    size, scale = attributes.pop("size", None), attributes.pop("scale", None)
    m = FloatModel(1, 1, old, 1, opset=18)
    given = m.constant(np.array([1, 1, size or scale, 1], np.int64 if size else np.float32))
    m.node("Resize", "input", "", *(["", given] if size else [given]), mode="nearest", **attributes)
    infos = [helper.make_empty_tensor_value_info(m.last)]
    inner = helper.make_graph(m.nodes, "m", m.inputs, infos, m.initializers)
    proto = helper.make_model(inner, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    found = session.run(None, {"input": np.arange(old, dtype=np.float32).reshape(1, 1, old, 1)})[0]
    return np.asarray(found).reshape(-1)


def output_steps(path: Path, feed: dict[str, Array]) -> dict[str, float]:
    """The largest |ours - ONNX Runtime| of each output, in steps: element by element, unlike `layer_differences`."""
    model = operators.load(path)
    ours, theirs = graph.reference.run_model(model, feed), tensors(path, feed)
    found = {}
    for decoder in model.border.decoders:
        name, step = decoder.outputs[0].name, decoder.inputs[0].scale
        assert ours[name].shape == theirs[name].shape
        difference = np.abs(ours[name].astype(np.float64) - theirs[name]).max()
        found[name] = float(difference / (step if ours[name].dtype == np.float32 else 1.0))
    return found


def check(path: Path, seed: int = 1) -> Graph:
    """Load `path` and assert that every layer is within its tolerance of ONNX Runtime; returns the graph."""
    model = operators.load(path)
    for feed in feeds(path, 3, seed):
        known = tensors(path, feed)
        found = verification.compare(model, known)
        assert [str(fault) for fault in found.faults] == []
        assert found.findings
        # And end to end, in the model's own dtype and layout.
        ours = graph.reference.run_model(model, feed)
        for decoder in model.border.decoders:
            name = decoder.outputs[0].name
            assert ours[name].shape == known[name].shape
            assert ours[name].dtype == known[name].dtype
    return model
