"""The golden files anew: `python tests/quantisers/make.py FOLDER [ENVIRONMENT ...]`.

Each quantiser is installed in an environment of its own below FOLDER, as some cannot live beside each other (30 GB),
and quantises the network there; what `catalogue.GOLDEN` names is compressed into `files`. An environment that exists
is used as it is. Results differ in last digits from machine to machine: look at the table before committing them.
"""

import lzma
import subprocess
import sys
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from quantisers.catalogue import ENVIRONMENTS, FILES, GOLDEN

MAKING = Path(__file__).parent / "making"


def main(folder: Path, names: list[str]) -> None:
    """Run the scripts of the environments `names` (default: all), the float network's first."""
    results = folder / "results"
    results.mkdir(parents=True, exist_ok=True)
    for name in names or ENVIRONMENTS:
        environment, place = ENVIRONMENTS[name], folder / name
        if not place.exists():
            venv.create(place, with_pip=True)
            subprocess.run([place / "bin" / "pip", "install", "-q", *environment.packages], check=True)
        subprocess.run(
            [place.resolve() / "bin" / "python", MAKING.resolve() / environment.script, "."],
            cwd=results,
            check=True,
        )
    FILES.mkdir(exist_ok=True)
    for golden in GOLDEN:
        made = results / golden.file
        if made.exists():
            packed = lzma.compress(made.read_bytes(), preset=9 | lzma.PRESET_EXTREME)
            (FILES / f"{golden.file}.xz").write_bytes(packed)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
