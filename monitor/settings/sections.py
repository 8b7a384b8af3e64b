"""Which keys does newsmon.yaml take, of which kind, with which defaults?

The same defaults stand, with a comment for people, in `config/default.yaml`; a test holds the two
together in both directions.
"""

from datetime import time, timedelta
from typing import Annotated, Literal, get_args

from pydantic import Field, SecretStr

from monitor.settings.blocks import Block
from monitor.settings.recipients import RecipientBlock
from monitor.settings.values import DatabaseUrl, Email, Network, ProxyUrl, Size, TimeOfDay, Words, Zone, span

Port = Annotated[int, Field(ge=1, le=65535)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "never"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)[:7]
Count = Annotated[int, Field(ge=1, le=1000)]


class Operator(Block):
    """Who runs this. `contact` is a mail address or URL that outlets see in our User-Agent."""

    contact: Words | None = None


class Database(Block):
    """Where everything is remembered; None until `load` puts SQLite in the data folder there.

    The URL may hold a password (from the environment), so it is not part of the repr.
    """

    url: DatabaseUrl | None = Field(default=None, repr=False)


class Http(Block):
    """How we behave on the network. Sizes are bytes after decompression."""

    proxy: ProxyUrl | None = Field(default=None, repr=False)
    timeout: Annotated[timedelta, span("1s", "5m")] = timedelta(seconds=30)
    connect_timeout: Annotated[timedelta, span("1s", "5m")] = timedelta(seconds=10)
    read_timeout: Annotated[timedelta, span("1s", "5m")] = timedelta(seconds=15)
    max_feed_size: Size = 5_000_000
    max_page_size: Size = 3_000_000
    concurrency: Count = 50
    per_host: Count = 2
    spacing: Annotated[timedelta, span("0s", "1h")] = timedelta(milliseconds=500)
    ports: tuple[Port, ...] = (80, 443)
    allowed: tuple[Network, ...] = ()


class Workers(Block):
    """The processes that parse hostile bytes. Memory in bytes; recycled after so many tasks."""

    count: Annotated[int, Field(ge=1, le=64)] = 2
    deadline: Annotated[timedelta, span("1s", "5m")] = timedelta(seconds=10)
    memory: Annotated[Size, Field(ge=200_000_000)] = 768_000_000
    recycle: Annotated[int, Field(ge=1)] = 200


class Polling(Block):
    """How often feeds are asked, and how often we look for those that are due."""

    poll_every: Annotated[timedelta, span("1s", "30d")] = timedelta(hours=1)
    min_every: Annotated[timedelta, span("1s", "30d")] = timedelta(minutes=5)
    max_every: Annotated[timedelta, span("1s", "30d")] = timedelta(hours=24)
    tick: Annotated[timedelta, span("1s", "10m")] = timedelta(seconds=10)


class Alerts(Block):
    """What is late, what happens to a mail whose answer was never seen, how long we try."""

    late_after: Annotated[timedelta, span("1m", "365d")] = timedelta(hours=24)
    in_doubt: Literal["resend", "hold"] = "resend"
    retry_for: Annotated[timedelta, span("0s", "30d")] = timedelta(days=7)


class Smtp(Block):
    """The mail server. The password never stands in a configuration file."""

    host: Words | None = None
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Words | None = None
    password: SecretStr | None = None
    password_file: Words | None = None
    sender: Email | None = None
    timeout: Annotated[timedelta, span("1s", "10m")] = timedelta(seconds=30)


class Digest(Block):
    """When the daily digest goes out to recipients who say nothing else."""

    at: TimeOfDay = time(8, 0)
    timezone: Zone = "UTC"


class Health(Block):
    """To whom mails on the health of sources go (None: nobody), when, and which faults last.

    `at` is a local time in the digest's time zone.
    """

    to: Email | None = None
    weekly: Weekday = "monday"
    at: TimeOfDay = time(8, 0)
    notices: bool = True
    persistent_after: Annotated[timedelta, span("1h", "30d")] = timedelta(hours=24)


class Retention(Block):
    """How long the history of polls is kept."""

    polls: Annotated[timedelta, span("1d", "3650d")] = timedelta(days=90)


class Log(Block):
    """How the log looks (auto: for people on a terminal, JSON elsewhere) and how much it says."""

    format: Literal["auto", "human", "json"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"


class UsePack(Block):
    """Which parts of the shipped pack are in force; what is left out can still be extended."""

    sources: bool = True
    topics: bool = True
    actors: bool = True
    themes: bool = True
    languages: bool = True


class Main(Block):
    """The whole of newsmon.yaml."""

    operator: Operator = Operator()
    database: Database = Database()
    http: Http = Http()
    workers: Workers = Workers()
    polling: Polling = Polling()
    alerts: Alerts = Alerts()
    smtp: Smtp = Smtp()
    digest: Digest = Digest()
    recipients: tuple[RecipientBlock, ...] = ()
    health: Health = Health()
    retention: Retention = Retention()
    log: Log = Log()
    use_pack: UsePack = UsePack()
