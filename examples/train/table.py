"""Print the table of results in docs/training.md from the metrics of finished experiments."""

import json
import sys
from pathlib import Path
from typing import Any

ROWS = ("base", "dense", "1x4", "1x8", "1x8x4", "1x16", "1x16x4")


def main(folder: Path) -> None:
    """One line per finished experiment, grouped by network, seeds of one row side by side."""
    finished = [
        m for f in sorted(folder.glob("*/metrics.json")) if "final" in (m := json.loads(f.read_text()))
    ]
    print(
        "| network | weights | seed | epochs float + int8 | float | int8, PyTorch | int8, exported | file, kB |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for metrics in sorted(finished, key=_order):
        experiment, final = metrics["experiment"], metrics["final"]
        network, row = _split(experiment["name"])
        epochs = f"{experiment['train']['epochs']} + {experiment['quantize']['epochs']}"
        numbers = [final["top1_float"], final["top1_fake_quantised"], final["top1"]]
        cells = [network, row.replace("x", ":", 1), str(experiment["seed"]), epochs]
        cells += [
            *("not run" if n is None else f"{n:.2f}" for n in numbers),
            f"{final['onnx_bytes'] / 1000:.0f}",
        ]
        print(f"| {' | '.join(cells)} |")


def _order(metrics: dict[str, Any]) -> tuple[str, int, int]:
    network, row = _split(metrics["experiment"]["name"])
    return network, ROWS.index(row), metrics["experiment"]["seed"]


def _split(name: str) -> tuple[str, str]:
    """`resnet8_wide_1x8x4_s1` as (`resnet8_wide`, `1x8x4`)."""
    network, _, row = name.partition("_s1")[0].rpartition("_")
    return network, row


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "results")
