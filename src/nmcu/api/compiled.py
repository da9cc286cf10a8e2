"""A compiled network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nmcu import toolchain
from nmcu.api.model import Planned
from nmcu.codegen import Program
from nmcu.errors import counted
from nmcu.plan import PlannedLayer
from nmcu.report import FolderResult, cores, label, pattern, size, write_folder
from nmcu.toolchain import Image


@dataclass(frozen=True, eq=False, repr=False)
class CompiledModel(FolderResult, Planned):
    """A network compiled for a target: `graph` (also the reference), `plan` (every decision), the C, the ELF."""

    program: Program
    image: Image

    WRITER = "nmcu compile"

    def __str__(self) -> str:
        plan = self.plan
        constants = sum(layer.constant_bytes for layer in plan.layers)
        return (
            f"{label(self.model)} for {plan.target.name} ({plan.isa}, {cores(plan.target.cores)})\n"
            f"{plan.predicted_cycles:,} cycles predicted in {counted(len(plan.layers), 'layer')}\n"
            f"packed constants {size(constants)}, code {size(self.image.code_bytes)}"
        )

    def to_json(self) -> dict[str, Any]:
        """The plan: kernels, tiles, transfers, addresses."""
        return self.plan.to_json()

    def rows(self) -> list[dict[str, Any]]:
        """The layers as planned; `cycles` are predicted."""
        return [_row(layer) for layer in self.plan.layers]

    def forms(self) -> Mapping[str, Callable[[], bytes]]:
        """JSON (the plan), HTML, and the program as an ELF file."""
        return {**super().forms(), ".elf": lambda: self.image.elf}

    def files(self, form: str = toolchain.MAKE) -> dict[str, bytes]:
        """The C project, which builds without nmcu, and `plan.json`: what `nmcu compile -o` writes.

        `form` is `make`, a program with everything it needs, or a build system whose programs take the network in as a
        library: `cmake`, `platformio`, `arduino`, `esp-idf`, `pico-sdk`, `zephyr`. Raises `NmcuError` for any other.
        """
        files = toolchain.form_files(form, self.program, self.plan.target, self.plan.isa)
        return {**files, "plan.json": self.forms()[".json"]()}

    def save(self, path: str | Path, *, force: bool = False, form: str = toolchain.MAKE) -> None:
        """Writes one file, in the form that the suffix of its name says (one of `forms`), or a folder for the build
        system `form` (see `files`): one that exists, or a name without suffix.

        All of it is written or nothing. Raises `NmcuError` where that is not possible, or where a file would be
        overwritten that nmcu did not write or that was changed since, unless `force`.
        """
        if form == toolchain.MAKE:
            super().save(path, force=force)
        else:
            write_folder(Path(path), self.files(form), self.WRITER, force=force)

    def run_files(self) -> dict[str, bytes]:
        """`program.elf`, `plan.json` and the C project in `project/`: what `nmcu run --out` keeps of it."""
        project = toolchain.project_files(self.program, self.plan.target, self.plan.isa)
        return {
            "program.elf": self.image.elf,
            "plan.json": self.forms()[".json"](),
            **{f"project/{name}": content for name, content in project.items()},
        }


def _row(planned: PlannedLayer) -> dict[str, Any]:
    return {
        "name": planned.name,
        "op": planned.layer.kind,
        "kernel": planned.kernel_name,
        "pattern": pattern(planned.layer, planned.kernel),
        "macs": planned.layer.macs,
        "cycles": planned.cycles,
        "parts": len(planned.parts),
        "constant_bytes": planned.constant_bytes,
        "l1_bytes": planned.l1_bytes,
    }
