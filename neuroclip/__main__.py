"""`python -m neuroclip` is the command `neuroclip`."""

from neuroclip.cli import main

main()
