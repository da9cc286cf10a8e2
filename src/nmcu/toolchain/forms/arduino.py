"""A library of Arduino (revision 1.5: sources are below `src`)."""

from collections.abc import Mapping

from nmcu.toolchain.library import Library


def files(library: Library) -> Mapping[str, str]:
    """`library.properties`, for a folder of the sketchbook's `libraries`."""
    return {
        "library.properties": f"""\
name={library.name}
version=1.0.0
author=nmcu
maintainer=nmcu
sentence={library.summary}
paragraph=Made by nmcu compile: {library.name}_init, {library.name}_run and {library.name}_reset, without a heap.
category=Data Processing
url=https://example.com/{library.name}
architectures=*
includes={library.header}
"""
    }
