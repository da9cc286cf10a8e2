"""One experiment under way: its phases, its checkpoints, what it leaves behind."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from accuracy import onnx_accuracy, torch_accuracy
from budget import size_at
from curves import draw
from data import Augmenter, Split, load, normalise, source_of
from experiment import Experiment, Phase
from learner import Learner
from metrics import Metrics
from models import build, take
from optimizer import set_rate
from planning import epoch_seconds, planned
from preparation import distiller, prepare, sparsified
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from step import Step
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

import nmcu
from nmcu import train as nt
from nmcu.errors import NmcuError

CALIBRATION_BATCHES = 8
NORM_BATCHES = 40
UNTRAINED_LOSS = 10.0
"""Cross-entropy above what guessing among any number of classes gives."""
DIVERGED = 2.0


class OutOfTime(Exception):
    """The minutes given are over; the checkpoint is written."""


class Recipe:
    """One experiment under way.

    It stops at `deadline` (of `time.monotonic`). With a `share` its epochs are those that fit into this part of the
    time that is left when it begins.
    """

    def __init__(
        self,
        experiment: Experiment,
        data: Path,
        out: Path,
        cache: Path,
        deadline: float,
        share: float | None,
        limit: int | None,
    ) -> None:
        self.recipe = self.experiment = experiment
        self.results = out
        self.out = out / experiment.name
        self.metrics = Metrics(self.out, experiment)
        self.local = cache / experiment.name / "checkpoint.pt"
        self.limit = limit
        self.deadline = deadline
        self.share = share
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        form = experiment.data
        whole = load(data, "train", form.size, cache).take(0, limit)
        self.test = load(data, "test", form.size, cache).take(0, limit)
        self.test_source = source_of(data, "test")
        cut = len(whole) - min(form.holdout, len(whole) // 10)
        self.holdout = whole.take(cut, len(whole))
        self.augmenter = Augmenter(whole.take(0, cut), form, self.device)
        self.batches = {p: cut // phase.batch for p, phase in self.phases.items()}
        if min(self.batches.values()) == 0:
            raise NmcuError(f"{cut} training images do not fill one batch: give more data or a smaller batch")
        for other in filter(None, (experiment.start, experiment.distill and experiment.distill.teacher)):
            if not (out / other / "float" / "part0").is_file():
                raise NmcuError(
                    f"{experiment.name} starts from {other}, which is not in {out}: train that to its end first"
                )
        self.step = Step(experiment.name, self.device, distiller(experiment.distill, out, self.device))
        self.history: list[dict[str, Any]] = []

    @property
    def phases(self) -> dict[str, Phase]:
        """The phases in order."""
        return {"float": self.experiment.train, "int8": self.experiment.quantize}

    def run(self) -> bool:
        """From where the last run stopped to the exported file and its accuracy; whether there was anything to do."""
        if self._is_finished():
            return False
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
        torch.manual_seed(self.experiment.seed)
        model = build(**self.experiment.model)
        self._check_sizes(model)
        if not position and self.experiment.start:
            nt.checkpoint.load_compact(self.results / self.experiment.start / "float", model)
        if not position:
            self._prepare(model)
        if not position and self.share is not None:  # behind what takes minutes
            self.experiment = self._planned(self.share * (self.deadline - time.monotonic()))
            torch.manual_seed(self.experiment.seed)
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
        if self.share is not None and time.monotonic() > self.deadline:
            raise OutOfTime
        self._finish(quantized)
        return True

    def _check_sizes(self, model: nn.Module) -> None:
        """Raise `NmcuError` where the network does not take images of the data's size, or of one they grow through."""
        data = self.experiment.data
        for i, size in enumerate((data.size, *(size for _, size in data.growth))):
            if i:  # its own size is checked as the network was built
                take(model, size)
            try:
                with torch.no_grad():
                    model.eval()(torch.zeros(1, 3, size, size))
            except RuntimeError as error:
                raise NmcuError(
                    f"{self.experiment.name}: its network does not take images of {size} pixels "
                    f"({str(error).splitlines()[0]}): give size and growth in [data] what it takes"
                ) from error
        take(model, data.size)

    def _planned(self, seconds: float) -> Experiment:
        """The experiment with the epochs that fit; raises `TooLittleTime` where not one does."""
        phase, batches = self.phases["float"], self.batches["float"]
        model = build(**self.experiment.model)
        sparsifier = self._sparsify(model)
        model.to(self.device, memory_format=torch.channels_last).train()
        stream = self.augmenter.batches(phase.batch, (self.experiment.seed, len(self.phases) + 1))
        learner = Learner.of(model, sparsifier, phase, batches)
        epoch = epoch_seconds(self.step, learner, self.experiment, stream, batches)
        return planned(self.recipe, epoch, seconds)

    def _is_finished(self) -> bool:
        """Whether the results of this very experiment are there, which are printed then; a network that is kept
        compressed only is not measured further.

        Raises `NmcuError` where what was begun is another experiment of the same name, or its results lie elsewhere.
        """
        metrics = self.metrics.begun()
        self.experiment = self.metrics.planned(metrics)
        if self.local.is_file() and not metrics:
            raise NmcuError(
                f"{self.local} holds a run whose results are not in {self.results}: give the --out it was begun with, "
                "or another --cache"
            )
        final = metrics.get("final")
        is_kept = (self.out / "model.onnx.xz").is_file()
        if final is None or not (is_kept or (self.out / "model.onnx").is_file()):
            return False
        to_measure = final["top1"] is None and self.share is None and not is_kept
        if to_measure or final["images"] != len(self.test):
            return False
        print(f"{self.experiment.name} {json.dumps(final)}")
        return True

    def _sparsify(self, model: nn.Module) -> nt.Sparsifier | None:
        return sparsified(model, self.experiment.sparsity, self.batches["float"])

    def _prepare(self, model: nn.Module) -> None:
        seed = (self.experiment.seed, len(self.phases) + 3)
        stream = self.augmenter.batches(self.experiment.train.batch, seed)
        prepare(model, self.experiment.sparsity, (images.cpu() for images, _ in stream))

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
        learner = Learner.of(model, sparsifier, phase, batches)
        first, start = int(saved.get("epoch", 0)), int(saved.get("batch", 0))
        sums = list(saved.get("sums", (0.0, 0.0)))
        seconds = float(saved.get("seconds", 0.0))
        if "optimizer" in saved:
            learner.go_on(saved)
        for epoch in range(first, phase.epochs):
            if name == "int8" and epoch == max(1, phase.epochs - 1):
                nt.freeze_ranges(model)
            began = time.monotonic() - seconds
            model.train()
            seed = (self.experiment.seed, list(self.phases).index(name), epoch)
            stream = enumerate(self.augmenter.batches(phase.batch, seed, start), start)
            title = f"{self.experiment.name} {name} {epoch + 1}"
            size = size_at(self.experiment, epoch) if name == "float" else self.experiment.data.size
            take(model, size)
            for i, (images, labels) in self._progress(title, stream, start, batches):
                set_rate(learner.optimizer, phase, epoch * batches + i, batches)
                loss, correct = self.step(learner, phase, images, labels, size)
                sums[0] += loss
                sums[1] += correct
                if time.monotonic() > self.deadline:
                    position = {
                        "phase": name,
                        "epoch": epoch,
                        "batch": i + 1,
                        "seconds": time.monotonic() - began,
                    }
                    self._save(learner, {**position, "sums": sums})
                    raise OutOfTime
            take(model, self.experiment.data.size)
            used = time.monotonic() - began
            row = {"phase": name, "epoch": epoch + 1, "loss": sums[0] / batches, "seconds": round(used, 1)}
            row |= {
                "train": 100 * sums[1] / batches / phase.batch,
                "holdout": self._held_out(learner, (*seed, 1)),
            }
            self._refuse_divergence(row)
            self.history.append(row)
            rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}
            print(f"{self.experiment.name} {json.dumps(rounded)}", flush=True)
            start, sums, seconds = 0, [0.0, 0.0], 0.0
            self._save(learner, {"phase": name, "epoch": epoch + 1, "batch": 0, "sums": sums})
        if learner.average is not None and phase.epochs:
            learner.average.finish(self._some_batches((self.experiment.seed, len(self.phases) + 2)))

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

    def _progress(
        self, title: str, stream: Iterator[tuple[int, tuple[Tensor, Tensor]]], start: int, total: int
    ) -> Iterator[tuple[int, tuple[Tensor, Tensor]]]:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, transient=True, disable=not sys.stdout.isatty()) as bar:
            task = bar.add_task(title, total=total, completed=start)
            for item in stream:
                yield item
                bar.advance(task)

    def _save(self, learner: Learner, position: dict[str, Any]) -> None:
        """The full checkpoint in the cache; the compact one, metrics and curves where others find them."""
        state = {**position, "limit": self.limit, "history": self.history, **learner.state_dict()}
        nt.checkpoint.save(self.local, state)
        small = {k: position[k] for k in ("phase", "epoch")} | {"limit": self.limit, "history": self.history}
        nt.checkpoint.save_compact(self.out / "compact", learner.model, small)
        self.metrics.write(self.experiment, self.device, self.history)
        draw(self.history, self.experiment.name, self.out / "curves.png")

    def _held_out(self, learner: Learner, seed: tuple[int, ...]) -> float:
        """Top-1 in percent on the images held out: of the averaged weights, where there are such.

        BatchNorm has statistics of the weights as they are, since the running ones lag behind masks that change.
        Measured on the 1:8 ResNet8 after two epochs: 52 % held out with the running ones, 73 % with these.
        """
        with self.step.arithmetic():
            if learner.average is not None:
                with learner.average.applied(self._some_batches(seed)):
                    return self._accuracy(learner.model, self.holdout)
            update_bn(self._some_batches(seed), learner.model)
            return self._accuracy(learner.model, self.holdout)

    def _some_batches(self, seed: tuple[int, ...]) -> Iterator[Tensor]:
        """Training images, enough for BatchNorm's statistics."""
        stream = self.augmenter.batches(self.experiment.train.batch, seed)
        return (images for _, (images, _) in zip(range(NORM_BATCHES), stream, strict=False))

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
        """Export and test; what takes the device's program long is left to a call without `--minutes`."""
        form, path = self.experiment.data, self.out / "model.onnx"
        floating = build(**self.experiment.model)
        sparsifier = self._sparsify(floating)
        nt.checkpoint.load_compact(self.out / "float", floating)
        if sparsifier is not None:
            sparsifier.finish()
        final = {
            "images": len(self.test),
            "top1_float": self._accuracy(floating.to(self.device), self.test),
            "top1_fake_quantised": self._accuracy(quantized, self.test),
        }
        nt.export(quantized.to("cpu"), self._sample().cpu(), path, mean=form.mean, std=form.std)
        final |= {
            "top1_onnxruntime": onnx_accuracy(path, self.test, form.mean, form.std),
            "top1": None if self.share is not None else self._device_accuracy(path),
            "onnx_bytes": path.stat().st_size,
        }
        self.metrics.write(self.experiment, self.device, self.history, final)
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
