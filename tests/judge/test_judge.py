"""The judge against files and workers that mean harm; harmless stand-ins play the workers."""

import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from nmcu import judge
from nmcu.judge import Judge, Runtime
from nmcu.judge.judge import Kernels


def _model(node: onnx.NodeProto, *constants: onnx.TensorProto) -> bytes:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [4])
    y = helper.make_empty_tensor_value_info("y")
    graph = helper.make_graph([node], "g", [x], [y], list(constants))
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


SUM = _model(helper.make_node("Add", ["x", "x"], ["y"]))
FEED = {"x": np.arange(4, dtype=np.float32)}


@pytest.fixture(scope="module")
def real() -> judge.Judge:
    return Judge(memory_bytes=2 << 30)


def test_quantised_tensors_inside_the_model_come_with_its_outputs(real: Judge) -> None:
    scale = helper.make_tensor("s", TensorProto.FLOAT, [], [0.5])
    zero = helper.make_tensor("z", TensorProto.INT8, [], [1])
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"]),
    ]
    proto = onnx.load_model_from_string(_model(nodes[0], scale, zero))
    proto.graph.node.append(nodes[1])
    found = real.run(proto.SerializeToString(), [FEED, {"x": -FEED["x"]}])
    assert [f["q"].tolist() for f in found] == [[1, 3, 5, 7], [1, -1, -3, -5]]
    assert found[0]["y"].tolist() == [0, 1, 2, 3]
    assert real.run(proto.SerializeToString(), [FEED], "default")[0].keys() == {"x", "y"}


def test_an_input_that_is_cast_before_it_is_quantised(real: Judge) -> None:
    """NVIDIA's Model Optimizer casts the whole network to float16."""
    scale, zero = helper.make_tensor("s", 1, [], [0.5]), helper.make_tensor("z", TensorProto.INT8, [], [1])
    proto = onnx.load_model_from_string(_model(helper.make_node("Cast", ["x"], ["half"], to=10), scale, zero))
    proto.graph.node.append(helper.make_node("Cast", ["half"], ["back"], to=TensorProto.FLOAT))
    proto.graph.node.append(helper.make_node("QuantizeLinear", ["back", "s", "z"], ["y"]))
    assert real.run(proto.SerializeToString(), [FEED])[0]["y"].tolist() == [1, 3, 5, 7]


@pytest.mark.parametrize("cast", [False, True])
def test_what_was_no_number_before_it_was_quantised_is_said(real: Judge, cast: bool) -> None:
    """Even where it became an integer in between, which C leaves undefined."""
    scale = helper.make_tensor("s", TensorProto.FLOAT, [], [0.5])
    zero = helper.make_tensor("z", TensorProto.INT8, [], [1])
    proto = onnx.load_model_from_string(_model(helper.make_node("Sqrt", ["x"], ["root"]), scale, zero))
    if cast:
        proto.graph.node.append(helper.make_node("Cast", ["root"], ["whole"], to=TensorProto.INT32))
        proto.graph.node.append(helper.make_node("Cast", ["whole"], ["cut"], to=TensorProto.FLOAT))
    proto.graph.node.append(helper.make_node("QuantizeLinear", ["cut" if cast else "root", "s", "z"], ["y"]))
    found = real.run(proto.SerializeToString(), [FEED, {"x": -FEED["x"]}])
    assert judge.undefined("y") not in found[0]
    assert found[1][judge.undefined("y")].tolist() == [False, True, True, True]


