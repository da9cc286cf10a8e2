"""Generated programs as shared libraries of this machine: fast, bit-exact evaluation over a data set."""

from nmcu.host.dataset import NO_LABEL, Sample, images
from nmcu.host.evaluate import Accuracy, Preprocessing, evaluate, image_inputs
from nmcu.host.library import HostProgram, build
from nmcu.host.plugin import plugin
from nmcu.host.program import ISA, program_of
from nmcu.host.sanitize import run_sanitized

__all__ = [
    "ISA",
    "NO_LABEL",
    "Accuracy",
    "HostProgram",
    "Preprocessing",
    "Sample",
    "build",
    "evaluate",
    "image_inputs",
    "images",
    "plugin",
    "program_of",
    "run_sanitized",
]
