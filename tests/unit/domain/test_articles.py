"""What does an article know of itself?"""

from datetime import UTC, datetime

from monitor.domain.articles import Article


def test_words_are_counted_by_white_space() -> None:
    """The number of words is that of the text's parts."""
    article = Article(
        url="u",
        feed_id="f",
        outlet="o",
        domain="d",
        title="t",
        text="three  small\nwords",
        read_at=datetime.now(UTC),
    )
    assert article.words == 3
