"""Decisions: kernel, tiles, buffers, transfers and addresses for every layer."""

from nmcu.plan.make import make
from nmcu.plan.plan import COPY, Buffer, Chunk, Move, Part, Plan, PlannedLayer, Spill

__all__ = ["COPY", "Buffer", "Chunk", "Move", "Part", "Plan", "PlannedLayer", "Spill", "make"]
