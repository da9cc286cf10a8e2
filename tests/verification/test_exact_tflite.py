"""Exact arithmetic of TFLite operators beside LiteRT 2.3, on random networks."""

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings

from nmcu import operators
from nmcu.bench.differential import Case
from nmcu.bench.differential.judging import compared
from nmcu.bench.differential.tflite.model import TfliteModel
from nmcu.bench.differential.tflite_networks import networks
from nmcu.frontend.from_tflite import file as tf
from nmcu.judge import Judge, JudgeError
from nmcu.verification import exact_tflite as exact

WRONG = {"DIV", "NEG", "SUM"}
"""LiteRT 2.3 answers full scale, ignores the zero points, wraps around (`nmcu.verification.known`)."""
OPERATORS = 22


def _rescales(file: tf.File, operator: tf.Operator) -> bool:
    """True for pools whose scale changes in the file: LiteRT does not look, readers refuse it."""
    x, y = (file.tensors[i] for i in (operator.inputs[0], operator.outputs[0]))
    return operator.code == "AVERAGE_POOL_2D" and (*x.scale, *x.zero_point) != (*y.scale, *y.zero_point)


def _huge(file: tf.File, operator: tf.Operator) -> bool:
    """True for sums that LiteRT's integers may not hold once they are multiplied."""
    constants = [data for i in operator.inputs if i >= 0 and (data := file.tensors[i].data) is not None]
    return any(
        data.dtype == np.int32 and np.abs(data.astype(np.int64)).max(initial=0) > 100_000
        for data in constants
    )


def test_exact_results_are_within_one_step_of_litert() -> None:
    """All its kernels but one, as long as sums are not so large that they overflow its integers."""
    seen: dict[str, int] = {}
    with Judge() as judge:

        @settings(
            max_examples=300,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @seed(11)
        @given(networks())
        def differ(case: Case) -> None:
            file = tf.parse(case.data)
            indices = {tensor.name: i for i, tensor in enumerate(file.tensors)}
            feed = {indices[name]: array for name, array in case.feeds[0].items()}
            try:
                (tensors,) = judge.run(case.data, [feed])
            except JudgeError:
                return
            for operator in file.operators:
                codes = exact.codes(file, operator, tensors)
                if (
                    codes is None
                    or operator.code in WRONG
                    or _huge(file, operator)
                    or _rescales(file, operator)
                ):
                    continue
                assert np.abs(codes - tensors[operator.outputs[0]]).max() <= 1, operator
                seen[operator.code] = seen.get(operator.code, 0) + 1

        differ()
    assert len(seen) >= OPERATORS


def test_a_kernel_that_is_known_to_be_wrong_is_no_fault_of_ours() -> None:
    """Nor where the tensor has a second name in the file: transposing an axis of size 1 moves nothing."""
    m = TfliteModel()
    x, y, z = (
        m.input(1, 4, scale=0.1, zero=10),
        m.tensor(1, 4, scale=0.1, zero=10),
        m.tensor(4, 1, scale=0.1, zero=10),
    )
    m.op("NEG", [x], [y], "NegOptions")
    m.op("TRANSPOSE", [y, m.ints(1, 0)], [z], "TransposeOptions")
    data = m.build(y, z)
    case = Case("tflite", data, ("NEG",), ({"tensor0": np.array([[10, 20, 0, 60]], np.int8)},), "")
    assert compared(case, operators.parse(data, "m.tflite")).verdict == "agrees"


def test_what_lies_inside_of_one_layer_is_computed_exactly_too() -> None:
    """Pad and clamp move into the layer, whose own result LiteRT gets wrong (findings/litert_sums_overflow.sh)."""
    m = TfliteModel()
    small = {"scale": 0.25 / 1024}
    x, p = m.input(1, 1, 1, 1, scale=0.5), m.tensor(1, 1, 2, 1, scale=0.5)
    pads = np.array([[0, 0], [0, 0], [0, 1], [0, 0]], np.int32)
    w = m.tensor(1, 1, 1, 1, scale=0.5, data=np.ones((1, 1, 1, 1), np.int8))
    bias = m.tensor(1, scale=0.25, data=np.array([2**23], np.int32), dtype="int32")
    y, z = m.tensor(1, 1, 2, 1, **small), m.tensor(1, 1, 2, 1, **small)
    m.op("PAD", [x, m.tensor(4, 2, scale=None, data=pads, dtype="int32")], [p], "PadOptions")
    options = {"StrideH": 1, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    m.op("CONV_2D", [p, w, bias], [y], "Conv2DOptions", **options)
    m.op("RELU6", [y], [z])
    data = m.build(z)
    graph = operators.parse(data, "m.tflite")
    assert len(graph.layers) == 1
    case = Case("tflite", data, ("CONV_2D",), ({"tensor0": np.ones((1, 1, 1, 1), np.int8)},), "")
    assert compared(case, graph).verdict == "agrees"
