"""Nearest meaning by static word vectors, for texts that the lexicon does not know.

The vectors are those that the wordllama package carries (32,000 pieces of words by 256 numbers, derived from the
token embeddings of large language models). A text is the mean of its pieces, scaled to length 1. The package's own
code is not imported: it pulls in modules that are not needed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"


class Vectors:
    """Word vectors with their tokenizer."""

    def __init__(self, table: NDArray[np.float32], tokenizer: Any) -> None:
        self._table = table
        self._tokenizer = tokenizer

    def of(self, text: str) -> NDArray[np.float32]:
        """The vector of a text: 256 numbers of length 1, zeros for an empty text."""
        import numpy as np

        pieces = self._tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8"), add_special_tokens=False).ids
        if not pieces:
            return np.zeros(self._table.shape[1], np.float32)
        mean = self._table[pieces].mean(axis=0, dtype=np.float32)
        return mean / max(float(np.linalg.norm(mean)), 1e-9)

    def matrix(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        return np.stack([self.of(text) for text in texts])


class Prototypes:
    """Classes by example phrases."""

    def __init__(self, vectors: Vectors, examples: Mapping[str, Sequence[str]]) -> None:
        self._vectors = vectors
        self._rows = {name: vectors.matrix(phrases) for name, phrases in examples.items()}

    def ranked(self, text: str) -> list[tuple[str, float]]:
        """The classes with their nearness (mostly 0 to 1), best first: each by its three nearest examples' mean."""
        import numpy as np

        vector = self._vectors.of(text)
        scores = [(name, float(np.sort(rows @ vector)[-3:].mean())) for name, rows in self._rows.items()]
        return sorted(scores, key=lambda pair: -pair[1])


@lru_cache(maxsize=1)
def vectors() -> Vectors | None:
    """The vectors, loaded on first use (about 0.1 s); None where the package is not installed."""
    folder = _folder()
    if folder is None:
        return None
    try:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer
    except ImportError:
        return None
    table = next(iter(load_file(folder / _WEIGHTS).values()))
    return Vectors(table, Tokenizer.from_file(str(folder / _TOKENIZER)))


def _folder() -> Path | None:
    spec = find_spec("wordllama")
    for place in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(place)
        if (folder / _WEIGHTS).is_file() and (folder / _TOKENIZER).is_file():
            return folder
    return None
