"""Who is told of the runs of a job, and of what, as a file says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from schedkit.commands import VARIABLE, Command, FromEnv, FromFile, Variable
from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.records import as_dict, field, replace
from schedkit.regex import re
from schedkit.scalars import Duration
from schedkit.typed import Annotated, Any, Literal
from schedkit.values import Entry, Form, Listed, Meanings, Written, documented, read, shape, written

RECEIVERS = ("command", "webhook", "email", "apprise")
_LONGEST = timedelta(days=30)
_MOST = 1_000_000  # failures in a row that somebody waits for
_KEYS = {"from": "sender"}  # those that are no names in Python, and the fields that they are

# ---- of what

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

# ---- whom

Text = str | FromFile | FromEnv


class Given(Form):
    """A text that *check* returns or refuses, or where to take it from; *example* is one."""

    check: Callable[[str], str]
    example: str

    def value(self, raw: object) -> Text:
        """Return the text, or where it is to be taken from."""
        found: Text = VARIABLE.value(raw)
        return self.check(found) if isinstance(found, str) else found

    def write(self, value: Text) -> str | dict[str, str]:
        """Return the text, or the mapping that says where to take it from."""
        return VARIABLE.write(value)

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        return {**VARIABLE.schema(), "examples": [self.example]}


class GivenSeveral(Given):
    """One such text, or a list of them."""

    def value(self, raw: object) -> Any:
        """Return them all."""
        if not isinstance(raw, (list, tuple)):
            return (super().value(raw),)
        found: list[Text] = []
        problems: list[Problem] = []
        for place, one in enumerate(raw):
            try:
                found.append(super().value(one))
            except ConfigError as error:
                problems += error.within(place).problems
        if not raw:
            problems.append(Problem("the list is empty", f"write one at least: {self.example}"))
        if problems:
            raise ConfigError(*problems)
        return tuple(found)

    def write(self, value: Any) -> Any:
        """Return the list, or the one alone."""
        texts = [super(GivenSeveral, self).write(one) for one in value]
        return texts[0] if len(texts) == 1 else texts

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        one = super().schema()
        return {**one, "type": [*one["type"], "array"], "items": one, "minItems": 1}


def _url(text: str) -> str:
    url = text.strip()
    if not re.fullmatch(r"https?://[^\s/?#]+[^\s]*", url):
        raise ConfigError.of(f"{text!r} is no URL of the web", "it begins with https://")
    return url


def _service(text: str) -> str:
    url = text.strip()
    if not re.match(r"[A-Za-z0-9]{2,20}://.", url):
        raise ConfigError.of("this is no URL of Apprise", "such as: slack://token, mailto://...")
    return url


def _address(text: str) -> str:
    address = text.strip()
    if "," in address:
        raise ConfigError.of(f"{text!r} is no address", "write several as a list")
    if not address or not address.isprintable():
        raise ConfigError.of(f"{text!r} is no address")
    return address


def _server(text: str) -> str:
    if not re.fullmatch(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", text.strip()):
        raise ConfigError.of(f"{text!r} is no mail server", "write HOST or HOST:PORT")
    return text.strip()


_TLS = Meanings(
    (
        "Begun without, and no mail without it: as usual on port 587.",
        "From the beginning: as usual on port 465.",
        "Never.",
    )
)


class Webhook(Entry):
    """A URL that the message is sent to."""

    url: Annotated[Text, Given(_url, "https://example.com/alerts")]
    """Where it is sent to."""
    method: Literal["POST", "PUT"] = "POST"
    """How it is sent."""
    headers: dict[str, Variable] = field(default_factory=dict)
    """Headers that are sent with it."""
    body: Annotated[Text, Given(str, '{"text": "$title"}')] | None = None
    """What is sent in place of the message as JSON: $title, $text and the like stand for parts."""


class Email(Entry):
    """A letter with the message."""

    to: Annotated[tuple[Text, ...], GivenSeveral(_address, "ops@example.com")]
    """Who gets it."""
    sender: Annotated[Text, Given(_address, "sched@example.com")] | None = None
    """Who it is from; sched at the name of this machine unless it is said."""
    smtp: Annotated[Text, Given(_server, "mail.example.com:587")] = "localhost:25"
    """The server that takes it, with its port where it is not the usual one."""
    tls: Annotated[Literal["starttls", "tls", "none"], _TLS] | None = None
    """Whether the connection is secured; as the server offers it unless it is said."""
    user: Annotated[Text, Given(str, "sched")] | None = None
    """The user that the server knows."""
    password: Annotated[Text, Given(str, "{from_file: smtp-password}")] | None = None
    """The password of that user."""
    subject_prefix: Annotated[Text, Given(str, "[sched] ")] = "[sched] "
    """What each subject begins with."""


class Spelled(Form):
    """A record of *kind*, or the value of its field *bare* alone."""

    kind: type[Entry]
    bare: str

    def value(self, raw: object) -> Any:
        """Return what it says."""
        if isinstance(raw, self.kind):
            return raw
        if isinstance(raw, (str, list, tuple)):
            raw = {self.bare: raw}
        if not isinstance(raw, Mapping):
            hint = f"write its {self.bare}, or a mapping"
            raise ConfigError.of(f"{shape(raw)} stands where a mapping belongs", hint)
        names = [spelled(name) for name in self.kind._fields]
        problems = [
            Problem(f"unknown key {key!r}", did_you_mean(key, names), (key,), on_key=True)
            for key in raw
            if key not in names
        ]
        known = {str(_KEYS.get(key, key)): one for key, one in raw.items() if key in names}
        try:
            found = read(self.kind, known)
        except ConfigError as error:
            problems += map(_as_written, error.problems)
        if problems:
            raise ConfigError(*problems)
        return found

    def write(self, value: Entry) -> Any:
        """Return the one value alone, or the mapping."""
        said = {spelled(name): one for name, one in written(value).items()}
        return said[self.bare] if said.keys() == {self.bare} else said

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: the one value, or the mapping."""
        told: Any = documented(self.kind)  # type: ignore[arg-type]  # a class can be hashed
        own = {spelled(name): one for name, one in told.json_schema()["properties"].items()}
        bare = own[self.bare]
        listed = {key: bare[key] for key in ("items", "minItems") if key in bare}
        kinds = ["string", "object", *(["array"] if listed else [])]
        return {
            "type": kinds,
            "properties": own,
            "additionalProperties": False,
            **listed,
            "examples": bare["examples"],
        }


