"""`quietclicks audit utility`: what the release's rules cost."""

import click


@click.command
def utility() -> None:
    """Later."""
