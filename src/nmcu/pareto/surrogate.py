"""The additive model: what each layer's pattern costs alone, summed; and its exact optimum under a bound."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

from nmcu.layerwise import Score, Sensitivity, Variant
from nmcu.pareto.assignment import Assignment

UNITS = 1_000_000
"""Losses in whole numbers: this many for the largest."""


@dataclass(frozen=True)
class Option:
    """A layer pruned in one way: the `loss` of the whole network, how its cycles and its constants' bytes change."""

    variant: Variant
    loss: float
    cycles: int
    constant_bytes: int


@dataclass(frozen=True)
class Surrogate:
    """By layer what there is to choose from, beside leaving it as it is; `cycles` are those of the unpruned network."""

    options: Mapping[str, Sequence[Option]]
    cycles: int

    @classmethod
    def of(cls, found: Sensitivity) -> "Surrogate":
        """From a sensitivity: the loss is the divergence of the outputs, which accuracy on a few samples is too coarse
        for, or their mean square error where there is none; cycles as measured, or predicted where nobody measured.

        Patterns with which the network does not fit, or that gain neither cycles nor bytes, are no options.
        """
        before = found.predicted if found.measured is None else found.measured
        assert before is not None, "a sensitivity on a machine has cycles"
        options: dict[str, list[Option]] = {}
        for layer in found.layers:
            for pruned in layer.pruned:
                after = pruned.predicted if pruned.measured is None else pruned.measured
                if after is None or layer.cost is None or pruned.cost is None:
                    continue
                saved = after - before, pruned.cost.constant_bytes - layer.cost.constant_bytes
                if min(saved) < 0:
                    options.setdefault(layer.name, []).append(
                        Option(Variant(layer.name, pruned.pattern), divergence(pruned.score), *saved)
                    )
        return cls(options, before)

    @property
    def least_cycles(self) -> int:
        """Those of the fastest assignment."""
        return self.cycles + sum(
            min(0, *(option.cycles for option in options)) for options in self.options.values()
        )

    def optimum(
        self, max_cycles: int, saved_bytes: int | None = None, but: Iterable[Assignment] = ()
    ) -> Assignment | None:
        """The assignment of the least loss that the model gives `max_cycles` at most, whose constants have
        `saved_bytes` fewer bytes at least, and which is none of `but`; None where there is none. The same each time."""
        model = cp_model.CpModel()
        most = max((o.loss for options in self.options.values() for o in options), default=0.0) or 1.0
        chosen = {o: model.new_bool_var(str(o.variant)) for options in self.options.values() for o in options}
        for options in self.options.values():
            model.add_at_most_one(chosen[option] for option in options)
        model.add(self.cycles + sum(o.cycles * var for o, var in chosen.items()) <= max_cycles)
        if saved_bytes is not None:
            model.add(sum(o.constant_bytes * var for o, var in chosen.items()) <= -saved_bytes)
        for known in but:
            model.add(
                sum(var if o.variant in known.each else -var for o, var in chosen.items()) < len(known.each)
            )
        model.minimize(sum(round(UNITS * o.loss / most) * var for o, var in chosen.items()))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 0
        if solver.solve(model) != cp_model.OPTIMAL:
            return None
        return Assignment(tuple(o.variant for o, var in chosen.items() if solver.boolean_value(var)))

    def front(self, count: int) -> list[Assignment]:
        """The optima at `count` bounds on the cycles, from the unpruned network's to the fewest there are."""
        span = self.cycles - self.least_cycles
        bounds = [self.cycles - span * step // max(1, count - 1) for step in range(count)]
        found = [self.optimum(bound) for bound in bounds]
        return list(dict.fromkeys(each for each in found if each is not None))


def divergence(score: Score) -> float:
    """How far a network's outputs are from the unpruned network's: what the model adds up."""
    return max(0.0, score.mse if score.kl is None else score.kl)
