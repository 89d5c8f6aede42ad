"""`mutoscope models`: what the server offers."""

from __future__ import annotations

from mutoscope.cli.options import DEFAULT_URL, ApiKey, Json, Url
from mutoscope.cli.session import run


def models(as_json: Json = False, url: Url = DEFAULT_URL, api_key: ApiKey = None) -> None:
    """List the models with their sizes, lengths, capabilities and prices.

    A table on a terminal; in a pipe one line a model with id, default size, default seconds, sizes, seconds,
    capabilities, remix strategies, price and who verified it, separated by tabs, and commas between several.
    """
    from mutoscope.cli import show
    from mutoscope.cli.records import read_models

    answer = run(url, api_key, lambda client: client.models())
    if as_json:
        show.print_json(answer)
    else:
        show.print_models(read_models(answer))
