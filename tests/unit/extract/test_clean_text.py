"""Cleaned text can be stored anywhere and shown anywhere."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.extract.clean import clean_line, clean_paragraphs, clean_text


@pytest.mark.parametrize(
    ("foreign", "clean"),
    [
        ("a\x00b", "ab"),
        ("a\ud800b", "ab"),
        ("a\ufffe\U0001ffffb\ufdd0", "ab"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://e.org\x1b\\link", "link"),
        ("\x1bcgone", "gone"),
        ("\x9b2Jcleared", "cleared"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("hid\U000e0041\U000e0042den", "hidden"),
        ("one\r\ntwo\rthree\u2028four\x85five", "one\ntwo\nthree\nfour\nfive"),
        ("tab\there", "tab here"),
        ("e\u0301", "é"),
        ("қазақ тілі\n\n中文", "қазақ тілі\n\n中文"),
        ("non\u00a0breaking \u200djoined\ufeff", "non\u00a0breaking \u200djoined\ufeff"),
    ],
)
def test_what_cannot_be_stored_or_shown_goes(foreign: str, clean: str) -> None:
    """NUL, surrogates, noncharacters, terminal sequences and reordering marks go; letters stay."""
    assert clean_text(foreign, 100) == clean


@pytest.mark.hazard("P2")
@given(st.text(alphabet=st.characters(), max_size=200), st.integers(1, 50))
def test_cleaning_is_final_and_keeps_to_its_cap(foreign: str, cap: int) -> None:
    """Whatever comes in, what comes out is NFC, encodable, capped, and stays as it is."""
    clean = clean_text(foreign, cap)
    assert len(clean) <= cap
    assert unicodedata.is_normalized("NFC", clean)
    assert not set(clean) & set(map(chr, (*range(10), *range(11, 32), 127)))
    clean.encode()
    assert clean_text(clean, cap) == clean
    assert "\n" not in clean_line(foreign, cap)


def test_a_line_has_single_blanks_and_no_more_than_its_cap() -> None:
    """Titles come on one line, cut at a character, without a blank at the end."""
    assert clean_line("  A\n\n title \t here ", 100) == "A title here"
    assert clean_line("ab cd", 3) == "ab"
    assert len(clean_line("x" * 10_000, 1_000)) == 1_000


def test_paragraphs_are_parted_by_one_blank_line() -> None:
    """Runs of blank lines part paragraphs once; single line ends stay."""
    assert clean_paragraphs("One \n  two\n \n\n\nThree\u00a0 four\n", 100) == "One\ntwo\n\nThree four"
    assert clean_paragraphs(" \n\n ", 100) == ""
