"""The gate on RAM and flash."""

import re
from pathlib import Path

import pytest

import nmcu
from networks import conv_linear
from nmcu.errors import PlanError
from nmcu.report import check_budget
from nmcu.report.memory import ACTIVATION, blocks
from nmcu.report.usage import usage

RESNET8 = Path(__file__).parents[2] / "examples" / "models" / "resnet8_1x8.onnx"


@pytest.fixture(scope="module")
def program() -> nmcu.CompiledModel:
    return nmcu.compile(conv_linear(size=16, channels=32), "esp32c3")


def _sentence(program: nmcu.CompiledModel, **limits: int) -> str:
    with pytest.raises(PlanError) as caught:
        check_budget("net.onnx", program.plan, program.image, **limits)
    return str(caught.value)


def test_what_is_taken_may_be_allowed_exactly(program: nmcu.CompiledModel) -> None:
    used = usage(program.image)
    check_budget("net.onnx", program.plan, program.image, used.ram_bytes, used.flash_bytes)
    assert "of RAM on esp32c3" in _sentence(program, max_ram=used.ram_bytes - 1)
    assert "of flash on esp32c3" in _sentence(program, max_flash=used.flash_bytes - 1)


def test_the_largest_come_first_and_are_not_more_than_all(program: nmcu.CompiledModel) -> None:
    used = usage(program.image)
    flash = _sentence(program, max_flash=0)
    assert flash.index("weights of classifier (") < flash.index("weights of conv (")  # 80 KiB and one
    sizes = [float(number) for number in re.findall(r"\(([\d.]+) KiB\)", flash)]
    assert sum(sizes[1:]) <= used.flash_bytes / 1024 + 0.5
    assert "stacks (8.0 KiB)" in _sentence(program, max_ram=0)


def test_what_lies_in_two_memories_counts_in_each() -> None:
    program = nmcu.compile(RESNET8, "cluster8")
    named = [b for b in blocks(program.plan, program.image) if b.kind == ACTIVATION]
    assert len({b.memory for b in named}) == 2  # small maps stay in L1
    sentence = _sentence(program, max_ram=1)
    sizes = [float(number) for number in re.findall(r"\(([\d.]+) KiB\)", sentence)]
    assert len(sizes) == 5 and max(sizes[1:]) <= sizes[0] and "MiB" not in sentence


def test_a_chip_without_flash_says_so() -> None:
    program = nmcu.compile(conv_linear(), "ibex")
    assert _sentence(program, max_flash=1).startswith("ibex has no flash: code and constants lie in RAM")
