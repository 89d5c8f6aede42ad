"""Words and what they mean in a scene."""
