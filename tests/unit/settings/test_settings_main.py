"""The main file: every key, its default, its mistakes; the environment on top; secrets kept out."""

from datetime import time, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError
from settings_desk import Desk

from monitor.domain.alerts import Subscription, When
from monitor.domain.errors import Fault
from monitor.settings.environment import variables
from monitor.settings.sections import Digest, Http, Main, Polling
from monitor.settings.tree import Mapping, read_yaml

ROOT = Path(__file__).resolve().parents[3]


def keys_of_models() -> set[str]:
    """Return section.key for every key, and the sections that are no mappings."""
    found = set()
    for section, field in Main.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            found |= {f"{section}.{key}" for key in model.model_fields}
        else:
            found.add(section)
    return found


def test_default_yaml_and_the_models_agree() -> None:
    """default.yaml has every key there is, no other, and says the default that the program takes."""
    faults: list[Fault] = []
    node = read_yaml((ROOT / "config" / "default.yaml").read_text("utf-8"), "default.yaml", faults)
    assert faults == []
    assert isinstance(node, Mapping)
    written = set()
    for section, value in node.items():
        written |= {f"{section}.{key}" for key in value} if isinstance(value, Mapping) else {str(section)}
    assert written == keys_of_models()
    assert Main.model_validate(node) == Main()


def test_default_yaml_says_something_about_every_key() -> None:
    """In default.yaml every section or key of its own carries a comment."""
    lines = (ROOT / "config" / "default.yaml").read_text("utf-8").split("use_pack:", maxsplit=1)[0]
    bare = []
    section = ""
    for line in lines.splitlines():
        if line and not line.startswith((" ", "#")):
            section = line
        elif ":" in line and "#" not in line and "#" not in section:
            bare.append(line.strip())
    assert bare == ["user: null"]


def test_an_empty_desk_has_the_defaults(desk: Desk) -> None:
    """Without any file of the user the defaults hold, and the database is SQLite in the data folder."""
    settings = desk.load()
    assert settings.polling == Main().polling
    assert settings.database.url == f"sqlite:///{desk.root}/data/newsmon.db"
    assert (settings.feeds, settings.recipients, settings.warnings) == ((), (), ())


def test_later_layers_win_key_by_key(desk: Desk) -> None:
    """newsmon.yaml overrides default.yaml, the environment both; what they leave out stays."""
    desk.write("pack/default.yaml", "polling: {tick: 1s, min_every: 1m}\nlog: {level: error}\n")
    desk.write("user/newsmon.yaml", "polling:\n  tick: 2s\n  max_every: 2h\nlog:\nsmtp:\n  host:\n")
    settings = desk.load(NEWSMON_POLLING_MAX_EVERY="3h", NEWSMON_LOG_FORMAT=" ")
    assert settings.polling.tick == timedelta(seconds=2)
    assert settings.polling.min_every == timedelta(minutes=1)
    assert settings.polling.max_every == timedelta(hours=3)
    assert (settings.log.level, settings.log.format) == ("error", "auto")


