"""The command line."""


def main() -> None:
    """Run symcli."""
