"""The option that commands of `nmcu rtl` share."""

from typing import Annotated

import typer

from nmcu.cli.options import known_isa

ExtensionsOption = Annotated[
    str,
    typer.Option(
        "--isa",
        metavar="NAME|FOLDER",
        help="What the core has: extensions, joined by +.",
        callback=known_isa,
    ),
]
