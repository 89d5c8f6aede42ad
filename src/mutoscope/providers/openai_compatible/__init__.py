"""Servers that speak the OpenAI Videos API: self-hosted engines, proxies, Azure, and other instances of Mutoscope.

upstream        what the operator names: vLLM-Omni 0.30, SGLang 0.5.23, LocalAI, LiteLLM 1.109, new-api, Azure,
                Mutoscope, others
documentation   openai 3.54.0 `resources/videos.py`; the servers' own sources
facts of        2026-11-22
capabilities    by dialect, see `dialects.py`: create, first frame, native remix, edit, extension, guides, seed, cancel
credential      a bearer token, or Azure's `api-key`; none where the server wants none
billing unit    the operator's own, told in the model's `price`; a paid Mutoscope tells its charge
notes           No model is built in: what a server offers is known to who runs it.
                OpenAI's own service was shut down on 2026-09-24.
                A repeated create makes a second job everywhere but at another Mutoscope, which honours keys.
                LocalAI has no jobs: its one call answers when the clip is made.
"""

from mutoscope.providers.openai_compatible.provider import ADAPTER

__all__ = ["ADAPTER"]