@pytest.mark.parametrize(
    ("op", "inputs", "mask"),
    [
        ("Identity", [], [0, 1, 1, 1]),
        ("Clip", [("lo", TensorProto.INT8, [], [-7])], [0, 1, 1, 1]),
        (
            "Pad",
            [("pads", TensorProto.INT64, [2], [1, 2]), ("v", TensorProto.INT8, [], [3])],
            [0, 0, 1, 1, 1, 0, 0],
        ),
        ("Gather", [("at", TensorProto.INT64, [3], [2, 0, 0])], [1, 0, 0]),
    ],
)
def test_what_was_no_number_is_followed_to_where_its_integers_go(
    real: Judge,
    op: str,
    inputs: list[tuple[str, int, list[int], list[int]]],
    mask: list[int],
) -> None:
    constants = [helper.make_tensor(*each) for each in inputs]
    scale = helper.make_tensor("s", TensorProto.FLOAT, [], [0.5])
    zero = helper.make_tensor("z", TensorProto.INT8, [], [1])
    node = helper.make_node("Sqrt", ["x"], ["root"])
    proto = onnx.load_model_from_string(_model(node, scale, zero, *constants))
    proto.graph.node.append(helper.make_node("QuantizeLinear", ["root", "s", "z"], ["q"]))
    proto.graph.node.append(helper.make_node(op, ["q", *(each[0] for each in inputs)], ["moved"]))
    proto.graph.node.append(helper.make_node("DequantizeLinear", ["moved", "s", "z"], ["y"]))
    found = real.run(proto.SerializeToString(), [{"x": -FEED["x"]}])[0]
    assert found[judge.undefined("moved")].tolist() == mask


def test_a_refusal_is_the_runtimes_own_sentence_and_the_worker_goes_on(real: Judge) -> None:
    with pytest.raises(judge.Refused, match=r"ONNX Runtime refuses the model: .*NoSuchOperator"):
        real.run(_model(helper.make_node("NoSuchOperator", ["x"], ["y"])), [FEED])
    with pytest.raises(judge.Refused, match="LiteRT refuses the model: "):
        real.run(b"\0\0\0\0TFL3" + bytes(range(256)), [{}])
    with pytest.raises(judge.Refused, match=r"NoSuch\\x1b") as found:  # a stranger's names reach the terminal
        real.run(_model(helper.make_node("NoSuch\x1b", ["x"], ["y"])), [FEED])
    assert str(found.value).isprintable()
    for garbage in (b"", b"\xff" * 1000, SUM[: len(SUM) // 2]):
        with pytest.raises(judge.Refused):
            real.run(garbage, [FEED])
    with pytest.raises(judge.Refused, match=r"Unexpected input data type|INVALID_ARGUMENT"):
        real.run(SUM, [{"x": np.arange(4)}])
    assert real.run(SUM, [FEED])[0]["y"].tolist() == [0, 2, 4, 6]


def test_no_name_of_a_tensor_can_pass_for_the_mask_of_another(real: Judge) -> None:
    proto = onnx.load_model_from_string(SUM)
    proto.graph.input.append(helper.make_tensor_value_info(str(judge.undefined("y")), TensorProto.FLOAT, [4]))
    with pytest.raises(judge.Refused, match="a tensor has a NUL in its name"):
        real.run(proto.SerializeToString(), [FEED])


def test_a_model_that_needs_more_memory_than_it_may_have(real: Judge) -> None:
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [1 << 30, 4])
    with pytest.raises(judge.OutOfMemory, match="ONNX Runtime needs more than 2048 MiB of memory"):
        real.run(_model(helper.make_node("Expand", ["x", "shape"], ["y"]), shape), [FEED])
    assert real.run(SUM, [FEED])[0]["y"].tolist() == [0, 2, 4, 6]


def _stand_in(tmp_path: Path, body: str) -> list[str]:
    """A worker that answers the first request, as for an import, and then does `body`."""
    script = tmp_path / "worker.py"
    script.write_text(
        "import os, resource, sys, time\nfrom nmcu.judge import wire\n"
        "out = os.fdopen(os.dup(1), 'wb')\n"
        "wire.read(sys.stdin.buffer, 1 << 20)\nwire.write(out, {'arrays': []})\n"
        f"wire.read(sys.stdin.buffer, 1 << 20)\n{body}\n"
    )
    return [sys.executable, str(script)]


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        ("os.kill(os.getpid(), 11)", judge.Crashed, r"ONNX Runtime crashed \(signal SIGSEGV\)"),
        ("sys.exit(3)", judge.Crashed, r"ONNX Runtime crashed \(exit code 3\)"),
        ("time.sleep(60)", judge.OutOfTime, "ONNX Runtime took longer than 0.5 s"),
        ("raise MemoryError", judge.OutOfMemory, "needs more than"),
        ("out.write(b'x' * 64); out.flush()", judge.Crashed, "ONNX Runtime crashed"),
        ("wire.write(out, {'arrays': [['y', '<f4', [9]]]})", judge.Crashed, "ONNX Runtime crashed"),
        ("wire.write(out, {'arrays': [['y', '|O', [0]]]})", judge.Crashed, "ONNX Runtime crashed"),
    ],
)
def test_what_a_worker_can_do_to_its_judge(
    tmp_path: Path, body: str, kind: type[judge.JudgeError], sentence: str
) -> None:
    started = time.monotonic()
    with Judge(time_s=0.5, worker=_stand_in(tmp_path, body)) as judge_, pytest.raises(kind, match=sentence):
        judge_.run(SUM, [FEED])
    assert time.monotonic() - started < 10


