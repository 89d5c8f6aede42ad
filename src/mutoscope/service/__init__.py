"""The use cases, and the words in which they are asked."""