def test_values_are_read_as_what_they_are(desk: Desk) -> None:
    """Durations, sizes, times, ports, networks, zones and truth values become what the program works with."""
    desk.write(
        "user/newsmon.yaml",
        """
http: {spacing: 0.25s, max_feed_size: 500 kB, ports: [80, 8080], allowed: [10.0.0.0/8, "::1"],
       proxy: "http://proxy.example:3128"}
workers: {memory: 1GB}
retention: {polls: 1d}
digest: {at: "23:59", timezone: Asia/Tashkent}
smtp: {host: mail.example, sender: news@desk.example}
use_pack: {sources: off, topics: No}
recipients:
  - {id: desk, name: Desk, addresses: {email: desk@example.org}}
  - id: wall
    name: Wall
    digest_at: "07:05"
    timezone: Europe/Brussels
    subscriptions: [{topics: ["*"], when: at-once, min_relevance: 60, channel: console}]
  - {id: mute, name: Mute, subscriptions: []}
""",
    )
    settings = desk.load(NEWSMON_HTTP_PORTS="443, 8443,")
    assert settings.http.spacing == timedelta(milliseconds=250)
    assert settings.http.max_feed_size == 500_000
    assert settings.http.ports == (443, 8443)
    assert settings.http.allowed == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert settings.workers.memory == 1_000_000_000
    desk_, wall, mute = settings.recipients
    assert (desk_.timezone, desk_.digest_at) == ("Asia/Tashkent", time(23, 59))
    assert desk_.addresses == (("email", "desk@example.org"),)
    assert desk_.subscriptions == (Subscription(),)
    assert (wall.timezone, wall.digest_at) == ("Europe/Brussels", time(7, 5))
    assert wall.addresses == (("console", "console"),)
    assert wall.subscriptions == (Subscription(when=When.AT_ONCE, min_relevance=60, channel="console"),)
    assert (mute.addresses, mute.subscriptions) == ((), ())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("smpt: {host: x}", "1:1: smpt: unknown key (did you mean smtp?)"),
        ("smtp:\n  hosst: x", "2:3: smtp.hosst: unknown key (did you mean host?)"),
        ("smtp:\n  zzz:", "2:3: smtp.zzz: unknown key"),
        ("smtp: mail.example", "1:7: smtp: must be a mapping, not text"),
        ("- smtp", "1:1: must be a mapping of sections, not a list"),
        ("just text", "1:1: must be a mapping of sections, not text"),
        ("smtp: {port: many}", "1:14: smtp.port: must be a whole number, not 'many'"),
        ("smtp: {port: 5.5}", "1:14: smtp.port: must be a whole number, not '5.5'"),
        ("smtp: {port: [25]}", "1:14: smtp.port: must be a whole number, not a list"),
        ("smtp: {port: 70000}", "1:14: smtp.port: must be at most 65535, not '70000'"),
        ("smtp: {port: 0}", "1:14: smtp.port: must be at least 1, not '0'"),
        ("http: {max_page_size: 0 MB}", "1:23: http.max_page_size: must be more than 0, not '0 MB'"),
        (
            "http: {max_page_size: 3 MiB}",
            "1:23: http.max_page_size: must be a size, not '3 MiB' (write 500 kB or 5 MB)",
        ),
        ("http: {ports: 80}", "1:15: http.ports: must be a list, not text (write [80])"),
        ("http: {ports: {a: 1}}", "1:15: http.ports: must be a list, not a mapping"),
        (
            "http: {allowed: [10.0.0.1/8]}",
            (
                "1:18: http.allowed: must be an address or a network, not '10.0.0.1/8' "
                "(write 10.1.2.3 or 10.0.0.0/8)"
            ),
        ),
        ("operator: {contact: [a]}", "1:21: operator.contact: must be text, not a list"),
        ('operator: {contact: " "}', "1:22: operator.contact: is empty"),
        (
            "polling: {tick: 10}",
            "1:17: polling.tick: must be a duration, not '10' (write 90s, 30m, 1h or 2d)",
        ),
        (
            "polling: {tick: 1 week}",
            "1:17: polling.tick: must be a duration, not '1 week' (write 90s, 30m, 1h or 2d)",
        ),
        (
            "polling: {tick: {s: 1}}",
            "1:17: polling.tick: must be a duration, not a mapping (write 90s, 30m, 1h or 2d)",
        ),
        ("polling: {tick: 1d}", "1:17: polling.tick: must be between 1s and 10m, not 1d"),
        ("polling: {tick: 0.5s}", "1:17: polling.tick: must be between 1s and 10m, not 0.5s"),
        ("polling: {min_every: 2d}", "1:22: polling.min_every: is longer than max_every"),
        ("polling: {poll_every: 1m}", "1:23: polling.poll_every: must be between 5m and 1d"),
        (
            "alerts: {in_doubt: resent}",
            "1:20: alerts.in_doubt: must be one of resend, hold, not 'resent' (did you mean resend?)",
        ),
        (
            "log: {level: 7}",
            "1:14: log.level: must be one of debug, info, warning, error, not '7'",
        ),
        ("use_pack: {topics: maybe}", "1:20: use_pack.topics: must be true or false, not 'maybe'"),
        ("use_pack: {topics: []}", "1:20: use_pack.topics: must be true or false, not a list"),
        ("digest: {at: 8h}", "1:14: digest.at: must be a time of day, not '8h' (write \"08:00\")"),
        ('digest: {at: "24:00"}', "1:15: digest.at: must be a time of day, not '24:00' (write \"08:00\")"),
        (
            "digest: {timezone: Asia/Taschkent}",
            "1:20: digest.timezone: must be a time zone, not 'Asia/Taschkent' (did you mean Asia/Tashkent?)",
        ),
        (
            "digest: {timezone: ../etc/passwd}",
            (
                "1:20: digest.timezone: must be a time zone, not '../etc/passwd' "
                "(write an IANA name such as Asia/Tashkent)"
            ),
        ),
        (
            "digest: {timezone: Asia}",
            (
                "1:20: digest.timezone: must be a time zone, not 'Asia' "
                "(write an IANA name such as Asia/Tashkent)"
            ),
        ),
        (
            'digest: {timezone: ""}',
            "1:21: digest.timezone: must be a time zone, not '' (write an IANA name such as Asia/Tashkent)",
        ),
        (
            "smtp: {sender: Newsmon}",
            (
                "1:16: smtp.sender: must be an e-mail address, not 'Newsmon' "
                "(write one such as desk@example.org)"
            ),
        ),
        (
            'smtp: {sender: "a@b.org\\r\\nBcc: c@d.org"}',
            (
                "1:17: smtp.sender: must be an e-mail address, not 'a@b.org Bcc: c@d.org' "
                "(write one such as desk@example.org)"
            ),
        ),
        (
            "database: {url: mysql://host/x}",
            (
                "1:17: database.url: must be the URL of a SQLite or PostgreSQL database "
                "(write postgresql://host/name or sqlite:///file)"
            ),
        ),
        (
            "http: {proxy: socks5://host:1}",
            "1:15: http.proxy: must be the URL of an HTTP proxy (write http://proxy.example.org:3128)",
        ),
        (
            "smtp: {user: me}",
            (
                "1:14: smtp.user: there is no password for this user "
                "(set NEWSMON_SMTP_PASSWORD, or smtp.password_file)"
            ),
        ),
        (
            "smtp: {user: me, security: none}",
            (
                "1:14: smtp.user: a password must not travel unencrypted "
                "(use security: starttls or tls, or leave the user out)"
            ),
        ),
        ("recipients: {id: x}", "1:13: recipients: must be a list, not a mapping"),
        ("recipients: [x]", "1:14: recipients: must be a mapping, not text"),
        ("recipients:\n  - name: x\n    subscriptions: []", "2:5: recipients.id: missing"),
        (
            "recipients:\n  - {id: Desk, name: x, subscriptions: []}",
            (
                "2:10: recipients.id: must be an id, not 'Desk' "
                "(write lower-case letters, digits and single hyphens)"
            ),
        ),
        (
            "recipients:\n- {id: d, name: x, subscriptions: []}\n- {id: d, name: y, subscriptions: []}",
            "3:3: recipients.id: d is given twice",
        ),
        (
            "recipients:\n- {id: d, name: x, addresses: {email: d}, subscriptions: []}",
            (
                "2:39: recipients.addresses.email: must be an e-mail address, not 'd' "
                "(write one such as desk@example.org)"
            ),
        ),
        (
            "recipients:\n- {id: d, name: x, subscriptions: [{topics: [], channel: console}]}",
            "2:45: recipients.subscriptions.topics: must not be empty",
        ),
        (
            "recipients:\n- {id: d, name: x, subscriptions: [{topics: [gas], channel: console}]}",
            '2:46: recipients.subscriptions.topics: unknown topic gas (write "*" for all topics)',
        ),
        (
            "recipients:\n- {id: d, name: x, subscriptions: [{topics: [rial], channel: console}]}",
            "2:46: recipients.subscriptions.topics: unknown topic rial (did you mean rail?)",
        ),
        (
            (
                "recipients:\n- {id: d, name: x, subscriptions: "
                "[{topics: [rail], when: soon, channel: console}]}"
            ),
            "2:59: recipients.subscriptions.when: must be one of at-once, daily, not 'soon'",
        ),
        (
            "recipients:\n- {id: d, name: x, subscriptions: [{topics: [rail], channel: pigeon}]}",
            "2:62: recipients.subscriptions.channel: must be one of email, console, not 'pigeon'",
        ),
        (
            "smtp: {host: h, sender: a@b.org}\nrecipients:\n- {id: d, name: x}",
            "3:3: recipients.addresses.email: missing, and d is told by e-mail (add addresses: {email: …})",
        ),
        (
            "smtp: {sender: a@b.org}\nrecipients:\n- {id: d, name: x, addresses: {email: d@b.org}}",
            (
                "3:3: smtp.host: missing, and there are recipients to be told by e-mail "
                "(set it in newsmon.yaml, or NEWSMON_SMTP_HOST)"
            ),
        ),
        (
            "smtp: {host: h}\nhealth: {to: ops@b.org}",
            (
                "2:14: smtp.sender: missing, and health.to is to be told by e-mail "
                "(set it in newsmon.yaml, or NEWSMON_SMTP_SENDER)"
            ),
        ),
        (
            "health: {weekly: caturday}",
            (
                "1:18: health.weekly: must be one of monday, tuesday, wednesday, thursday, friday, saturday, "
                "sunday, never, not 'caturday' (did you mean saturday?)"
            ),
        ),
        (
            "health: {persistent_after: 5m}",
            "1:28: health.persistent_after: must be between 1h and 30d, not 5m",
        ),
    ],
)
def test_every_mistake_is_told_with_its_place(desk: Desk, text: str, fault: str) -> None:
    """A wrong key or value is named by line, column, key, problem and hint."""
    desk.write("pack/topics/rail.yaml", "- {id: rail, require: rail}")
    assert desk.fault("user/newsmon.yaml", text) == fault


