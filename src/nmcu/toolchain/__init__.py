"""C to ELF, with clang and lld from the `ziglang` wheel or a compiler the user names."""

from nmcu.toolchain.build import build
from nmcu.toolchain.compiler import Compiler, find_compiler
from nmcu.toolchain.forms import FORMS, MAKE, form_files
from nmcu.toolchain.image import Image, section_places
from nmcu.toolchain.project import project_files
from nmcu.toolchain.room import leaving_room

__all__ = [
    "FORMS",
    "MAKE",
    "Compiler",
    "Image",
    "build",
    "find_compiler",
    "form_files",
    "leaving_room",
    "project_files",
    "section_places",
]
