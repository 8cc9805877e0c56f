"""`python -m quietclicks` is the command `quietclicks`."""

from quietclicks.commands.cli import main

main()