def test_recipients_by_mail_without_any_mail_settings_are_told(desk: Desk) -> None:
    """The missing mail server is told even where no file speaks of mail."""
    desk.write("user/newsmon.yaml", "recipients: [{id: d, name: x, addresses: {email: d@b.org}}]")
    assert desk.faults() == [
        (
            "user/newsmon.yaml:1:14: smtp.host: missing, and there are recipients to be told by e-mail "
            "(set it in newsmon.yaml, or NEWSMON_SMTP_HOST)"
        ),
        (
            "user/newsmon.yaml:1:14: smtp.sender: missing, and there are recipients to be told by e-mail "
            "(set it in newsmon.yaml, or NEWSMON_SMTP_SENDER)"
        ),
    ]


def test_all_faults_of_all_files_are_told_at_once(desk: Desk) -> None:
    """One start tells every mistake, file by file, line by line."""
    desk.write("user/newsmon.yaml", "log: {level: loud}\nsmpt: 1\nlog: {}\n")
    desk.write("user/sources/b.yaml", "- {id: b, url: 'https://b.example/feed', nam: B}\n")
    desk.write("user/sources/a.yaml", "- [")
    desk.write("user/topics/c.yaml", "- {id: c, require: x, threshold: high}")
    assert desk.faults(NEWSMON_SMTP_PORT="x") == [
        "NEWSMON_SMTP_PORT: smtp.port: must be a whole number, not 'x'",
        "user/newsmon.yaml:1:14: log.level: must be one of debug, info, warning, error, not 'loud'",
        "user/newsmon.yaml:2:1: smpt: unknown key (did you mean smtp?)",
        "user/newsmon.yaml:3:1: log: given twice (first on line 1)",
        (
            "user/sources/a.yaml:1:4: a value is missing or the brackets do not match "
            "(check commas and brackets)"
        ),
        "user/sources/b.yaml:1:3: name: missing",
        "user/sources/b.yaml:1:42: nam: unknown key (did you mean name?)",
        "user/topics/c.yaml:1:34: threshold: must be a whole number, not 'high'",
    ]


