"""The list of commands; each is one module."""

import typer

from nmcu.cli import bench, compile, demo, eval, inspect, prune, rtl, run, sim


def register(app: typer.Typer) -> None:
    """Adds every command to `app`."""
    app.command("run")(run.run)
    app.command("compile")(compile.compile_)
    app.command("inspect")(inspect.inspect)
    app.command("eval")(eval.eval_)
    app.command("demo")(demo.demo)
    app.command("prune")(prune.prune)
    app.command("sim")(sim.sim)
    app.add_typer(bench.app, name="bench")
    app.add_typer(rtl.app, name="rtl")
