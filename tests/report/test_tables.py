"""Reports as JSON and as tables."""

import dataclasses
import io
import json

import numpy as np
from rich.console import Console, RenderableType

from nmcu.report import LayerReport, MemoryReport, PartReport, RunReport, run_table, size, stall_table


def _report(mismatches: int = 0, name: str = "conv1") -> RunReport:
    layer = LayerReport(
        name=name,
        op="conv",
        kernel="dense_4x4",
        pattern="1:8",
        macs=442_368,
        nonzero_macs=55_296,
        cycles=40_000,
        compute_cycles=38_000,
        dma_wait_cycles=2_000,
        weight_bytes=432,
        index_bytes=16,
        l1_bytes=20_000,
        instructions=280_000,
        stalls={"load_use": 12, "tcdm_conflict": 1_234},
    )
    return RunReport(
        model="tiny.onnx",
        target="cluster8",
        isa="xcv",
        sim="iss",
        cores=8,
        clock_hz=250_000_000,
        cycles=40_000,
        instructions=281_000,
        sim_seconds=0.5,
        mismatches=mismatches,
        inputs={"in": np.zeros((1, 2), np.float32)},
        outputs={"out": np.zeros((1, 2), np.float32)},
        layers=(layer,),
        memory=MemoryReport(20_000, 30_000, 0, 432, 16, 5_000),
        assumptions=("instruction fetch is ideal",),
    )


def _text(item: RenderableType) -> str:
    out = io.StringIO()
    Console(file=out, width=160).print(item)
    return out.getvalue()


def test_one_memory_for_both_is_not_named_twice() -> None:
    one = dataclasses.replace(_report(), compute_memory="ram", working_memory="ram")
    assert one.peaks == {"RAM buffers": 20_000, "RAM activations": 30_000}
    assert _report().peaks == {"L1 peak": 20_000, "L2 peak": 30_000}
    assert "memory: RAM buffers 19.5 KiB, RAM activations 29.3 KiB, code" in _text(run_table(one))


def test_json_has_exactly_the_promised_fields() -> None:
    value = json.loads(json.dumps(_report().to_json({"out": "dir/outputs/out.npy"})))
    promised = [
        "model",
        "target",
        "isa",
        "sim",
        "cores",
        "cycles",
        "time_ms",
        "macs",
        "macs_per_cycle",
        "bit_exact",
        "mismatches",
        "outputs",
        "instructions",
        "sim_seconds",
        "layers",
        "memory",
    ]
    assert set(promised) <= set(value)
    assert value["outputs"] == {"out": "dir/outputs/out.npy"}
    layer = [
        "name",
        "op",
        "kernel",
        "pattern",
        "macs",
        "nonzero_macs",
        "cycles",
        "compute_cycles",
        "dma_wait_cycles",
        "weight_bytes",
        "index_bytes",
        "l1_bytes",
    ]
    assert set(layer) <= set(value["layers"][0])
    memory = ["l1_peak_bytes", "l2_peak_bytes", "l3_bytes", "weight_bytes", "index_bytes", "code_bytes"]
    assert list(value["memory"]) == memory
    assert (value["time_ms"], value["macs_per_cycle"], value["bit_exact"]) == (0.16, 11.0592, True)


def test_parts_are_rows_below_their_layer_that_add_up_to_it() -> None:
    (layer,) = _report().layers
    parts = (PartReport("dispatch_0_copy", 30_000), PartReport("fill", 9_000))
    report = dataclasses.replace(_report(), layers=(dataclasses.replace(layer, parts=parts),))
    lines = [line.split() for line in _text(run_table(report)).splitlines()]
    at = next(number for number, words in enumerate(lines) if words[:1] == ["conv1"])
    assert lines[at + 1 : at + 4] == [
        ["└", "dispatch_0_copy", "30,000", "75.0%"],
        ["└", "fill", "9,000", "22.5%"],
        ["└", "rest", "1,000", "2.5%"],
    ]
    assert report.to_json()["layers"][0]["parts"] == [
        {"name": "dispatch_0_copy", "cycles": 30_000},
        {"name": "fill", "cycles": 9_000},
    ]


def test_a_wrong_run_says_so() -> None:
    assert _report(mismatches=3).to_json()["bit_exact"] is False
    assert "3 output values differ from the reference" in _text(run_table(_report(mismatches=3)))


def test_tables_show_layers_totals_and_assumptions() -> None:
    text = _text(run_table(_report()))
    for part in (
        "conv1",
        "dense_4x4",
        "1:8",
        "442,368",
        "40,000",
        "100.0%",
        "11.06",
        "bit-exact",
        "0.160 ms",
        "ideal",
    ):
        assert part in text
    assert "1,234" in _text(stall_table(_report()))


def test_names_cannot_reach_the_terminal() -> None:
    text = _text(run_table(_report(name="[bold]x\x1b[31m\nnext")))
    assert "\x1b" not in text
    assert "[bold]x\\x1b[31m\\nnext" in text.replace("\n", "")


def test_sizes_for_people() -> None:
    assert [size(n) for n in (0, 1023, 1024, 1572864)] == ["0 B", "1023 B", "1.0 KiB", "1.50 MiB"]
