"""The flavours of the dialect by their names."""

from collections.abc import Mapping

from mutoscope.testing.upstreams.openai_compatible.gateways import Azure, LiteLLM, Mutoscope, NewApi
from mutoscope.testing.upstreams.openai_compatible.openai import OpenAI
from mutoscope.testing.upstreams.openai_compatible.self_hosted import SGLang, VllmOmni

FLAVOURS: Mapping[str, type[OpenAI]] = {
    each.name: each for each in (OpenAI, Azure, VllmOmni, SGLang, LiteLLM, NewApi, Mutoscope)
}
