"""TFLite files with several signatures: the named one is read, run and compared."""

from pathlib import Path

import numpy as np
import pytest

import nmcu
from nmcu.bench.differential.tflite.model import TfliteModel, functions
from nmcu.cli import main
from nmcu.errors import ModelError


def part(code: str, options: str, width: int) -> tuple[TfliteModel, int]:
    m = TfliteModel()
    x, y = m.input(1, width, zero=3), m.tensor(1, width, zero=3)
    m.op(code, [x, x], [y], options)
    return m, y


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "two.tflite"
    two = ("encode", *part("MAXIMUM", "MaximumMinimumOptions", 8)), ("decode", *part("ADD", "AddOptions", 5))
    path.write_bytes(functions(*two))
    return path


def test_the_named_signature_is_read_and_agrees_with_litert(file: Path) -> None:
    for name, kind, width in (("encode", "max", 8), ("decode", "add", 5)):
        model = nmcu.load(file, signature=name)
        assert [(layer.kind, layer.outputs[0].shape) for layer in model.layers] == [(kind, (1, width))]
        verdict = nmcu.verify(file, signature=name)
        assert verdict.ok
        assert verdict.checked


def test_commands_take_the_name(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command, name, kind in (("inspect", "decode", "add"), ("run", "encode", "max")):
        with pytest.raises(SystemExit) as end:
            main([command, str(file), "--signature", name, "--json"])
        assert end.value.code == 0
        assert f'"op": "{kind}"' in capsys.readouterr().out


def test_without_a_name_the_sentence_lists_them(file: Path) -> None:
    with pytest.raises(ModelError, match="signatures 'encode', 'decode': choose one with --signature NAME"):
        nmcu.load(file)
    with pytest.raises(ModelError, match="no signature 'train': it has 'encode', 'decode'"):
        nmcu.load(file, signature="train")


def test_a_file_without_signatures_has_none_to_choose(tmp_path: Path) -> None:
    m, y = part("ADD", "AddOptions", 5)
    (tmp_path / "one.tflite").write_bytes(m.build(y))
    assert nmcu.load(tmp_path / "one.tflite").layers
    with pytest.raises(ModelError, match=r"has no signature .*: it has none; leave --signature out"):
        nmcu.load(tmp_path / "one.tflite", signature="decode")


def test_one_signature_needs_no_name(tmp_path: Path) -> None:
    path = tmp_path / "one.tflite"
    path.write_bytes(functions(("serve", *part("ADD", "AddOptions", 5))))
    model = nmcu.load(path)
    x = np.array([[3, 13, -7, 120, -120]], np.int8)
    assert nmcu.run(model, x).bit_exact