def test_every_key_of_a_section_has_a_variable() -> None:
    """NEWSMON_SECTION_KEY stands for every key of every section; no variable has two meanings."""
    names = variables()
    assert set(names.values()) == {tuple(key.split(".")) for key in keys_of_models() if "." in key}
    assert names["NEWSMON_OPERATOR_CONTACT"] == ("operator", "contact")
    assert names["NEWSMON_DATABASE"] == names["NEWSMON_DATABASE_URL"] == ("database", "url")
    assert len(names) == len(set(names.values())) + 1


def test_unknown_variables_are_warned_of(desk: Desk) -> None:
    """A NEWSMON_ variable that means nothing gives a warning; those of the wrapper are known."""
    settings = desk.load(
        NEWSMON_SMPT_HOST="x",
        NEWSMON_ZZZ="1",
        NEWSMON_CONFIG="a",
        NEWSMON_DATA="b",
        NEWSMON_PYTHON="c",
        HOME="d",
    )
    assert settings.warnings == (
        "NEWSMON_SMPT_HOST: unknown variable (did you mean NEWSMON_SMTP_HOST?)",
        "NEWSMON_ZZZ: unknown variable",
    )


def test_secrets_come_from_the_environment_and_never_show(desk: Desk) -> None:
    """Passwords in variables work and are in no repr."""
    desk.write("user/newsmon.yaml", "smtp: {user: me}")
    settings = desk.load(
        NEWSMON_SMTP_PASSWORD="canary-1",
        NEWSMON_DATABASE="postgresql://me:canary-2@host/news",
        NEWSMON_HTTP_PROXY="http://me:canary-3@proxy:3128",
    )
    assert settings.smtp.password is not None
    assert settings.smtp.password.get_secret_value() == "canary-1"
    assert settings.database.url == "postgresql://me:canary-2@host/news"
    assert settings.http.proxy == "http://me:canary-3@proxy:3128"
    assert "canary" not in repr(settings)
    assert "canary" not in str(settings)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "smtp: {password: canary}",
            (
                "1:8: smtp.password: a password must not stand in a configuration file "
                "(set NEWSMON_SMTP_PASSWORD, or smtp.password_file)"
            ),
        ),
        (
            "database: {url: 'postgresql://me:canary@host/news'}",
            (
                "1:12: database.url: a password must not stand in a configuration file "
                "(set NEWSMON_DATABASE, or use PGPASSWORD)"
            ),
        ),
        (
            "http: {proxy: 'http://me:canary@proxy:3128'}",
            "1:8: http.proxy: a password must not stand in a configuration file (set NEWSMON_HTTP_PROXY)",
        ),
    ],
)
def test_secrets_in_a_file_are_refused_and_not_repeated(desk: Desk, text: str, fault: str) -> None:
    """A password in a configuration file is a fault that says where it belongs, and does not show it."""
    assert desk.fault("user/newsmon.yaml", text) == fault


