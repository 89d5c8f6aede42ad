"""Opening a database by its address, whichever of the two it is."""

from __future__ import annotations

from mutoscope.database.address import file_of
from mutoscope.database.connection import Database
from mutoscope.database.embedded import open_embedded
from mutoscope.database.migrate import check, migrate
from mutoscope.domain.errors import ConfigurationError, DatabaseUnavailable

OLDEST_SERVER = 130_000  # as PostgreSQL counts: 13.0


def open_database(url: str) -> Database:
    """The database at this address. An SQLite file is brought to this version's schema, PostgreSQL must have it.

    ConfigurationError says what is wrong with it, DatabaseUnavailable that it does not answer.
    """
    file = file_of(url)
    if file is not None:
        migrate(url)
        return open_embedded(file)
    from mutoscope.database.postgres import open_postgres

    check_server(url)
    check(url)
    return open_postgres(url)


def check_server(url: str) -> None:
    """ConfigurationError if this PostgreSQL server could lose what it has committed, or is not one we know."""
    import psycopg

    from mutoscope.database.session import connect

    try:
        with connect(url) as session:
            version = session.info.server_version
            told = {name: session.execute(f"SHOW {name}").fetchone() for name in ("fsync", "server_encoding")}
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(f"The database cannot be reached: {' '.join(str(error).split())}") from None
    except psycopg.Error as error:
        raise ConfigurationError(f"The database cannot be used: {' '.join(str(error).split())}") from None
    if version < OLDEST_SERVER:
        raise ConfigurationError(f"PostgreSQL {version // 10_000} is too old; use 13 or newer.")
    if told["fsync"] != ("on",):
        raise ConfigurationError(
            "This PostgreSQL server runs with fsync=off: a power cut would lose or spoil what was accepted. Turn it on."
        )
    if told["server_encoding"] != ("UTF8",):
        raise ConfigurationError(
            f"The database's encoding is {(told['server_encoding'] or ['unknown'])[0]}; make one with ENCODING 'UTF8'."
        )
