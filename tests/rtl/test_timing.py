"""The longest path of small netlists, with and without hierarchy."""

from typing import Any

import pytest

from nmcu.rtl.timing import DELAYS, longest_path

Cells = dict[str, tuple[str, dict[str, int]]]


def _module(cells: Cells, inputs: str = "", outputs: str = "", **bits: int) -> dict[str, Any]:
    """As Yosys writes it: ports of one bit, the nets of whose names are `bits`."""
    directions = [(name, "input") for name in inputs.split()] + [(name, "output") for name in outputs.split()]
    return {
        "ports": {name: {"direction": to, "bits": [bits[name]]} for name, to in directions},
        "cells": {
            name: {"type": kind, "connections": {pin: [net] for pin, net in pins.items()}}
            for name, (kind, pins) in cells.items()
        },
    }


def test_from_flip_flop_to_flip_flop() -> None:
    cells: Cells = {
        "first": ("DFFR", {"C": 1, "R": 2, "D": 3, "Q": 4}),
        "slow": ("XOR2", {"A": 4, "B": 3, "Y": 5}),
        "fast": ("INV", {"A": 4, "Y": 6}),
        "last": ("AOI21", {"A": 5, "B": 6, "C": 6, "Y": 7}),
        "second": ("DFF", {"C": 1, "D": 7, "Q": 8}),
    }
    found = longest_path({"top": _module(cells, "a", "y", a=3, y=8)}, "top")
    assert found.delay == pytest.approx(DELAYS["XOR2"] + DELAYS["AOI21"])
    assert found.end == "second" and found.start in ("first", "a")


def test_through_modules() -> None:
    """Two instances in a row, and one that is a black box."""
    half = _module({"gate": ("NAND2", {"A": 2, "B": 2, "Y": 3})}, "i", "o", i=2, o=3)
    cells: Cells = {
        "one": ("half$top.one", {"i": 1, "o": 2}),
        "two": ("half$top.two", {"i": 2, "o": 3}),
        "box": ("box", {"i": 3, "o": 4}),
    }
    netlist = {
        "top": _module(cells, "a", "y", a=1, y=3),
        "half$top.one": half,
        "half$top.two": half,
        "box": _module({}, "i", "o", i=1, o=2),
    }
    found = longest_path(netlist, "top")
    assert (found.delay, found.start, found.end) == (2 * DELAYS["NAND2"], "a", "y")


def test_an_input_may_pass_through() -> None:
    """In whatever order the ports come."""
    wire = _module({})
    wire["ports"] = {
        "o": {"direction": "output", "bits": [7]},
        "i": {"direction": "input", "bits": [7]},
    }
    cells: Cells = {"gate": ("INV", {"A": 1, "Y": 2}), "wire": ("wire$top.wire", {"i": 2, "o": 3})}
    found = longest_path({"top": _module(cells, "a", "y", a=1, y=3), "wire$top.wire": wire}, "top")
    assert (found.delay, found.start, found.end) == (0.6, "a", "y")


def test_a_loop_has_no_longest_path() -> None:
    cells: Cells = {"a": ("INV", {"A": 1, "Y": 2}), "b": ("INV", {"A": 2, "Y": 1})}
    with pytest.raises(ValueError, match="2 nets lie on or behind a loop of gates"):
        longest_path({"top": _module(cells, "", "y", y=2)}, "top")
