"""Float64 arithmetic of ONNX files beside ONNX Runtime 1.32's float32."""

from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings

from frontend import ort
from nmcu import operators
from nmcu.bench.differential import Case
from nmcu.bench.differential.onnx_networks import networks
from nmcu.judge import Judge, JudgeError
from nmcu.verification import Examiner, exact_onnx

SCALE = np.float32(0.0267)


def test_exact_results_are_within_one_step_of_onnx_runtime() -> None:
    """Of nearly all random networks: float32 loses more only where a function cancels or jumps."""
    near, far = 0, 0
    with Judge() as judge:

        @settings(
            max_examples=120,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @seed(3)
        @given(networks())
        def check(case: Case) -> None:
            nonlocal near, far
            try:
                (tensors,) = judge.run(case.data, case.feeds[:1])
            except JudgeError:
                return
            codes = {key for key, array in tensors.items() if array.dtype in (np.int8, np.uint8)}
            right = exact_onnx.results(case.data, codes, tensors, codes)
            for key, array in right.items():
                steps = np.abs(array.astype(np.int64) - tensors[key])
                near, far = (near + 1, far) if steps.max(initial=0) <= 1 else (near, far + 1)

        check()
    assert near > 300 and far <= near // 100


def test_a_constant_row_is_normalised_to_nothing(tmp_path: Path) -> None:
    """The float32 mean of three equal values may be another one; an epsilon of 1e-12, as in BERT, makes steps of it."""
    m = ort.FloatModel(1, 256, 3)
    x = m.pair("input", SCALE)
    gone = m.node("Sub", x, m.node("ReduceMean", x, axes=[-1]))
    variance = m.node("ReduceMean", m.node("Pow", gone, m.constant(np.asarray(2.0, np.float32))), axes=[-1])
    root = m.node("Sqrt", m.node("Add", variance, m.constant(np.asarray(1e-12, np.float32))))
    path = m.save(tmp_path / "norm.onnx", m.pair(m.node("Div", gone, root), 0.01))
    quantised = m.nodes[-1].input[0]
    rows = np.repeat(np.arange(-128, 128, dtype=np.float32) * SCALE, 3).reshape(1, 256, 3)
    data, feed = path.read_bytes(), {"input": rows}
    graph = operators.parse(data, path.name)
    with Judge() as judge:
        (tensors,) = judge.run(data, [feed])
        assert np.abs(tensors[quantised]).max() > 1
        assert not Examiner(data, graph, judge).examine(feed).faults
