"""What build systems need beside a network's sources: one module for each, and one table of them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from nmcu.codegen.program import Program
from nmcu.errors import NmcuError
from nmcu.isa import InstructionSet
from nmcu.targets import Target
from nmcu.toolchain.forms import arduino, cmake, esp_idf, pico_sdk, platformio, zephyr
from nmcu.toolchain.forms.readme import readme
from nmcu.toolchain.library import Library, library_of
from nmcu.toolchain.project import project_files

MAKE = "make"
"""A program of its own, with `main`, start-up code and linker script; the other forms are libraries."""
LIBRARIES: Mapping[str, Callable[[Library], Mapping[str, str]]] = MappingProxyType(
    {
        "cmake": cmake.files,
        "platformio": platformio.files,
        "arduino": arduino.files,
        "esp-idf": esp_idf.files,
        "pico-sdk": pico_sdk.files,
        "zephyr": zephyr.files,
    }
)
"""What each form adds to the sources: text by path."""
FORMS = (MAKE, *LIBRARIES)


def form_files(form: str, program: Program, target: Target, isa: InstructionSet) -> Mapping[str, bytes]:
    """The contents of a folder with the network for the build system `form`, by path. Raises `NmcuError` where there
    is no such form."""
    if form == MAKE:
        return project_files(program, target, isa)
    if form not in LIBRARIES:
        raise NmcuError(f"unknown form {form!r}; known forms: {', '.join(FORMS)}")
    library = library_of(program, target, isa)
    texts = {**LIBRARIES[form](library), "README.md": readme(library, program, isa, form)}
    return {**library.files, **{path: text.encode() for path, text in texts.items()}}
