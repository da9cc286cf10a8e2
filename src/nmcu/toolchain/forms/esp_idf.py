"""A component of ESP-IDF."""

from collections.abc import Mapping

from nmcu.toolchain.forms.cmake import source_list
from nmcu.toolchain.library import Library


def files(library: Library) -> Mapping[str, str]:
    """`CMakeLists.txt` and `idf_component.yml`, for a folder of the project's `components`."""
    return {
        "CMakeLists.txt": f"""\
idf_component_register(
  SRCS
{source_list(library)}\
  INCLUDE_DIRS src)
target_compile_options(${{COMPONENT_LIB}} PRIVATE $<$<COMPILE_LANGUAGE:C>:-O2>)
""",
        "idf_component.yml": f"""\
version: "1.0.0"
description: "{library.summary}"
dependencies:
  idf: ">=4.4"
""",
    }
