"""Print the table of results in docs/training.md from the metrics of finished experiments."""

import json
import sys
from pathlib import Path
from typing import Any

ROWS = ("base", "dense", "1x4", "1x8", "1x8x4", "1x16", "1x16x4")
COLUMNS = (
    "network",
    "weights",
    "seed",
    "epochs, float + int8",
    "float",
    "int8, PyTorch",
    "int8, ONNX Runtime",
    "int8, `nmcu eval`",
    "below dense",
)


def main(folder: Path) -> None:
    """One line per finished experiment, grouped by network, the seeds of a row below each other."""
    finished = [
        m for f in sorted(folder.glob("*/metrics.json")) if "final" in (m := json.loads(f.read_text()))
    ]
    dense = {_place(m)[0::2]: m["final"]["top1"] for m in finished if _place(m)[1] == ROWS.index("dense")}
    print(f"| {' | '.join(COLUMNS)} |")
    print(f"| {' | '.join('---' for _ in COLUMNS)} |")
    for metrics in sorted(finished, key=_place):
        experiment, final = metrics["experiment"], metrics["final"]
        network, row, seed = _place(metrics)
        kinds = ("top1_float", "top1_fake_quantised", "top1_onnxruntime", "top1")
        same_seed = dense.get((network, seed), dense.get((network, 0)))
        cells = [
            network,
            ROWS[row].replace("x", ":", 1),
            str(seed),
            f"{experiment['train']['epochs']} + {experiment['quantize']['epochs']}",
            *("" if final.get(kind) is None else f"{final[kind]:.2f}" for kind in kinds),
            "" if same_seed is None or row < ROWS.index("1x4") else f"{same_seed - final['top1']:.2f}",
        ]
        print(f"| {' | '.join(cells)} |")


def _place(metrics: dict[str, Any]) -> tuple[str, int, int]:
    """Network, number of the row, seed: `resnet8_wide_1x8x4_s1` is (`resnet8_wide`, 4, 1)."""
    experiment = metrics["experiment"]
    network, _, row = experiment["name"].removesuffix(f"_s{experiment['seed']}").rpartition("_")
    return network, ROWS.index(row), experiment["seed"]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "results")
