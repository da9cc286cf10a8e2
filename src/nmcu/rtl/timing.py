"""The longest path through a mapped netlist, with a fixed delay for each kind of cell: what extensions cost in speed.

Delays are in those of a NAND2; wires have none. Yosys builds adders that ripple, so absolute lengths say little: only
the ratio of two netlists that were made alike does.
"""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DELAYS = (
    {"INV": 0.6, "BUF": 1.0, "NAND2": 1.0, "NOR2": 1.2, "AND2": 1.6, "OR2": 1.8, "NAND3": 1.4, "NOR3": 1.8}
    | {"AOI21": 1.5, "OAI21": 1.4, "AOI22": 1.7, "OAI22": 1.7}
    | {"XOR2": 2.0, "XNOR2": 2.0, "MUX2": 2.0}
)
FLIP_FLOPS = ("DFF", "DFFR", "DFFS")
OUTPUTS = ("Y", "Q")

Netlist = Mapping[str, Mapping[str, Any]]
"""The modules of a netlist as Yosys' `write_json` has them, by name."""


@dataclass(frozen=True)
class LongestPath:
    """`delay` in NAND2 delays, from flip-flop or input `start` to flip-flop or output `end`."""

    delay: float
    start: str
    end: str


@dataclass
class _Flat:
    """Nets as numbers, over all levels of the hierarchy."""

    arcs: dict[int, list[tuple[int, float]]] = field(default_factory=lambda: defaultdict(list))
    waits: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # arcs that end at a net
    starts: dict[int, str] = field(default_factory=dict)
    ends: dict[int, str] = field(default_factory=dict)
    nets: int = 0


def longest_path(netlist: Netlist, top: str) -> LongestPath:
    """From any flip-flop or input of `top` to any flip-flop or output; raises ValueError where gates form a loop."""
    flat = _Flat()
    ports = _add(flat, netlist, top, "", {})
    for name, (direction, nets) in ports.items():
        for net in nets:
            (flat.starts if direction == "input" else flat.ends).setdefault(net, name)
    arrival = dict.fromkeys(range(flat.nets), 0.0)
    before: dict[int, int] = {}
    ready = deque(net for net in range(flat.nets) if not flat.waits[net])
    done = 0
    while ready:
        net = ready.popleft()
        done += 1
        for target, delay in flat.arcs[net]:
            if arrival[net] + delay >= arrival[target]:
                arrival[target] = arrival[net] + delay
                before[target] = net
            flat.waits[target] -= 1
            if not flat.waits[target]:
                ready.append(target)
    if done < flat.nets:
        raise ValueError(f"{top}: {flat.nets - done} nets lie on or behind a loop of gates")
    end = max(flat.ends, key=arrival.__getitem__)
    start = end
    while start in before:
        start = before[start]
    return LongestPath(round(arrival[end], 1), flat.starts.get(start, "a constant"), flat.ends[end])


def _add(
    flat: _Flat, netlist: Netlist, module: str, path: str, outside: Mapping[str, list[int]]
) -> dict[str, tuple[str, list[int]]]:
    """Adds an instance of `module`, whose ports are the nets `outside` by name; its ports, with direction and nets."""
    number: dict[int | str, int] = {}

    def net(bit: int | str) -> int:
        if bit not in number:
            number[bit] = flat.nets
            flat.nets += 1
        return number[bit]

    described = netlist[module]["ports"]
    for name, port in described.items():  # first: an output may be an input that passes through
        if port["direction"] == "input":
            number |= zip(port["bits"], outside.get(name, ()), strict=False)
    ports: dict[str, tuple[str, list[int]]] = {}
    for name, port in described.items():
        nets = [net(bit) for bit in port["bits"]]
        ports[name] = (port["direction"], nets)
        if port["direction"] == "output":
            for inner, known in zip(nets, outside.get(name, ()), strict=False):
                _arc(flat, inner, known, 0.0)
    for name, cell in netlist[module]["cells"].items():
        kind, pins = cell["type"], cell["connections"]
        label = f"{path}{name}"
        if kind in DELAYS:
            for pin, bits in pins.items():
                if pin not in OUTPUTS:
                    _arc(flat, net(bits[0]), net(pins["Y"][0]), DELAYS[kind])
        elif kind in FLIP_FLOPS:
            flat.starts[net(pins["Q"][0])] = label
            flat.ends[net(pins["D"][0])] = label
        elif kind in netlist:
            inside = {pin: [net(bit) for bit in bits] for pin, bits in pins.items()}
            _add(flat, netlist, kind, f"{label}.", inside)
    return ports


def _arc(flat: _Flat, source: int, target: int, delay: float) -> None:
    flat.arcs[source].append((target, delay))
    flat.waits[target] += 1
