"""An article is credited to whoever published it, not to whoever listed it."""

import pytest
from desks import feed

from monitor.domain.feeds import Entry
from monitor.policy.publishers import Publisher, publisher

COURIER = feed(
    "courier", "https://feeds.courier.example/all", country="KZ", outlet_kind="state", section="politics"
)
GAZETTE = feed("gazette", "https://gazette.example/rss", country="UZ", outlet_kind="private", section="trade")
FEEDS = (COURIER, GAZETTE)


def entry(name: str | None = None, url: str | None = None) -> Entry:
    """Return an entry that names this outlet as its source."""
    return Entry(key="k", guid=None, url=None, title="T", publisher=name, publisher_url=url)


@pytest.mark.parametrize(
    "url",
    ["https://courier.example/1", "https://www.courier.example/1", "https://feeds.courier.example/1", None],
)
def test_a_page_of_the_outlets_own_is_its_own(url: str | None) -> None:
    """Its site, what is under it, the host of its feed; and what has no page at all."""
    found = publisher(COURIER, entry(), url, FEEDS)
    assert found == Publisher(
        outlet="Courier", domain="courier.example", country="KZ", outlet_kind="state", section="politics"
    )
    assert publisher(COURIER, entry(), "urn:newsmon:1", FEEDS) == found


def test_a_page_elsewhere_is_that_sites() -> None:
    """A configured outlet has its name, country and kind; of another only the host is known."""
    known = publisher(COURIER, entry(), "https://www.gazette.example/1", FEEDS)
    assert known == Publisher(outlet="Gazette", domain="gazette.example", country="UZ", outlet_kind="private")
    other = publisher(COURIER, entry(), "https://www.orchard.example/1", FEEDS)
    assert other == Publisher(outlet="orchard.example", domain="orchard.example")


def test_an_outlet_that_the_item_names_counts_before_the_link() -> None:
    """The link of a news search leads to the search, its source says whose article it is."""
    search = "https://search.example/rss/articles/1"
    found = publisher(COURIER, entry("The Orchard", "https://www.orchard.example"), search, FEEDS)
    assert found == Publisher(outlet="The Orchard", domain="orchard.example")
    known = publisher(COURIER, entry("Gazette Online", "https://gazette.example"), search, FEEDS)
    assert known.outlet == "Gazette"


def test_an_outlet_that_names_itself_is_itself() -> None:
    """Many feeds name themselves as the source of their items; a name without a site says nothing."""
    own = publisher(COURIER, entry("Courier: politics", "https://courier.example/rss"), None, FEEDS)
    nameless = publisher(COURIER, entry("An agency", None), "https://courier.example/1", FEEDS)
    assert own.outlet == nameless.outlet == "Courier"
