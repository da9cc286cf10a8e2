"""A library of PlatformIO."""

import json
from collections.abc import Mapping

from nmcu.toolchain.library import FOLDER, Library


def files(library: Library) -> Mapping[str, str]:
    """`library.json`, for a folder of the project's `lib`."""
    manifest = {
        "name": library.name.strip("_").replace("_", "-"),
        "version": "1.0.0",
        "description": library.summary,
        "headers": library.header,
        "frameworks": "*",
        "platforms": "*",
        "build": {"srcDir": FOLDER, "includeDir": FOLDER},
    }
    return {"library.json": json.dumps(manifest, indent=2) + "\n"}
