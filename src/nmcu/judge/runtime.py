"""The two runtimes: which one runs a file, whether it is installed, and in which version."""

from dataclasses import dataclass
from functools import cache
from importlib import metadata, util
from typing import Literal

from nmcu.judge.errors import NotInstalled

Format = Literal["onnx", "tflite"]


@dataclass(frozen=True)
class Runtime:
    """A runtime that computes what a model file says. `packages` may bring it, the first one is the usual one."""

    format: Format
    title: str
    module: str
    packages: tuple[str, ...]

    @property
    def installed(self) -> bool:
        """True if it can be imported."""
        return _found(self.module)

    @property
    def version(self) -> str:
        """Its version; raises `NotInstalled`."""
        self.check()
        return _version(self.packages)

    def check(self) -> None:
        """Raise `NotInstalled` if it is missing."""
        if not self.installed:
            raise NotInstalled(f"{self.title} is not installed (pip install 'nmcu[verify]')")

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


ONNX_RUNTIME = Runtime(
    "onnx", "ONNX Runtime", "onnxruntime", ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino")
)
LITERT = Runtime("tflite", "LiteRT", "ai_edge_litert", ("ai-edge-litert",))


def runtime_of(data: bytes) -> Runtime:
    """The runtime for the model file `data`, by its content."""
    return LITERT if data[4:8] == b"TFL3" else ONNX_RUNTIME


@cache
def _found(module: str) -> bool:
    try:
        return util.find_spec(module) is not None
    except (ImportError, ValueError):  # of an import hook, or of a stand-in in sys.modules
        return False


@cache
def _version(packages: tuple[str, ...]) -> str:
    for package in packages:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return "of unknown version"
