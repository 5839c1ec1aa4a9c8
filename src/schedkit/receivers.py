"""Where messages go, as a file says it: texts of which each may be kept elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from schedkit.commands import VARIABLE, FromEnv, FromFile, Variable, is_elsewhere
from schedkit.errors import ConfigError, Problem, did_you_mean
from schedkit.message_parts import PARTS
from schedkit.records import field
from schedkit.regex import re
from schedkit.spelling import each, keys_of, read_as_spelled, spelled, write_as_spelled
from schedkit.typed import Annotated, Any, Literal
from schedkit.values import Entry, Form, Meanings, shape

Text = str | FromFile | FromEnv
_Steps = tuple[str | int, ...]
_SMTP = 25
_PORTS = 65535
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # Source: RFC 9110 5.6.2
_OF_HEADER = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")


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
        if not raw:
            raise ConfigError.of("the list is empty", f"write one at least: {self.example}")
        return each(raw, super().value)

    def write(self, value: Any) -> Any:
        """Return the list, or the one alone."""
        texts = [super(GivenSeveral, self).write(one) for one in value]
        return texts[0] if len(texts) == 1 else texts

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        one = super().schema()
        return {**one, "type": [*one["type"], "array"], "items": one, "minItems": 1}


def url_of_web(text: str) -> str:
    """
    Read a URL of the web.

    Raises: ConfigError.
    """
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
    spaced = "<" not in address and any(character.isspace() for character in address)
    if not address or not address.isprintable() or spaced:
        raise ConfigError.of(f"{text!r} is no address")
    return address


def _server(text: str) -> str:
    found = re.fullmatch(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?", text.strip())
    if not found or not 0 < int(found[2] or _SMTP) <= _PORTS:
        raise ConfigError.of(f"{text!r} is no mail server", "write HOST or HOST:PORT")
    return text.strip()


def _body(text: str) -> str:
    from string import Template  # few have a body

    names = [one["named"] or one["braced"] for one in Template.pattern.finditer(text)]
    known = f"one of: {', '.join(PARTS)}; $$ is the sign itself"
    problems = [
        Problem(f"'${name}' is no part of a message", did_you_mean(name, PARTS) or known)
        for name in dict.fromkeys(names)
        if name and name not in PARTS
    ]
    if problems:
        raise ConfigError(*problems)
    return text


Services = Annotated[tuple[Text, ...], GivenSeveral(_service, "slack://token")]
_TLS = Meanings(
    (
        "Begun without, and no mail without it: as usual on port 587.",
        "From the beginning: as usual on port 465.",
        "Never.",
    )
)


class Webhook(Entry):
    """A URL that the message is sent to."""

    url: Annotated[Text, Given(url_of_web, "https://example.com/alerts")]
    """Where it is sent to."""
    method: Literal["POST", "PUT"] = "POST"
    """How it is sent."""
    headers: dict[str, Variable] = field(default_factory=dict)
    """Headers that are sent with it."""
    body: Annotated[Text, Given(_body, '{"text": "$title"}')] | None = None
    """What is sent in place of the message as JSON: $title, $text and the like stand for parts."""

    def __post_init__(self) -> None:
        problems = []
        for name, value in self.headers.items():
            if not _HEADER.fullmatch(name):
                message = f"{name!r} is no name of a header"
                problems.append(Problem(message, path=("headers", name), on_key=True))
            if isinstance(value, str) and not _OF_HEADER.fullmatch(value):
                message = "a character stands here that no header can have"
                problems.append(Problem(message, path=("headers", name)))
        if problems:
            raise ConfigError(*problems)


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
    """
    A record of *kind*, or the value of its field *bare* alone.

    That may be kept elsewhere: what says no more than where is the value.
    """

    kind: type[Entry]
    bare: str

    def value(self, raw: object) -> Any:
        """Return what it says."""
        if isinstance(raw, self.kind):
            return raw
        if isinstance(raw, (str, list, tuple)) or is_elsewhere(raw):
            raw = {self.bare: raw}
        if not isinstance(raw, Mapping):
            hint = f"write its {self.bare}, or a mapping"
            raise ConfigError.of(f"{shape(raw)} stands where a mapping belongs", hint)
        return read_as_spelled(self.kind, raw)

    def write(self, value: Entry) -> Any:
        """Return the one value alone, or the mapping."""
        said = write_as_spelled(value)
        return said[self.bare] if said.keys() == {self.bare} else said

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: the one value, or the mapping."""
        own = keys_of(self.kind)
        bare = own[self.bare]
        listed = {key: bare[key] for key in ("items", "minItems") if key in bare}
        kinds = ["string", "object", *(["array"] if listed else [])]
        return {
            "type": kinds,
            "properties": {**own, **bare["properties"]},
            "additionalProperties": False,
            **listed,
            "examples": bare["examples"],
        }


# ---- as plain data, and shown


def plain(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a notifier reads: no more than is said."""
    return {spelled(key): _value(one) for key, one in said.items() if one not in (None, {})}


def _value(value: Any) -> Any:
    if isinstance(value, (FromFile, FromEnv)):  # which are tuples, too
        return VARIABLE.write(value)
    if isinstance(value, dict):
        return {key: _value(one) for key, one in value.items()}
    return [_value(one) for one in value] if isinstance(value, tuple) else value


def files(said: Any, path: _Steps = ()) -> Iterator[tuple[_Steps, str]]:
    """
    Yield the files in which something of a receiver is kept, from its plain data.

    Each stands behind the path that leads to it, *path* being where that data stands.
    """
    if isinstance(said, Mapping):
        for key, one in said.items():
            if key == "from_file" and isinstance(one, str):
                yield (*path, key), one
            else:
                yield from files(one, (*path, key))
    elif isinstance(said, list):
        for place, one in enumerate(said):
            yield from files(one, (*path, place))


def shown(text: Text) -> str:
    """Return a text that is no secret, or where one is kept."""
    match text:
        case FromFile():
            return f"from {text.path}"
        case FromEnv():
            return f"from ${text.name}"
        case _:
            return text


def shown_url(text: Text) -> str:
    """Return a URL as far as its host: what follows may be a secret, and what stands before it."""
    if not isinstance(text, str):
        return shown(text)
    scheme, _, rest = text.partition("://")
    host = rest.partition("/")[0].partition("?")[0].partition("#")[0]
    return f"{scheme}://{host.rpartition('@')[2]}"


def shown_service(text: Text) -> str:
    """Return what the URL of a service begins with: anything else of it may be a secret."""
    return f"{text.partition('://')[0]}://" if isinstance(text, str) else shown(text)
