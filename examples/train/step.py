"""One step of training."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from experiment import Phase
from learner import Learner
from small_maps import SmallMaps
from torch import Tensor, nn
from torch.nn import functional

from nmcu import train as nt
from nmcu.errors import NmcuError


def cpu_has_bfloat16() -> bool:
    """Whether this processor multiplies in bfloat16; one with AVX2 alone took ten times as long as in float32."""
    found = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return any(found.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def resized(images: Tensor, size: int) -> Tensor:
    """(N, C, H, W) in `size` pixels square."""
    if images.shape[-1] == size:
        return images
    return functional.interpolate(images, (size, size), mode="bilinear", antialias=True)


@dataclass(frozen=True)
class Step:
    """Steps of the experiment `name` on a device, with a teacher where there is one."""

    name: str
    device: torch.device
    distiller: nt.Distiller | None

    def __call__(
        self, learner: Learner, phase: Phase, images: Tensor, labels: Tensor, size: int | None = None
    ) -> tuple[float, int]:
        """The loss of a batch before its step, and how many of its images were right.

        The learner sees them in `size` pixels, its teacher as they are. Raises `NmcuError` where the loss is no number;
        nothing was changed then.
        """
        with self.arithmetic():
            logits = learner.model(images if size is None else resized(images, size))
            if self.distiller is None:
                loss = functional.cross_entropy(logits.float(), labels, label_smoothing=phase.smoothing)
            else:
                loss = self.distiller.loss(logits, images, labels, smoothing=phase.smoothing)
        value = float(loss.detach())
        if not np.isfinite(value):
            raise NmcuError(f"{self.name}: the loss became {value}; lower lr (the checkpoint is untouched)")
        learner.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if phase.clip:
            nn.utils.clip_grad_norm_(learner.model.parameters(), phase.clip)
        learner.step()
        return value, int((logits.argmax(1) == labels).sum())

    @contextmanager
    def arithmetic(self) -> Iterator[None]:
        """Of training: bfloat16, and products for small maps, where the processor has it."""
        on_cpu = self.device.type == "cpu"
        bfloat16 = not on_cpu or cpu_has_bfloat16()
        maps = SmallMaps() if bfloat16 and on_cpu else nullcontext()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16), maps:
            yield
