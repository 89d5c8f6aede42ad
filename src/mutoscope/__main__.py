"""`python -m mutoscope` is the command line."""

from __future__ import annotations

from mutoscope.cli import main

if __name__ == "__main__":
    main()
