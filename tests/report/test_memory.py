"""What lies where in a program's memories."""

import pytest

import nmcu
from networks import conv_linear
from nmcu.codegen import Arena
from nmcu.report import memory
from nmcu.report.memory import Block, blocks
from nmcu.report.page.memory_map import memory_maps


@pytest.fixture(scope="module", params=["cluster8", "cv32e40p"])
def compiled(request: pytest.FixtureRequest) -> nmcu.CompiledModel:
    return nmcu.compile(conv_linear(), request.param)


def test_places_are_those_of_the_program(compiled: nmcu.CompiledModel) -> None:
    found = blocks(compiled.plan, compiled.image)
    target = compiled.plan.target
    for block in found:
        home = next(level for level in target.memory.levels if level.name == block.memory)
        assert home.base <= block.address and block.address + block.bytes <= home.end
        assert 0 <= block.first < block.end <= len(compiled.plan.layers)
    (features,) = (block for block in found if block.kind == memory.ACTIVATION)
    assert (features.name, features.bytes, features.first, features.end) == ("features", 1024, 0, 3)
    near, plan = "features" in compiled.plan.near, compiled.plan
    assert near == (target.name == "cluster8")
    arena, place = Arena.of(plan), (plan.near if near else plan.tensors)["features"]
    where, start = arena.places["l1" if near else "l2"]
    assert features.address == compiled.image.symbols[where] + start + place.offset
    assert {"code", "weights of all layers", "stacks", "slab0"} <= {block.name for block in found}


def test_only_weights_and_the_sections_they_lie_in_share_bytes(compiled: nmcu.CompiledModel) -> None:
    found = [b for b in blocks(compiled.plan, compiled.image) if b.kind != memory.CONSTANT]
    for n, a in enumerate(found):
        for b in found[n + 1 :]:
            apart_in_time = a.end <= b.first or b.end <= a.first
            assert apart_in_time or a.address + a.bytes <= b.address or b.address + b.bytes <= a.address, (
                a,
                b,
            )


def test_a_map_shows_names_and_sizes_where_there_is_room() -> None:
    found = (
        Block("l1", memory.BUFFER, "slab0", 0x1000_0000, 4096, 0, 1),
        Block("l1", memory.BUFFER, "out0", 0x1000_1000, 4, 0, 1),
        Block("l2", memory.ACTIVATION, "<b>map", 0x1C00_0000, 1024, 0, 2),
    )
    page = memory_maps(found, 2)
    assert ">slab0</text>" in page and ">out0</text>" not in page
    assert ">&lt;b&gt;map 1.0 KiB</text>" in page and "<b>map" not in page
    assert "<h3>L1</h3>" in page and "<h3>L2</h3>" in page
    assert "10000000" in page and "<td>4,096</td>" in page