def spelled(name: str) -> str:
    """Return a field of a receiver as its key is written."""
    return next((key for key, one in _KEYS.items() if one == name), name)


def _as_written(problem: Problem) -> Problem:
    first, *rest = problem.path or ("",)
    return replace(problem, path=(spelled(str(first)), *rest)) if problem.path else problem


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
    apprise: Annotated[tuple[Text, ...], GivenSeveral(_service, "slack://token")] = ()
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
            return _plain(as_dict(how))
        return _plain({"urls": self.apprise} if self.apprise else {"command": self.command})

    def __str__(self) -> str:
        """Say who it is, without what may be a secret."""
        match self.kind:
            case "email":
                assert self.email is not None
                return f"email {', '.join(map(_shown, self.email.to))}"
            case "webhook":
                assert self.webhook is not None
                return f"webhook {_shown_url(self.webhook.url)}"
            case "apprise":
                return f"apprise {', '.join(map(_shown_service, self.apprise))}"
            case _:
                command = self.command
                return f"command {command if isinstance(command, str) else ' '.join(command or ())}"


def _plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a notifier reads: no more than is said."""
    return {spelled(key): _value(one) for key, one in said.items() if one not in (None, {})}


def _value(value: Any) -> Any:
    if isinstance(value, (FromFile, FromEnv)):  # which are tuples, too
        return VARIABLE.write(value)
    if isinstance(value, dict):
        return {key: _value(one) for key, one in value.items()}
    return [_value(one) for one in value] if isinstance(value, tuple) else value


def _shown(text: Text) -> str:
    match text:
        case FromFile():
            return f"from {text.path}"
        case FromEnv():
            return f"from ${text.name}"
        case _:
            return text


def _shown_url(text: Text) -> str:
    """Return a URL as far as its host: what follows may be a secret, and what stands before it."""
    if not isinstance(text, str):
        return _shown(text)
    scheme, _, rest = text.partition("://")
    host = rest.partition("/")[0].partition("?")[0].partition("#")[0]
    return f"{scheme}://{host.rpartition('@')[2]}"


def _shown_service(text: Text) -> str:
    return f"{text.partition('://')[0]}://" if isinstance(text, str) else _shown(text)


class Notifiers(Form):
    """What stands under `notify`: one notifier, or a list of them, which may be empty."""

    def value(self, raw: object) -> tuple[Notifier, ...]:
        """Return them all."""
        if not isinstance(raw, (list, tuple)):
            return (self._one(raw),)
        found: list[Notifier] = []
        problems: list[Problem] = []
        for place, one in enumerate(raw):
            try:
                found.append(self._one(one))
            except ConfigError as error:
                problems += error.within(place).problems
        if problems:
            raise ConfigError(*problems)
        return tuple(found)

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
        told: Any = documented(Notifier)
        one = {
            "type": "object",
            "properties": told.json_schema()["properties"],
            "additionalProperties": False,
        }
        return {**one, "type": ["object", "array"], "items": one}


NOTIFIERS = Notifiers()


class Ping(Entry):
    """A check that watches whether the job runs, of Healthchecks or what is like it."""

    url: Annotated[Text, Given(_url, "https://hc-ping.com/your-uuid")]
    """The URL of the check."""
    start: bool = True
    """Whether it is told of the start of each run, too: so it knows how long one takes."""

    def to(self) -> dict[str, Any]:
        """Return the receiver as plain data: what a process of the notifier is told of it."""
        return _plain({"url": self.url})

    def __str__(self) -> str:
        """Say which it is, without what may be a secret."""
        return f"ping {_shown_url(self.url)}"


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
