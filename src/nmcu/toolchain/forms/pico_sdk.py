"""A library of the Pico SDK: sources that are compiled with the program, for the core that it is for."""

from collections.abc import Mapping

from nmcu.toolchain.forms.cmake import source_list
from nmcu.toolchain.library import Library


def files(library: Library) -> Mapping[str, str]:
    """`CMakeLists.txt`, behind `pico_sdk_init()`."""
    name = library.name
    return {
        "CMakeLists.txt": f"""\
# add_subdirectory({name}) behind pico_sdk_init(), then target_link_libraries(PROGRAM {name})
add_library({name} INTERFACE)
target_sources({name} INTERFACE
{source_list(library, "${CMAKE_CURRENT_LIST_DIR}/")})
target_include_directories({name} INTERFACE ${{CMAKE_CURRENT_LIST_DIR}}/src)
"""
    }
