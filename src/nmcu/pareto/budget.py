"""What a point of the front must keep."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nmcu.errors import NmcuError
from nmcu.pareto.measure import Measured


@dataclass(frozen=True)
class Budget:
    """Bounds, None for what has none: cycles of a run, bytes of flash, per cent of samples that are right."""

    max_cycles: int | None = None
    max_flash: int | None = None
    min_accuracy: float | None = None

    def __bool__(self) -> bool:
        return self != Budget()

    def __str__(self) -> str:
        said = (
            ("{:,} cycles at most", self.max_cycles),
            ("{:,} bytes of flash at most", self.max_flash),
            ("top-1 of {:g} % at least", self.min_accuracy),
        )
        return " and ".join(text.format(bound) for text, bound in said if bound is not None)

    def chosen(
        self, found: Sequence[Measured], loss: Callable[[Measured], float], model: str, target: str
    ) -> Measured:
        """The point that keeps the bounds: of those the fastest where accuracy is bounded, else the one of least loss.

        Raises `NmcuError` where none does, with the best that can be reached.
        """
        fitting = [each for each in found if each.reason is None]
        good = [each for each in fitting if self._kept(each)]
        if good:
            fastest = self.min_accuracy is not None
            return min(good, key=lambda m: (m.cycles, loss(m)) if fastest else (loss(m), m.cycles))
        if not fitting:
            raise NmcuError(f"{model} does not fit {target}, whatever is pruned: {found[0].reason}")
        nearest = min(fitting, key=lambda m: (self._excess(m), loss(m)))
        raise NmcuError(
            f"nothing that was found of {model} keeps {self} on {target}: the nearest is {nearest.assignment}, with "
            f"{_said(nearest)}"
        )

    def _kept(self, m: Measured) -> bool:
        return self._excess(m) == 0

    def _excess(self, m: Measured) -> float:
        """The largest share by which a bound is missed."""
        shares = [0.0]
        if self.max_cycles is not None:
            shares.append(m.cycles / self.max_cycles - 1)
        if self.max_flash is not None:
            shares.append(m.flash_bytes / self.max_flash - 1)
        if self.min_accuracy is not None:
            shares.append((self.min_accuracy - (m.score.top1 or 0)) / 100)
        return max(shares)


def _said(m: Measured) -> str:
    accuracy = "" if m.score.top1 is None else f", top-1 {m.score.top1:.2f} %"
    flash = f", {m.flash_bytes:,} bytes of flash" if m.flash_bytes else ""
    return f"{m.cycles:,} cycles{flash}{accuracy}"
