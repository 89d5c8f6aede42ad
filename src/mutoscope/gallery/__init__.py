"""The page at /: what a browser is shown. Beside the dialect, over the same use cases."""
