"""A CMake project: a static library to add as a subfolder, or to install and find as a package."""

from collections.abc import Mapping

from nmcu.toolchain.library import Library


def files(library: Library) -> Mapping[str, str]:
    """`CMakeLists.txt`."""
    name = library.name
    return {
        "CMakeLists.txt": f"""\
cmake_minimum_required(VERSION 3.16)
project({name} VERSION 1.0.0 LANGUAGES C ASM)

add_library({name} STATIC
{source_list(library)})
add_library(nmcu::{name} ALIAS {name})
target_compile_options({name} PRIVATE $<$<COMPILE_LANGUAGE:C>:-O2>)
target_include_directories({name} PUBLIC
  $<BUILD_INTERFACE:${{CMAKE_CURRENT_SOURCE_DIR}}/src>
  $<INSTALL_INTERFACE:include>)

include(CMakePackageConfigHelpers)
set(PACKAGE lib/cmake/{name})
write_basic_package_version_file({name}-config-version.cmake COMPATIBILITY SameMajorVersion)
install(TARGETS {name} EXPORT {name}-config ARCHIVE DESTINATION lib)
install(EXPORT {name}-config NAMESPACE nmcu:: DESTINATION ${{PACKAGE}})
install(FILES ${{CMAKE_CURRENT_BINARY_DIR}}/{name}-config-version.cmake DESTINATION ${{PACKAGE}})
install(FILES src/{library.header} DESTINATION include)
"""
    }


def source_list(library: Library, prefix: str = "") -> str:
    """The sources, one a line."""
    return "".join(f"  {prefix}{source}\n" for source in library.sources)
