"""Train, prune and quantise one experiment: python examples/train/train.py EXPERIMENT.toml --data FOLDER

It goes through a float phase (N:M-sparse where the experiment says so) and an int8 phase (quantisation-aware), writes
`model.onnx`, metrics, curves and a compact checkpoint to OUT/<name>, and keeps a full checkpoint in the cache: started
again, it continues where it was. Nothing is chosen on the test images; they are looked at once, at the end.
"""

import argparse
import dataclasses
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accuracy import onnx_accuracy, torch_accuracy
from curves import draw
from data import Augmenter, Split, load, normalise, source_of
from experiment import Experiment, Phase, read
from models import build
from optimizer import make_optimizer, set_rate
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import update_bn

import nmcu
from nmcu import train as nt
from nmcu.errors import NmcuError
from nmcu.files import write_atomically

CALIBRATION_BATCHES = 8
NORM_BATCHES = 40
UNTRAINED_LOSS = 10.0
"""Cross-entropy above what guessing among any number of classes gives."""
DIVERGED = 2.0


class OutOfTime(Exception):
    """`--max-minutes` are over; the checkpoint is written."""


def main() -> None:
    """Parse the command line and run the experiment; one sentence and exit code 1 for what a user can mend."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("experiment", type=Path, help="TOML file")
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with train and test: parquet or images"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results", help="results")
    parser.add_argument("--cache", type=Path, default=Path(".cache/train"), help="images, full checkpoints")
    parser.add_argument(
        "--seed", type=int, help="instead of the experiment's; the name then ends in _s<seed>"
    )
    parser.add_argument("--max-minutes", type=float, default=float("inf"), help="stop cleanly after these")
    parser.add_argument("--threads", type=positive, default=os.cpu_count() or 1, help="CPU threads")
    parser.add_argument(
        "--limit", type=positive, help="use only this many training and test images (to try a recipe)"
    )
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    experiment = read(args.experiment)
    if args.seed is not None:
        experiment = dataclasses.replace(experiment, seed=args.seed, name=f"{experiment.name}_s{args.seed}")
    try:
        Recipe(experiment, args.data, args.out, args.cache, args.max_minutes, args.limit).run()
    except OutOfTime:
        print(
            f"{experiment.name}: stopped after {args.max_minutes} minutes; run the same command to continue"
        )
    except KeyboardInterrupt:
        sys.exit(f"{experiment.name}: stopped; the same command continues from the last finished epoch")


def positive(text: str) -> int:
    """A whole number above 0, for argparse."""
    if (value := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


class Recipe:
    """One experiment under way."""

    def __init__(
        self,
        experiment: Experiment,
        data: Path,
        out: Path,
        cache: Path,
        max_minutes: float,
        limit: int | None,
    ) -> None:
        self.experiment = experiment
        self.results = out
        self.out = out / experiment.name
        self.local = cache / experiment.name / "checkpoint.pt"
        self.limit = limit
        self.deadline = time.monotonic() + 60 * max_minutes
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        form = experiment.data
        whole = load(data, "train", form.size, cache).take(0, limit)
        self.test = load(data, "test", form.size, cache).take(0, limit)
        self.test_source = source_of(data, "test")
        cut = len(whole) - min(form.holdout, len(whole) // 10)
        self.holdout = whole.take(cut, len(whole))
        self.augmenter = Augmenter(whole.take(0, cut), form.pad, form.mean, form.std, self.device)
        self.batches = {p: cut // phase.batch for p, phase in self.phases.items()}
        if min(self.batches.values()) == 0:
            raise NmcuError(f"{cut} training images do not fill one batch: give more data or a smaller batch")
        for other in filter(None, (experiment.start, experiment.distill and experiment.distill.teacher)):
            if not (out / other / "float" / "part0").is_file():
                raise NmcuError(
                    f"{experiment.name} starts from {other}, which is not in {out}: train that to its end first"
                )
        self.distiller = self._distiller()
        self.history: list[dict[str, Any]] = []

    @property
    def phases(self) -> dict[str, Phase]:
        """The phases in order."""
        return {"float": self.experiment.train, "int8": self.experiment.quantize}

    def run(self) -> None:
        """From wherever the last run stopped to the exported file and its accuracy."""
        torch.manual_seed(self.experiment.seed)
        model = build(**self.experiment.model)
        if self._is_finished():
            return
        saved = nt.checkpoint.load(self.local) if self.local.is_file() else {}
        compact = self.out / "compact"
        carried = {} if saved or not (compact / "part0").is_file() else nt.checkpoint.read_compact(compact)
        position = saved or carried.get("state", {})
        if position and position.get("limit") != self.limit:
            raise NmcuError(
                f"{self.experiment.name} was begun with --limit {position.get('limit')}: give that again, or other "
                "folders with --out and --cache"
            )
        self.history = list(position.get("history", []))
        if not position and self.experiment.start:
            nt.checkpoint.load_compact(self.results / self.experiment.start / "float", model)
        if not position:
            self._permute(model)
        sparsifier = self._sparsify(model)
        model.to(self.device, memory_format=torch.channels_last)
        if position.get("phase", "float") == "float":
            self._restore(model, sparsifier, saved, carried)
            self._phase("float", model, sparsifier, saved or position)
            if sparsifier is not None:
                sparsifier.freeze()
            nt.checkpoint.save_compact(self.out / "float", model, {})
            saved, carried, position = {}, {}, {}
        if sparsifier is not None:
            sparsifier.freeze()
        quantized = nt.quantize(model, self._sample())
        if position:
            self._restore(quantized, None, saved, carried)
        else:
            nt.calibrate(quantized, self._calibration())
        self._phase("int8", quantized, None, saved or position)
        self._finish(quantized.to("cpu"))

    def _is_finished(self) -> bool:
        """Whether the results of this very experiment are there, which are printed then.

        Raises `NmcuError` where what was begun is another experiment of the same name, or its results lie elsewhere.
        """
        file = self.out / "metrics.json"
        metrics = json.loads(file.read_text()) if file.is_file() else {}
        own = json.loads(json.dumps(dataclasses.asdict(self.experiment)))
        found = metrics.get("experiment", own)
        begun = {row["phase"] for row in metrics.get("history", ())}
        for table in own:
            if found.get(table) != own[table] and (table != "quantize" or "int8" in begun):
                raise NmcuError(
                    f"{self.experiment.name} in {self.results} was begun with {table} = {found.get(table)}, now it is "
                    f"{own[table]}: give the experiment another name, or other folders with --out and --cache"
                )
        if self.local.is_file() and not metrics:
            raise NmcuError(
                f"{self.local} holds a run whose results are not in {self.results}: give the --out it was begun with, "
                "or another --cache"
            )
        final = metrics.get("final")
        whole = final is not None and final["top1"] is not None and (self.out / "model.onnx").is_file()
        if not whole or final["images"] != len(self.test):
            return False
        print(f"{self.experiment.name} {json.dumps(final)}")
        return True

    def _sparsify(self, model: nn.Module) -> nt.Sparsifier | None:
        sparsity = self.experiment.sparsity
        if sparsity is None:
            return None
        stages: nt.Stages = str(sparsity.pattern)
        if not isinstance(sparsity.pattern, str):
            stages = [(int(epoch * self.batches["float"]), pattern) for epoch, pattern in sparsity.pattern]
        return nt.sparsify(
            model,
            stages,
            skip=sparsity.skip,
            interval=sparsity.interval,
            decay=sparsity.decay,
            fade=round(sparsity.fade * self.batches["float"]),
        )

    def _permute(self, model: nn.Module) -> None:
        sparsity = self.experiment.sparsity
        if sparsity is not None and sparsity.permute:
            last = sparsity.pattern if isinstance(sparsity.pattern, str) else sparsity.pattern[-1][1]
            print(nt.permute(model, self._sample().cpu(), last, skip=sparsity.skip))

    def _distiller(self) -> nt.Distiller | None:
        """The teacher of another experiment, with the weights of its float phase."""
        distill = self.experiment.distill
        if distill is None:
            return None
        of = json.loads((self.results / distill.teacher / "metrics.json").read_text())["experiment"]
        teacher = build(**of["model"])
        nt.checkpoint.load_compact(self.results / distill.teacher / "float", teacher)
        teacher.to(self.device, memory_format=torch.channels_last)
        return nt.Distiller(teacher, weight=distill.weight, temperature=distill.temperature)

    def _size(self, name: str, epoch: int) -> int:
        """The size of the images of an epoch."""
        growth = self.experiment.data.growth if name == "float" else []
        return next((size for start, size in reversed(growth) if start <= epoch), self.experiment.data.size)

    def _restore(
        self,
        model: nn.Module,
        sparsifier: nt.Sparsifier | None,
        saved: dict[str, Any],
        carried: dict[str, Any],
    ) -> None:
        """Weights and masks from the full checkpoint, or from the compact one that came from another machine."""
        if saved:
            nt.checkpoint.load_model(model, saved["model"])
            if sparsifier is not None:
                sparsifier.load_state_dict(saved["sparsifier"])
        elif carried:
            if sparsifier is not None:
                sparsifier.seek(carried["state"]["epoch"] * self.batches["float"])
            nt.checkpoint.load_compact(self.out / "compact", model)

    def _phase(
        self, name: str, model: nn.Module, sparsifier: nt.Sparsifier | None, saved: dict[str, Any]
    ) -> None:
        phase, batches = self.phases[name], self.batches[name]
        optimizer = make_optimizer(model, phase)
        first, start = int(saved.get("epoch", 0)), int(saved.get("batch", 0))
        sums = list(saved.get("sums", (0.0, 0.0)))
        seconds = float(saved.get("seconds", 0.0))
        if "optimizer" in saved:
            optimizer.load_state_dict(saved["optimizer"])
            torch.set_rng_state(saved["rng"])
        for epoch in range(first, phase.epochs):
            if name == "int8" and epoch == max(1, phase.epochs - 1):
                nt.freeze_ranges(model)
            began = time.monotonic() - seconds
            model.train()
            seed = (self.experiment.seed, list(self.phases).index(name), epoch)
            stream = enumerate(self.augmenter.batches(phase.batch, seed, start), start)
            title = f"{self.experiment.name} {name} {epoch + 1}"
            size = self._size(name, epoch)
            for i, (images, labels) in self._progress(title, stream, start, batches):
                set_rate(optimizer, phase, epoch * batches + i, batches)
                if size != images.shape[-1]:
                    images = functional.interpolate(images, (size, size), mode="bilinear", antialias=True)
                loss, correct = self._step(model, optimizer, phase, images, labels)
                if sparsifier is not None:
                    sparsifier.step()
                sums[0] += loss
                sums[1] += correct
                if time.monotonic() > self.deadline:
                    position = {
                        "phase": name,
                        "epoch": epoch,
                        "batch": i + 1,
                        "seconds": time.monotonic() - began,
                    }
                    self._save(model, optimizer, sparsifier, {**position, "sums": sums})
                    raise OutOfTime
            if name == "float":
                self._settle_norms(model, (*seed, 1))
            used = time.monotonic() - began
            row = {"phase": name, "epoch": epoch + 1, "loss": sums[0] / batches, "seconds": round(used, 1)}
            row |= {
                "train": 100 * sums[1] / batches / phase.batch,
                "holdout": self._accuracy(model, self.holdout),
            }
            self._refuse_divergence(row)
            self.history.append(row)
            rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}
            print(f"{self.experiment.name} {json.dumps(rounded)}", flush=True)
            start, sums, seconds = 0, [0.0, 0.0], 0.0
            self._save(
                model, optimizer, sparsifier, {"phase": name, "epoch": epoch + 1, "batch": 0, "sums": sums}
            )

    def _refuse_divergence(self, row: dict[str, Any]) -> None:
        """Raise `NmcuError`, before anything is saved, where the loss of an epoch is far above the one before.

        Without BatchNorm a rate that float training stands is soon too high: at 0.005 without clipping the dense
        ResNet8 fell to 10 % in its first int8 epoch.
        """
        before = self.history[-1]["loss"] if self.history else UNTRAINED_LOSS
        if row["loss"] > DIVERGED * before + 1:
            raise NmcuError(
                f"{self.experiment.name}: {row['phase']} training diverged, the loss rose from {before:.3f} to "
                f"{row['loss']:.3f}; lower lr or set clip (the checkpoint is untouched)"
            )

    def _step(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, phase: Phase, images: Tensor, labels: Tensor
    ) -> tuple[float, int]:
        with torch.autocast(self.device.type, torch.bfloat16):
            logits = model(images)
            if self.distiller is None:
                loss = functional.cross_entropy(logits.float(), labels, label_smoothing=phase.smoothing)
            else:
                loss = self.distiller.loss(logits, images, labels, smoothing=phase.smoothing)
        value = float(loss.detach())
        if not np.isfinite(value):
            raise NmcuError(
                f"{self.experiment.name}: the loss became {value}; lower lr (the checkpoint is untouched)"
            )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if phase.clip:
            nn.utils.clip_grad_norm_(model.parameters(), phase.clip)
        optimizer.step()
        return value, int((logits.argmax(1) == labels).sum())

    def _progress(
        self, title: str, stream: Iterator[tuple[int, tuple[Tensor, Tensor]]], start: int, total: int
    ) -> Iterator[tuple[int, tuple[Tensor, Tensor]]]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, transient=True, disable=not sys.stdout.isatty()) as bar:
            task = bar.add_task(title, total=total, completed=start)
            for item in stream:
                yield item
                bar.advance(task)

    def _save(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        sparsifier: nt.Sparsifier | None,
        position: dict[str, Any],
    ) -> None:
        """The full checkpoint in the cache; the compact one, metrics and curves where others find them."""
        state = {
            **position,
            "limit": self.limit,
            "history": self.history,
            "model": model.state_dict(),
            "rng": torch.get_rng_state(),
        }
        state |= {
            "optimizer": optimizer.state_dict(),
            "sparsifier": sparsifier.state_dict() if sparsifier else {},
        }
        nt.checkpoint.save(self.local, state)
        small = {k: position[k] for k in ("phase", "epoch")} | {"limit": self.limit, "history": self.history}
        nt.checkpoint.save_compact(self.out / "compact", model, small)
        self._write_metrics({})
        draw(self.history, self.experiment.name, self.out / "curves.png")

    def _settle_norms(self, model: nn.Module, seed: tuple[int, ...]) -> None:
        """BatchNorm statistics of the weights as they are: the running ones lag behind masks that change.

        Measured on the 1:8 ResNet8 after two epochs: 52 % held out with the running ones, 73 % with these.
        """
        stream = self.augmenter.batches(self.experiment.train.batch, seed)
        with torch.autocast(self.device.type, torch.bfloat16):
            update_bn((images for _, (images, _) in zip(range(NORM_BATCHES), stream, strict=False)), model)

    def _accuracy(self, model: nn.Module, split: Split) -> float:
        """Top-1 in percent."""
        form = self.experiment.data
        return torch_accuracy(model, split, form.mean, form.std, self.device)

    def _sample(self) -> Tensor:
        form = self.experiment.data
        return normalise(self.holdout.images[:64], form.mean, form.std).contiguous().to(self.device)

    def _calibration(self) -> Iterator[Tensor]:
        stream = self.augmenter.batches(
            self.experiment.quantize.batch, (self.experiment.seed, len(self.phases))
        )
        return (
            images.to(self.device) for _, (images, _) in zip(range(CALIBRATION_BATCHES), stream, strict=False)
        )

    def _finish(self, quantized: nn.Module) -> None:
        self.device = torch.device("cpu")
        form, path = self.experiment.data, self.out / "model.onnx"
        nt.export(quantized, self._sample().cpu(), path, mean=form.mean, std=form.std)
        floating = build(**self.experiment.model)
        sparsifier = self._sparsify(floating)
        nt.checkpoint.load_compact(self.out / "float", floating)
        if sparsifier is not None:
            sparsifier.finish()
        final = {
            "images": len(self.test),
            "top1_float": self._accuracy(floating, self.test),
            "top1_fake_quantised": self._accuracy(quantized, self.test),
            "top1_onnxruntime": onnx_accuracy(path, self.test, form.mean, form.std),
            "top1": self._device_accuracy(path),
            "onnx_bytes": path.stat().st_size,
        }
        self._write_metrics({"final": final})
        print(f"{self.experiment.name} {json.dumps(final)}")

    def _device_accuracy(self, path: Path) -> float | None:
        """Top-1 in percent as `nmcu eval` measures it: with the program the device runs, built for this machine."""
        try:
            return nmcu.evaluate(
                path, self.test_source, limit=len(self.test), jobs=torch.get_num_threads()
            ).top1
        except NmcuError as error:
            print(f"{self.experiment.name}: nmcu cannot run the exported file yet: {error}")
            return None

    def _write_metrics(self, final: dict[str, Any]) -> None:
        device = torch.cuda.get_device_name() if self.device.type == "cuda" else f"CPU {platform.machine()}"
        metrics = {
            "experiment": dataclasses.asdict(self.experiment),
            "machine": f"{device}, {torch.get_num_threads()} threads, torch {torch.__version__}",
            "history": self.history,
            **final,
        }
        write_atomically(self.out / "metrics.json", (json.dumps(metrics, indent=1) + "\n").encode())


if __name__ == "__main__":
    try:
        main()
    except NmcuError as error:
        sys.exit(str(error))
