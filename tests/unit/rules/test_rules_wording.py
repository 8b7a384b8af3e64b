"""What a query asks for, and what is missing, is said as people say it."""

import pytest

from monitor.rules import missing, straight


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("NOT (NOT a)", "a"),
        ("@x AND NOT (NOT lead:a AND NOT ATLEAST/2 a)", "@x AND (lead:a OR ATLEAST/2 (a))"),
        ("a NOT (NOT b OR NOT c)", "a AND (b AND c)"),
        ("a\n  NOT (b OR NOT c)", "a AND NOT (b OR NOT c)"),
        ("title:(a OR b) AND NOT words>=25", "title:(a OR b) AND NOT words>=25"),
    ],
)
def test_a_query_is_shown_without_not_of_not(query: str, told: str) -> None:
    """Negations that take each other back are gone; all else stays as it was written."""
    assert straight(query) == told


@pytest.mark.parametrize(
    ("queries", "told"),
    [
        (["@x", "#y"], "no @x, no #y"),
        (["#y", "NOT (NOT lead:#y AND NOT ATLEAST/2 #y)"], "no #y"),
        (["NOT (NOT lead:#y AND NOT ATLEAST/2 #y)"], "neither #y in the lead nor #y twice"),
        (["#y", "title:#y AND NOT #z"], "no #y, not #y in the title and no #z"),
        (["#a OR #b OR gas"], "none of #a, #b and “gas”"),
        (["NOT #sport"], "there is #sport"),
        (["ATLEAST/3 gas"], "not “gas” 3 times"),
        (["first/50:(gas OR oil)"], "no “gas” or “oil” in the first 50 words"),
        (["gas EXCEPT tank"], "no “gas” outside “tank”"),
        (["gas NEAR/5 oil"], "not “gas” and “oil” within 5 words"),
        (["gas BEFORE/1 oil"], "not “gas” before “oil” within 1 word"),
        (["@x SENTENCE @y SENTENCE @z"], "not @x and @y and @z in one sentence"),
        (["@x PARAGRAPH/2 @y"], "not @x and @y within 2 paragraphs"),
        (["@x NEAR/2 @y NEAR/3 @z"], "not @x NEAR/2 @y NEAR/3 @z"),
        (["words>=25"], "not words>=25"),
        (['re:"ga[sz]"'], 'no re:"ga[sz]"'),
    ],
)
def test_what_is_missing_is_said_in_words(queries: list[str], told: str) -> None:
    """Each missing part is named once, as an editor would."""
    assert missing(queries) == told
