"""A piece of an ONNX network for a target: IREE's code for its cores, and the schedule in which it is called."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import onnx

from nmcu import cache
from nmcu.iree import adapter, hal
from nmcu.iree.assembly import Function, Library, library
from nmcu.iree.schedule import Dispatch, Schedule

NAME = "nmcu_iree"
KEPT = 64
"""Fragments that are kept in memory; all are in the cache."""
CALLS_BYTES = 256
"""Stack of soft-float and memory functions, which functions of libraries call."""
_FLOAT = "ceilf floorf fmaf fmaxf fmaximumf fminf fminimumf fmodf rintf roundevenf roundf truncf"
"""Of the C library, which not every program has: those of nmcu bring these, called `nmcu_iree_NAME`."""
_SOFT_FLOAT = (
    "addsf3 subsf3 mulsf3 divsf3 fixsfsi fixunssfsi floatsisf floatunsisf "
    "eqsf2 nesf2 ltsf2 lesf2 gtsf2 gesf2 unordsf2"
)
_INTEGERS = (
    "muldi3 divdi3 moddi3 udivdi3 umoddi3 ashldi3 ashrdi3 lshrdi3 "
    "clzsi2 ctzsi2 clzdi2 ctzdi2 popcountsi2 popcountdi2"
)
_LONG = "floatdisf floatundisf fixsfdi fixunssfdi"
"""Of compilers' libraries, between float32 and 64 bits: those of nmcu bring these, too."""
_RUNTIME = (*(f"__{name}" for name in f"{_SOFT_FLOAT} {_INTEGERS}".split()), "memcpy", "memmove", "memset")
"""What compilers expect of every program."""
OTHERS = {
    **{name: name for name in _RUNTIME},
    **{name: f"{NAME}_{name}" for name in _FLOAT.split()},
    **{f"__{name}": f"{NAME}_{name}" for name in _LONG.split()},
    "sqrtf": "nmcu_float_sqrt",
}
"""How programs call what IREE's code calls and does not define."""


@dataclass(frozen=True)
class Fragment:
    """`assembly` is the static library's code, whose symbols begin with `name`: another one for other contents.
    `functions` says what each function of `schedule` needs, by its symbol."""

    name: str
    assembly: str
    functions: Mapping[str, Function]
    schedule: Schedule

    @property
    def stack_bytes(self) -> int:
        """Stack that a core needs to call any function: its frame, and room for what it calls."""
        return max((f.frame_bytes for f in self.functions.values()), default=0) + CALLS_BYTES

    @property
    def step_names(self) -> tuple[str, ...]:
        """What each step of `schedule` is, by IREE's names: its dispatches, or a fill or copy."""
        return tuple(
            ", ".join(
                [c.function.removeprefix(f"{self.name}_") for c in step if isinstance(c, Dispatch)]
                or [type(c).__name__.lower() for c in step]
            )
            for step in self.schedule.steps
        )

    @property
    def local_bytes(self) -> int:
        """Memory that a workgroup has for itself while it runs."""
        return max((f.local_bytes for f in self.functions.values()), default=0)


@lru_cache(KEPT)
def fragment(model: bytes, march: str) -> Fragment:
    """The ONNX model `model` for bare-metal cores of `march` (as compilers are told it).

    Raises `IreeError` where IREE is missing or cannot import or compile the model, in its own words, or where the
    program that it makes needs what nmcu does not follow.
    """
    network = onnx.load_model_from_string(model)
    network.graph.name = "main"  # symbols have it in them
    content = network.SerializeToString(deterministic=True)
    name = f"{NAME}_{hashlib.sha256(content + march.encode()).hexdigest()[:12]}"
    text, program = _compiled(content, name, march)
    schedule = hal.read(program)
    made = library(text, name, OTHERS) if text else Library("", {}, {})
    return Fragment(
        name=name,
        assembly=made.text,
        functions={made.symbols[ours]: function for ours, function in made.functions.items()},
        schedule=schedule.renamed(made.symbols),
    )


def _compiled(model: bytes, name: str, march: str) -> tuple[str, str]:
    """IREE's assembly and schedule, kept in the cache."""
    key = cache.key("iree", adapter.VERSION, *adapter.TARGET, adapter.features(march), model)
    kept = cache.load(key)
    if kept is None:
        made = adapter.static_library(adapter.imported(model), name, march)
        cache.store(key, json.dumps(made).encode())
        return made
    text, program = json.loads(kept)
    return text, program
