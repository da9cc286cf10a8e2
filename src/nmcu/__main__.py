"""`python -m nmcu` is `nmcu`."""

from nmcu.cli import main

main()
