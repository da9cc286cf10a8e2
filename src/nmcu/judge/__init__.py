"""ONNX Runtime and LiteRT as judges: a subprocess with limits of time and memory that runs a stranger's model file."""

from nmcu.judge.errors import Crashed, JudgeError, NotInstalled, OutOfMemory, OutOfTime, Refused
from nmcu.judge.judge import Judge
from nmcu.judge.runtime import Runtime, runtime_of
from nmcu.judge.wire import Key, undefined

__all__ = [
    "Crashed",
    "Judge",
    "JudgeError",
    "Key",
    "NotInstalled",
    "OutOfMemory",
    "OutOfTime",
    "Refused",
    "Runtime",
    "runtime_of",
    "undefined",
]
