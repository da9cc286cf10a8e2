"""Decisions: kernel, tiles, buffers, transfers and addresses for every layer."""

from nmcu.plan.make import make
from nmcu.plan.plan import Buffer, Chunk, Part, Plan, PlannedLayer

__all__ = ["Buffer", "Chunk", "Part", "Plan", "PlannedLayer", "make"]
