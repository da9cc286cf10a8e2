"""Decisions: kernel, tiles, buffers, transfers and addresses for every layer."""

from nmcu.plan.make import make
from nmcu.plan.plan import Buffer, Plan, PlannedLayer

__all__ = ["Buffer", "Plan", "PlannedLayer", "make"]
