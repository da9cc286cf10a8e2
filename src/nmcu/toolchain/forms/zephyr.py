"""A module of Zephyr."""

from collections.abc import Mapping

from nmcu.toolchain.forms.cmake import source_list
from nmcu.toolchain.library import Library


def files(library: Library) -> Mapping[str, str]:
    """`zephyr/module.yml`, and what it names; the program's `ZEPHYR_EXTRA_MODULES` names the folder."""
    name, option = library.name, library.name.upper()
    return {
        "zephyr/module.yml": f"""\
name: {name}
build:
  cmake: zephyr
  kconfig: zephyr/Kconfig
""",
        "zephyr/Kconfig": f"""\
config {option}
	bool "{library.summary}"
""",
        "zephyr/CMakeLists.txt": f"""\
if(CONFIG_{option})
  zephyr_library_named({name})
  zephyr_library_sources(
{source_list(library, "../")}  )
  zephyr_library_compile_options($<$<COMPILE_LANGUAGE:C>:-O2>)
  zephyr_include_directories(../src)
endif()
""",
    }
