"""Check what `make dist` built: `python check_dist.py DIR` exits 1 with a sentence on what is missing or too much."""

import sys
import tarfile
import zipfile
from pathlib import Path

NEEDED = (
    "nmcu/py.typed",
    "nmcu/examples/metrics.json",
    "nmcu/examples/resnet8_dense.onnx",
    "nmcu/kernels/common/pipeline.c",
    "nmcu/kernels/dense/dense_4x4.S",
    "nmcu/sim/platform/platform.hpp",
    "nmcu/targets/cluster8/target.toml",
    "licenses/LICENSE",
    "licenses/NOTICE",
)
LARGEST = 2 * 2**20
STRANGERS = ("/results/", "/.venv/", "/build/", "__pycache__", "/.ci/")


def main(folder: Path) -> str | None:
    """None where the wheel and the source distribution in `folder` are as they should be, else what is wrong."""
    wheels, sources = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    if len(wheels) != 1 or len(sources) != 1:
        return f"{folder} should have one wheel and one source distribution, has {len(wheels)} and {len(sources)}"
    if "-py3-none-" not in wheels[0].name:
        return f"{wheels[0].name} is for one version of Python only: the simulator needs none"
    with zipfile.ZipFile(wheels[0]) as wheel, tarfile.open(sources[0]) as source:
        contents = {wheels[0]: wheel.namelist(), sources[0]: source.getnames()}
    for needed in NEEDED:
        if not any(name.endswith(needed) for name in contents[wheels[0]]):
            return f"{wheels[0].name} lacks {needed}"
    for file, names in contents.items():
        if file.stat().st_size > LARGEST:
            return f"{file.name} has {file.stat().st_size} bytes, more than {LARGEST}"
        for name in names:
            if any(part in f"/{name}/" for part in STRANGERS):
                return f"{file.name} has {name}, which does not belong there"
        print(f"{file.name}: {file.stat().st_size:,} bytes, {len(names)} files")
    return None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
