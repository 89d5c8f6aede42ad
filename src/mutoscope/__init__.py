"""Mutoscope: the Videos API that people host themselves."""

__version__: str


def __getattr__(name: str) -> str:
    """The version, read when somebody asks: reading it takes a good part of a child process's start."""
    if name != "__version__":
        raise AttributeError(f"module 'mutoscope' has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("mutoscope")
    except PackageNotFoundError:  # running from a tree that was never installed
        return "0.0.0"


__all__ = ["__version__"]
