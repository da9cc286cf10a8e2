"""C to ELF, with clang and lld from the `ziglang` wheel or a compiler the user names."""

from nmcu.toolchain.build import build
from nmcu.toolchain.compiler import Compiler, find_compiler
from nmcu.toolchain.image import Image, section_places
from nmcu.toolchain.project import project_files

__all__ = ["Compiler", "Image", "build", "find_compiler", "project_files", "section_places"]