@pytest.mark.parametrize("variable", ["NEWSMON_DATABASE", "NEWSMON_HTTP_PROXY"])
def test_wrong_secrets_are_not_repeated(desk: Desk, variable: str) -> None:
    """A malformed URL that may hold a password is not shown in its fault."""
    (fault,) = desk.faults(**{variable: "ftp://me:canary@host/"})
    assert fault.startswith(variable)
    assert "canary" not in fault


def test_a_password_file_is_read_beside_the_configuration(desk: Desk) -> None:
    """password_file is relative to the user's folder; line ends around the password are dropped."""
    desk.write("user/secret", "canary\n")
    desk.write("user/newsmon.yaml", "smtp: {user: me, password_file: secret}")
    password = desk.load().smtp.password
    assert password is not None
    assert password.get_secret_value() == "canary"
    other = desk.load(NEWSMON_SMTP_PASSWORD="from-environment").smtp.password
    assert other is not None
    assert other.get_secret_value() == "from-environment"


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "No such file or directory"), (b"\xff\xfe", "not UTF-8")]
)
def test_an_unreadable_password_file_is_told(desk: Desk, content: bytes | None, reason: str) -> None:
    """A password file that is missing or no text is a fault."""
    if content is not None:
        desk.write("user/secret", content)
    desk.write("user/newsmon.yaml", "smtp: {user: me, password_file: secret}")
    assert desk.faults() == [
        (
            f"user/secret: smtp.password_file: cannot be read: {reason} "
            "(the path is relative to the configuration's folder)"
        )
    ]


def test_sections_can_be_made_in_python() -> None:
    """A program (the demo) may give durations, sizes and times as what they are; limits hold for it too."""
    assert Polling(tick=timedelta(seconds=2)).tick == timedelta(seconds=2)
    assert Http(max_feed_size=5).max_feed_size == 5
    assert Digest(at=time(7)).at == time(7)
    with pytest.raises(ValidationError, match="must be between 1s and 10m, not 1h"):
        Polling(tick=timedelta(hours=1))
