"""What is said where IREE is missing, another version, or refuses."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError

import onnx
import pytest
from onnx import TensorProto, helper

from nmcu.iree import IreeError, adapter


@pytest.fixture
def fresh() -> Iterator[None]:
    adapter.require.cache_clear()
    yield
    adapter.require.cache_clear()


def _model(*nodes: onnx.NodeProto) -> bytes:
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3]) for name in "xy"]
    graph = helper.make_graph(list(nodes), "main", ports[:1], ports[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()


def test_where_iree_is_missing_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, fresh: None) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(adapter, "version", missing)
    with pytest.raises(IreeError, match=r"^iree-base-compiler is not installed: pip install 'nmcu\[iree\]'$"):
        adapter.require()


def test_another_version_is_named_with_the_known_one(monkeypatch: pytest.MonkeyPatch, fresh: None) -> None:
    monkeypatch.setattr(adapter, "version", lambda name: "3.12.0")
    with pytest.raises(
        IreeError, match=r"iree-base-compiler 3\.12\.0 is installed; nmcu knows 3\.13\.0 only"
    ):
        adapter.require()


@pytest.mark.usefixtures("iree")
def test_what_iree_cannot_compile_is_said_in_its_own_words() -> None:
    module = adapter.imported(_model(helper.make_node("Det", ["x"], ["y"])))
    with pytest.raises(IreeError, match=r"^IREE cannot compile it: .+$"):
        adapter.compiled(module)


@pytest.mark.usefixtures("iree")
def test_what_iree_cannot_import_is_said_too() -> None:
    with pytest.raises(IreeError, match=r"^IREE cannot import it: .*OpType: Unheard$"):
        adapter.imported(_model(helper.make_node("Unheard", ["x"], ["y"])))