def test_a_judge_starts_its_worker_again(tmp_path: Path) -> None:
    """The first worker ends in the middle of a run; the second one is as any."""
    mark = tmp_path / "again"
    body = (
        f"if not os.path.exists({str(mark)!r}):\n"
        f"    open({str(mark)!r}, 'w').close(); os.abort()\n"
        "import numpy as np\n"
        "wire.write(out, {'arrays': [['y', '<f4', [1]]]}, [np.float32([7]).tobytes()])"
    )
    with Judge(worker=_stand_in(tmp_path, body)) as judge_:
        with pytest.raises(judge.Crashed, match="SIGABRT"):
            judge_.run(SUM, [FEED])
        assert judge_.run(SUM, [FEED])[0]["y"].tolist() == [7]


def test_a_worker_that_cannot_be_started() -> None:
    started = pytest.raises(judge.Crashed, match="ONNX Runtime cannot be started: No such file")
    with Judge(worker=["/no/such/program"]) as judge_, started:
        judge_.run(SUM, [FEED])


def test_a_runtime_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmcu.judge.runtime._found", lambda module: False)
    with Judge() as judge_, pytest.raises(judge.NotInstalled, match=r"pip install 'nmcu\[verify\]'"):
        judge_.run(SUM, [FEED])


@pytest.mark.parametrize("kernels", ["reference", "default"])
def test_an_input_that_nothing_reads_need_not_be_fed(real: Judge, kernels: Kernels) -> None:
    """ONNX Runtime wants every input of the file; the integer graph has only those that its layers read."""
    proto = onnx.load_model_from_string(SUM)
    for kind in (TensorProto.INT64, TensorProto.UINT8, TensorProto.FLOAT):
        proto.graph.input.append(helper.make_tensor_value_info(f"unread {kind}", kind, ["batch", 3]))
    assert real.run(proto.SerializeToString(), [FEED], kernels)[0]["y"].tolist() == [0, 2, 4, 6]


def test_limits_of_the_system_below_the_judges_own_hold_for_the_worker() -> None:
    """Batch queues and `ulimit -v` set hard limits, which a process cannot raise."""
    script = f"""
import numpy as np
from nmcu.judge import Judge, Runtime
from nmcu.judge.judge import Kernels
with Judge() as judge:
    print(judge.run({SUM!r}, [{{"x": np.ones(4, np.float32)}}])[0]["y"].tolist())
"""
    least = 3 << 30
    done = subprocess.run(
        [sys.executable, "-c", script],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (least, least)),
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("[2.0, 2.0, 2.0, 2.0]\n", "")


def test_a_stand_in_for_a_runtime_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "no_runtime", None)
    assert not Runtime("onnx", "ONNX Runtime", "no_runtime", ()).installed
