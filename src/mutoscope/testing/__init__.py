"""For those who write providers, or test their own program against Mutoscope. No product code imports this package.

`python -m mutoscope.testing` is a test server; `doubles` are stand-ins for tests within one process.
"""

from mutoscope.testing.doubles import ManualClock, ScriptedProvider

__all__ = ["ManualClock", "ScriptedProvider"]
