"""A program of somebody else, built by GCC with its own start-up, main and linker script, calls a network as a library:
in QEMU, on the simulator and on Ibex's RTL its outputs are the reference's."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import firmware
import nmcu
from networks import conv_linear
from nmcu import graph, rtl, sim, targets
from nmcu.graph import Graph

GCC, QEMU = "riscv64-unknown-elf-gcc", "qemu-system-riscv32"
pytestmark = pytest.mark.skipif(
    shutil.which(GCC) is None, reason=f"{GCC} is not installed (Debian: gcc-riscv64-unknown-elf)"
)
HERE = Path(__file__).parent / "stranger"
EXAMPLES = Path(__file__).parents[2] / "examples" / "models"


@dataclass(frozen=True)
class Board:
    """Where a program lies, where it prints and how it ends."""

    ram: int
    ram_bytes: int
    first: int
    print_at: int
    printed: str
    end_at: int
    passed: str
    failed: str


BOARDS = {
    "qemu-virt": Board(
        *(0x8000_0000, 0x200_0000, 0, 0x1000_0000, "uint8_t"),
        *(0x10_0000, "0x5555u", "(0x3333u | (uint32_t)(code) << 16)"),
    ),
    "ibex": Board(
        *(0x10_0000, 0x4_0000, 0x80, 0x1A10_0004, "uint32_t"), *(0x1A10_0000, "0u", "(uint32_t)(code)")
    ),
}


def _built(folder: Path, network: Graph, chip: str, image: bytes, printed: bytes, code: int) -> Path:
    """The ELF file of the program on `chip`, which ends with `code`."""
    board = BOARDS[chip]
    library = firmware.write(folder / "net", nmcu.compile(network, chip, name="net").files("cmake"))
    values = ", ".join(str(v) for v in np.frombuffer(image, np.int8))
    firmware.write(
        folder,
        {
            "image.h": f"#include <stdint.h>\nstatic const int8_t image[] __attribute__((aligned(4))) = {{{values}}};\n"
        },
    )
    command = [GCC, "-march=rv32imc_zicsr", "-mabi=ilp32", "-ffreestanding", "-nostdlib", "-O2"]
    defined = [
        f"-DPRINT_AT={board.print_at:#x}u",
        f"-DPRINTED={board.printed}",
        f"-DEND_AT={board.end_at:#x}u",
        f"-DEND_PASSED={board.passed}",
        f"-DEND_FAILED(code)={board.failed}",
        f"-DENDS={code}",
        f"-DRESULT_BYTES={len(printed) // 4}",
        *(f"-I{library / 'src'}", f"-I{folder}"),
    ]
    linked = [
        f"-Wl,-T{HERE / 'program.ld'}",
        f"-Wl,--defsym=RAM={board.ram:#x},--defsym=RAM_BYTES={board.ram_bytes:#x},--defsym=FIRST={board.first:#x}",
        "-Wl,--no-warn-rwx-segments",
    ]
    elf = folder / "program.elf"
    sources = [str(HERE / "start.S"), str(HERE / "main.c")]
    objects = [str(path) for path in firmware.objects(library, *command)]
    firmware.call(
        [*command, *firmware.WARNINGS, *defined, *linked, *sources, *objects, "-lgcc", "-o", str(elf)]
    )
    return elf


def _expected(network: Graph) -> tuple[bytes, bytes]:
    """An image, and what the program prints of it."""
    feeds = network.border.encode(graph.random_inputs(network, 5))
    (image,), (result,) = feeds.values(), graph.reference.run(network, feeds).values()
    return image.tobytes(), (2 * result.tobytes().hex()).encode()


@pytest.mark.skipif(shutil.which(QEMU) is None, reason=f"{QEMU} is not installed (Debian: qemu-system-misc)")
@pytest.mark.parametrize(("model", "code"), [("resnet8_1x8x4", 0), ("resnet8_dense", 7)])
def test_in_qemu(tmp_path: Path, model: str, code: int) -> None:
    network = nmcu.load(EXAMPLES / f"{model}.onnx")
    image, printed = _expected(network)
    elf = _built(tmp_path, network, "qemu-virt", image, printed, code)
    machine = [QEMU, "-M", "virt", "-m", "32", "-bios", "none", "-nographic", "-monitor", "none"]
    ended = subprocess.run(
        [*machine, "-serial", "stdio", "-kernel", str(elf)], capture_output=True, timeout=120, check=False
    )
    assert (ended.returncode, ended.stdout) == (code, printed)


def test_a_whole_network_on_the_simulator_of_ibex(tmp_path: Path) -> None:
    network = nmcu.load(EXAMPLES / "resnet8_1x8x4.onnx")
    image, printed = _expected(network)
    run = sim.simulate(_built(tmp_path, network, "ibex", image, printed, 3).read_bytes(), "ibex")
    assert (run.exit_code, run.stdout) == (3, printed)


def test_on_the_rtl_of_ibex(tmp_path: Path) -> None:
    network = conv_linear(channels=32, zeros_every=8)
    image, printed = _expected(network)
    elf = _built(tmp_path, network, "ibex", image, printed, 0).read_bytes()
    model, real = (run(elf, targets.get("ibex")) for run in (sim.simulate, rtl.simulate))
    assert (real.exit_code, real.stdout) == (0, printed)
    assert (model.exit_code, model.stdout) == (0, printed)
    assert model.cycles == pytest.approx(real.cycles, rel=0.01)
