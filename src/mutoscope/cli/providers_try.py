"""`mutoscope providers try`: a real video and its remix with the operator's own key, compared with what we expect."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mutoscope.cli.outcome import CliError, ExitCode, misused
from mutoscope.cli.provider_file import Config, DataDir, opened
from mutoscope.domain.errors import ConfigurationError, UnsupportedByModel

if TYPE_CHECKING:
    from mutoscope.providers.configuration import Configuration, ConfiguredProvider, Credential
    from mutoscope.providers.recording import Recording
    from mutoscope.providers.trial import Trial

NAMES = 1000


def try_(
    name: Annotated[str, typer.Argument(help="The provider; with several keys the account, such as runway@main.")],
    max_spend: Annotated[str | None, typer.Option(help="USD that both videos may cost; by default nothing.")] = None,
    minutes: Annotated[float, typer.Option(min=1, max=600, help="How long both may take.")] = 15.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Make one cheap video and a remix of it with your own key, and compare what comes with what is expected.

    This spends money. Each video is asked for once, never again. Both, and a recording of all that was said with
    nothing secret in it, are written into the current folder. The exit code is 1 after a difference or a failure.
    """
    import time

    from mutoscope.cli.provider_trial import Limits, carry_out
    from mutoscope.cli.trial_report import Report
    from mutoscope.providers.trial import plan_trial

    most = spendable(max_spend)
    configured, credential = chosen(opened(data_dir, config)[1], name)
    if credential.problem is not None:
        raise misused(credential.problem.message)
    try:
        trial = plan_trial(credential.account, configured.models, time.time())
    except UnsupportedByModel as error:
        raise misused(error.message) from None
    for line in announced(trial):
        say(line)
    check_cost(trial, most)
    if not yes:
        _confirm()
    recording = _recording(credential)
    report = Report(say)
    limits = Limits(most, minutes)
    try:
        is_fine = asyncio.run(carry_out(trial, configured, credential, recording, limits, report))
    except ConfigurationError as error:
        raise misused(error.message) from None
    finally:
        recording.close()
        say(f"Recorded, without secrets, in {recording.path.name}; attach it when you open an issue.")
    for line in concluded(trial, report.differences, datetime.now(UTC).date().isoformat()):
        say(line)
    if not is_fine:
        raise typer.Exit(ExitCode.REFUSED)


def spendable(text: str | None) -> int:
    """--max-spend in millionths; 0 where it is not given."""
    from decimal import Decimal, InvalidOperation

    from mutoscope.domain.money import in_millionths

    try:
        amount = Decimal(text or "0")
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount <= 1_000_000:
        raise misused(f"--max-spend is {text!r}; allowed: an amount in USD, such as 1.00.")
    return in_millionths(str(amount))


def chosen(configuration: Configuration, name: str) -> tuple[ConfiguredProvider, Credential]:
    """The account that is meant: by its own name, or by its provider's where that has one only."""
    found = [
        (provider, credential)
        for provider, credential in configuration.accounts
        if name in (credential.account, provider.name)
    ]
    if len(found) == 1:
        return found[0]
    accounts = ", ".join(credential.account for _, credential in found or configuration.accounts)
    problem = f"{name!r} has several accounts" if found else f"No account is called {name!r}"
    raise misused(f"{problem}; allowed: {accounts or 'none, since no provider is configured'}.")


def announced(trial: Trial) -> list[str]:
    """What will be done, and what it costs by our data."""
    from mutoscope.domain.money import as_text

    lines = []
    for step in trial.steps:
        price = "price not known" if step.cost is None else f"{as_text(step.cost)} USD"
        shape = f"{step.request.size}, {step.request.seconds:g} s"
        lines.append(f"{step.name}: '{step.spec.name}', {shape}, {price}")
    if trial.remix is None:
        lines.append("no remix: no model of this account can take the clip")
    lines.append(f"together, by our data: {as_text(trial.cost)} USD")
    return lines


def check_cost(trial: Trial, most: int) -> None:
    """Refuse what costs more than is allowed, or nobody knows what while nothing is allowed."""
    from mutoscope.domain.money import as_text

    if trial.cost > most:
        raise misused(
            f"It would cost {as_text(trial.cost)} USD; --max-spend allows {as_text(most)}. Nothing was sent.",
            f"Add --max-spend {as_text(trial.cost)} to spend that much.",
        )
    if trial.unpriced and most == 0:
        raise misused(
            f"No price is known for {', '.join(trial.unpriced)}. Nothing was sent.",
            "Add --max-spend with any amount if you know what it costs; for a model without a price it is no limit.",
        )


def concluded(trial: Trial, differences: list[str], today: str) -> list[str]:
    if differences:
        return [
            f"{len(differences)} difference{'s' * (len(differences) != 1)}:",
            *(f"! {sentence}" for sentence in differences),
        ]
    names = dict.fromkeys(step.spec.name for step in trial.steps)
    return [
        "Everything came as expected. Put this into your models file:",
        *(f'verified = "live {today}"    # {name}' for name in names),
    ]


def say(line: str) -> None:
    typer.echo("".join(character if character.isprintable() else "�" for character in line))


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise misused("Nobody is there to be asked.", "Add --yes to spend without a question.")
    if not typer.confirm("Go on?", err=True):
        raise typer.Exit(ExitCode.REFUSED)


def _recording(credential: Credential) -> Recording:
    """A new file in the current folder; nothing that is there is written over."""
    from mutoscope.providers.recording import Recording
    from mutoscope.redaction import Redaction

    redaction = Redaction([credential.secret])
    stem = f"mutoscope-try-{credential.account}-{datetime.now(UTC).date().isoformat()}"
    for number in range(1, NAMES):
        path = Path(f"{stem}.jsonl" if number == 1 else f"{stem}-{number}.jsonl")
        try:
            return Recording(path, redaction)
        except FileExistsError:
            continue
        except OSError as error:
            raise misused(f"Nothing can be written into this folder: {error.strerror}.") from None
    raise CliError(f"There are {NAMES} recordings of today in this folder already.", ExitCode.USAGE)
