"""`nmcu sim FILE.elf`: runs any bare-metal program on a simulated target."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from nmcu.cli.options import IsaOption, JsonOption, TargetOption
from nmcu.cli.output import progress, show_json
from nmcu.cli.say import say
from nmcu.errors import NmcuError, SimulationFault
from nmcu.files import write_atomically
from nmcu.registry import Registry
from nmcu.sim import ProgramFault, Trace, simulate
from nmcu.sim.run import simulator
from nmcu.sim.symbols import Symbols

_SIGNATURE = ("begin_signature", "end_signature")


def sim(
    file: Annotated[Path, typer.Argument(metavar="FILE.elf", help="Bare-metal RISC-V program.")],
    target: TargetOption = "cluster8",
    isa: IsaOption = None,
    core: Annotated[str, typer.Option("--sim", metavar="NAME", help="Kind of core: iss, rtl.")] = "iss",
    max_cycles: Annotated[
        int | None,
        typer.Option("--max-cycles", min=1, help="End the run with a fault after that many cycles."),
    ] = None,
    signature: Annotated[
        Path | None,
        typer.Option("--signature", help="Write the words from begin_signature to end_signature, in hex."),
    ] = None,
    trace: Annotated[Path | None, typer.Option("--trace", help="Write a readable trace.")] = None,
    trace_core: Annotated[
        list[int] | None, typer.Option("--trace-core", help="Trace only this core (repeatable).")
    ] = None,
    trace_function: Annotated[
        list[str] | None, typer.Option("--trace-function", help="Trace only this function (repeatable).")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Run a bare-metal program; the exit code is the program's.

    Standard output is what the program writes. The program exits through the host I/O register or `tohost`.
    """
    known = Registry.installed()
    machine = known.target(target)
    instructions = known.isa_for(machine, isa)
    elf = file.read_bytes()
    reads = [] if signature is None else [_signature_range(elf)]
    options: dict[str, Any] = {"isa": instructions, "reads": reads, "max_cycles": max_cycles}
    if trace is not None:
        if core != "iss":
            raise NmcuError(f"--trace needs --sim iss, not {core}")
        options["trace"] = Trace(trace, tuple(trace_core or ()), tuple(trace_function or ()))
    try:
        with progress(file.name) as stage:
            stage("running")
            run = simulate if core == "iss" else simulator(core)
            result = run(elf, machine, **options)
    except ProgramFault as fault:
        if not json:
            _write(fault.stdout)
        say(f"nmcu: {fault}")
        for line in fault.details.splitlines():
            say(f"  {line}")
        raise typer.Exit(1) from None
    if signature is not None:
        write_atomically(signature, _signature_text(result.memory[0]))
    if json:
        show_json({"target": machine.name, "isa": str(instructions), "core": core, **result.to_json()})
    else:
        _write(result.stdout)
        say(f"{result.cycles} cycles, {result.instructions} instructions, exit code {result.exit_code}")
    raise typer.Exit(_process_code(result.exit_code))


def _write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _process_code(code: int) -> int:
    """The program's exit code as far as a process has room for it; never 0 for a failure."""
    return code if code < 256 else code & 0xFF or 1


def _signature_range(elf: bytes) -> tuple[int, int]:
    addresses = Symbols(elf).addresses
    for name in _SIGNATURE:
        if name not in addresses:
            raise SimulationFault(f"--signature needs the symbol {name}, which the program does not define")
    begin, end = (addresses[name] for name in _SIGNATURE)
    if end < begin or (end - begin) % 4:
        raise SimulationFault(f"the signature from 0x{begin:08x} to 0x{end:08x} is not a range of words")
    return begin, end - begin


def _signature_text(data: bytes) -> bytes:
    words = (int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4))
    return "".join(f"{word:08x}\n" for word in words).encode()
