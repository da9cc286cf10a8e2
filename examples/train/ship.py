"""Put finished experiments beside the other example models: python examples/train/ship.py resnet8_dense resnet8_1x8 ...

NAME=EXPERIMENT ships one under another name. Files above 150 kB are compressed with xz. Accuracies go to
`metrics.json`, where `nmcu demo` and `nmcu bench` look: that of `nmcu eval` where it was measured, else ONNX Runtime's.
"""

import argparse
import json
import lzma
from pathlib import Path
from typing import Any

from nmcu.files import write_atomically

HERE = Path(__file__).parent
PLAIN_BYTES = 150_000


def main() -> None:
    """Parse the command line and ship every experiment named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "experiments",
        nargs="+",
        metavar="[NAME=]EXPERIMENT",
        help="folders with model.onnx and metrics.json",
    )
    parser.add_argument("--results", type=Path, default=HERE / "results")
    parser.add_argument("--models", type=Path, default=HERE.parent / "models")
    args = parser.parse_args()
    record = args.models / "metrics.json"
    shipped = json.loads(record.read_text()) if record.is_file() else {}
    for given in args.experiments:
        name, _, experiment = given.rpartition("=")
        name = name or experiment
        metrics = json.loads((args.results / experiment / "metrics.json").read_text())
        if "final" not in metrics:
            parser.error(f"{experiment} is not finished: run train.py on it first")
        data, file = (args.results / experiment / "model.onnx").read_bytes(), f"{name}.onnx"
        if len(data) > PLAIN_BYTES:
            data, file = lzma.compress(data, preset=9), f"{file}.xz"
        write_atomically(args.models / file, data)
        shipped[name] = entry(metrics, file)
    write_atomically(record, (json.dumps(shipped, indent=2) + "\n").encode())


def entry(metrics: dict[str, Any], file: str) -> dict[str, Any]:
    """What `metrics.json` says of one file."""
    experiment, final = metrics["experiment"], metrics["final"]
    sparsity = experiment["sparsity"]
    here = final["top1"] is not None
    return {
        "file": file,
        "dataset": f"CIFAR-10 test set, {final['images']} images (JPEG copy)",
        "pattern": sparsity["pattern"] if sparsity else "dense",
        "images": final["images"],
        "top1": final["top1"] if here else final["top1_onnxruntime"],
        "measured_with": "nmcu eval" if here else "ONNX Runtime",
        **{k: final[k] for k in ("top1_float", "top1_fake_quantised", "top1_onnxruntime")},
        "seed": experiment["seed"],
        "start": experiment["start"],
        "epochs": {"float": experiment["train"]["epochs"], "int8": experiment["quantize"]["epochs"]},
        "machine": metrics["machine"],
    }


if __name__ == "__main__":
    main()
