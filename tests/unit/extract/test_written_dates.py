"""Days that people wrote for people are read in the languages of our outlets, and none is guessed."""

import pytest

from monitor.extract.written_dates import find_day


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("29 Apr 2026", "2026-04-29"),
        ("29 April 2026, 10:51", "2026-04-29"),
        ("Published on April 29, 2026", "2026-04-29"),
        ("3rd of nothing, 3rd May 2026", "2026-05-03"),
        ("Sept. 1, 2026", "2026-09-01"),
        ("29 апреля 2026 г.", "2026-04-29"),
        ("7 мая 2026", "2026-05-07"),
        ("29.04.2026 10:51", "2026-04-29"),
        ("2026-04-29", "2026-04-29"),
        ("2026/4/9", "2026-04-09"),
        ("2026.04.29", "2026-04-29"),
        ("2026年4月29日", "2026-04-29"),
        ("29-aprel, 2026", "2026-04-29"),
        ("2026 yil 29-aprel", "2026-04-29"),
        ("2026 жылғы 29 сәуір", "2026-04-29"),
        ("29 Haziran 2026", "2026-06-29"),
        ("3 Ağustos 2026", "2026-08-03"),
        ("29 avril 2026", "2026-04-29"),
        ("14 juillet 2026", "2026-07-14"),
        ("14 juin 2026", "2026-06-14"),
        ("29. März 2026", "2026-03-29"),
        ("29/04/2026", "2026-04-29"),
        ("04/29/2026", "2026-04-29"),
        ("4/4/2026", "2026-04-04"),
    ],
)
def test_a_written_day_is_read(text: str, expected: str) -> None:
    """At midnight UTC, wherever it stands in a short text."""
    found = find_day(text)
    assert found is not None
    assert f"{found:%Y-%m-%d %H:%M %Z}" == f"{expected} 00:00 UTC"


@pytest.mark.parametrize(
    "text",
    ["", "3/4/2026", "yesterday", "10:51", "April 2026", "2026", "31.02.2026", "29 Apples 2026", "99/99/2026",
     "1.2.3.2026.5", "129 April 2026", "12026-04-29", "32 May 2026"],
)  # fmt: skip
def test_what_names_no_day_is_unknown(text: str) -> None:
    """Two readings are none, and so is a day that there never was."""
    assert find_day(text) is None
