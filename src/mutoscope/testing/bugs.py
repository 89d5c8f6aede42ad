"""Seeded bugs."""

VARIABLE = "MUTOSCOPE_TESTING_BUG"


def apply(name: str) -> None:
    """Nothing yet."""
