"""Who is told of the runs of a job, and of what, as a file says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from schedkit.commands import Command
from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.receivers import (
    Email,
    Given,
    Services,
    Spelled,
    Text,
    Webhook,
    plain,
    shown,
    shown_service,
    shown_url,
    url_of_web,
)
from schedkit.records import as_dict, replace
from schedkit.regex import re
from schedkit.scalars import Duration
from schedkit.spelling import each, keys_of
from schedkit.typed import Annotated, Any
from schedkit.values import Entry, Form, Listed, Written, read, shape, written

RECEIVERS = ("command", "webhook", "email", "apprise")
_LONGEST = timedelta(days=30)
_MOST = 1_000_000  # failures in a row that somebody waits for

REASONS = {
    "failure": "Each run that has failed, timed out or was lost, after its last retry.",
    "first_failure": "The first of them after a success.",
    "recovery": "The first success after a failure of which this receiver was told.",
    "success": "Each run that has succeeded.",
    "missed": "Fire times that passed while no runner was up, or that came too late.",
    "skipped": "Fire times that had no run, because an earlier one went on, say.",
    "cancelled": "Runs that somebody has cancelled.",
    "lost": "Runs of which nobody knows how they ended.",
    "late": "A run has not started when sla.late_after says.",
    "overdue": "No run has succeeded within sla.succeeded_within.",
    "too_long": "A run goes on for longer than sla.max_runtime.",
}
_USUAL = ("first_failure", "recovery", "missed", "lost", "late", "overdue", "too_long")
_ALIAS = {"final_failure": "failure"}  # no attempt is told of that is tried again
_EVERY = re.compile(r"every\s+([0-9]{1,7})(st|nd|rd|th)\s+failure")
_ALERTS = ("failure", "recovery")
_EXAMPLE = "first_failure"


def _reason(text: str) -> str:
    word = " ".join(text.split())
    word = _ALIAS.get(word, word)
    if word in REASONS:
        return word
    every = _EVERY.fullmatch(word)
    if every is not None and 2 <= int(every[1]) <= _MOST:
        return f"every {ordinal(int(every[1]))} failure"
    if word.startswith("every"):
        raise ConfigError.of(f"{text!r} is no number of failures", "write: every 10th failure")
    known = f"one of: {', '.join(REASONS)}, every 10th failure"
    message = f"{text!r} is nothing that somebody is told of"
    raise ConfigError.of(message, did_you_mean(word, [*REASONS, *_ALIAS]) or known)


def ordinal(number: int) -> str:
    """
    Return a number as one of a row.

    >>> ordinal(1), ordinal(12), ordinal(103)
    ('1st', '12th', '103rd')
    """
    last = 0 if number // 10 % 10 == 1 else number % 10
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def every(reason: str) -> int | None:
    """Return how many failures in a row a reason counts, if it does."""
    return int(reason.split()[1][:-2]) if reason.startswith("every ") else None


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


_REASON = r"^(every\s+[0-9]+(st|nd|rd|th)\s+failure|[a-z_]+)$"
Reasons = Annotated[tuple[str, ...], Listed(Written(str, _reason, str, _REASON, _EXAMPLE), _once)]


class Notifier(Entry):
    """One that is told: a command, a URL, a mailbox or a service, and of what."""

    when: Reasons = _USUAL
    """Of what it is told."""
    command: Command | None = None
    """A command that is run, with the message on its input and in its environment."""
    webhook: Annotated[Webhook, Spelled(Webhook, "url")] | None = None
    """A URL that gets the message as JSON, or a mapping that says how it is sent."""
    email: Annotated[Email, Spelled(Email, "to")] | None = None
    """The address that gets the message, a list of them, or a mapping that says how it is sent."""
    apprise: Services = ()
    """URLs of services that Apprise knows: Slack, Telegram, Matrix and a hundred more."""
    cooldown: Duration | None = None
    """Of the same reason for the same job it is told once in this time; the rest is counted."""

    def __post_init__(self) -> None:
        said = [name for name in RECEIVERS if getattr(self, name)]
        if len(said) > 1:
            message = f"{said[0]!r} and {said[1]!r} are both there"
            hint = "keep one, and write the other as an entry of its own"
            raise ConfigError(Problem(message, hint, (said[1],), on_key=True))
        if not said:
            raise ConfigError.of(
                "this says nobody to tell", f"write one of: {', '.join(RECEIVERS)}"
            )
        if self.cooldown is not None and not timedelta(0) < self.cooldown <= _LONGEST:
            message = "cooldown is zero" if not self.cooldown else "cooldown is longer than 30d"
            raise ConfigError(Problem(message, path=("cooldown",)))

    @property
    def kind(self) -> str:
        """Which of RECEIVERS it is."""
        return next(name for name in RECEIVERS if getattr(self, name))

    def to(self) -> dict[str, Any]:
        """Return the receiver as plain data: what a process of the notifier is told of it."""
        how = self.webhook or self.email
        if how is not None:
            return plain(as_dict(how))
        return plain({"urls": self.apprise} if self.apprise else {"command": self.command})

    def __str__(self) -> str:
        """Say who it is, without what may be a secret."""
        match self.kind:
            case "email":
                assert self.email is not None
                return f"email {', '.join(map(shown, self.email.to))}"
            case "webhook":
                assert self.webhook is not None
                return f"webhook {shown_url(self.webhook.url)}"
            case "apprise":
                return f"apprise {', '.join(map(shown_service, self.apprise))}"
            case _:
                command = self.command
                return f"command {command if isinstance(command, str) else ' '.join(command or ())}"


class Notifiers(Form):
    """What stands under `notify`: one notifier, or a list of them, which may be empty."""

    def value(self, raw: object) -> tuple[Notifier, ...]:
        """Return them all."""
        if not isinstance(raw, (list, tuple)):
            return (self._one(raw),)
        return each(raw, self._one)

    def _one(self, raw: object) -> Notifier:
        if isinstance(raw, Notifier):
            return raw
        if not isinstance(raw, Mapping):
            hint = "write who is told, such as {email: ops@example.com}; [] is nobody"
            raise ConfigError.of(f"{shape(raw)} stands where a mapping belongs", hint)
        return read(Notifier, raw)

    def write(self, value: tuple[Notifier, ...]) -> Any:
        """Return the list of them."""
        return [written(one) for one in value]

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: one mapping, or a list of them."""
        one = {"type": "object", "properties": keys_of(Notifier), "additionalProperties": False}
        return {**one, "type": ["object", "array"], "items": one}


NOTIFIERS = Notifiers()


class Ping(Entry):
    """A check that watches whether the job runs, of Healthchecks or what is like it."""

    url: Annotated[Text, Given(url_of_web, "https://hc-ping.com/your-uuid")]
    """The URL of the check."""
    start: bool = True
    """Whether it is told of the start of each run, too: so it knows how long one takes."""

    def to(self) -> dict[str, Any]:
        """Return the receiver as plain data: what a process of the notifier is told of it."""
        return plain({"url": self.url})

    def __str__(self) -> str:
        """Say which it is, without what may be a secret."""
        return f"ping {shown_url(self.url)}"


PING = Spelled(Ping, "url")


def alerted(
    own: tuple[Notifier, ...] | None, of_file: tuple[Notifier, ...]
) -> tuple[Notifier, ...]:
    """
    Return who is told of a job that alerts on failure.

    These are the notifiers *of_file*, told of failures and recoveries at least; beside those that
    the job has for its *own*, if it says any, of nothing else.
    """
    if own is None:
        return tuple(replace(one, when=_once((*one.when, *_ALERTS))) for one in of_file)
    return (*own, *(replace(one, when=_ALERTS) for one in of_file))
