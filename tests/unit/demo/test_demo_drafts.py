"""The demo's outlets and articles are complete, varied, and carry a verdict each."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from monitor.demo.drafts import DATA, Draft, Outlet, Trouble, load_outlets, offset
from monitor.demo.layouts import markup, paragraphs, teaser

OUTLETS = load_outlets()
DRAFTS = [(outlet, draft) for outlet in OUTLETS for draft in outlet.drafts]

# What the topic language's papers call the actors that the demo names.
ACTORS = {
    *("kazakhstan", "kyrgyzstan", "tajikistan", "turkmenistan", "uzbekistan", "central-asia-region"),
    *("eu", "us", "uk", "china", "russia", "turkiye", "ots", "c5plus1", "eaeu", "sco"),
    *("ebrd", "adb", "world-bank"),
}
CENTRAL_ASIA = {"kazakhstan", "kyrgyzstan", "tajikistan", "turkmenistan", "uzbekistan"}
REGIONAL = {"central-asia-region", "c5plus1", "ots"}


def test_there_are_enough_outlets_articles_and_languages() -> None:
    """At least 12 outlets print 72 articles at the opening and 8 later, four or more in each language."""
    languages = Counter(outlet.lang for outlet, _ in DRAFTS)
    later = [draft for _, draft in DRAFTS if draft.published > timedelta()]
    assert len(OUTLETS) >= 14
    assert len(DRAFTS) - len(later) >= 72
    assert len(later) >= 8
    assert set(languages) == {"en", "ru", "kk", "uz", "ky", "tr", "zh"}
    assert min(languages.values()) >= 4
    assert languages["en"] + languages["ru"] > len(DRAFTS) / 2


def test_every_kind_of_feed_and_trouble_occurs() -> None:
    """All feed formats, five layouts, two encodings, and every trouble are among the outlets."""
    assert {outlet.feed for outlet in OUTLETS} == {
        *("rss2", "atom", "rdf", "rss091", "json"),
        *("sitemap", "page"),
    }
    assert {outlet.layout for outlet in OUTLETS if outlet.drafts} == {
        "broadsheet",
        "magazine",
        "portal",
        "tabloid",
        "wire",
    }
    assert {outlet.encoding for outlet in OUTLETS} == {"utf-8", "windows-1251"}
    assert {outlet.trouble for outlet in OUTLETS} == set(Trouble)
    assert {outlet.full for outlet in OUTLETS} == {True, False}


def test_ids_domains_and_slugs_are_unique_and_invented() -> None:
    """No two outlets share an id or a domain, no outlet repeats a slug, and every domain is reserved."""
    assert (
        len({outlet.id for outlet in OUTLETS}) == len({outlet.domain for outlet in OUTLETS}) == len(OUTLETS)
    )
    assert all(outlet.domain.endswith(".example") for outlet in OUTLETS)
    assert len({(outlet.id, draft.slug) for outlet, draft in DRAFTS}) == len(DRAFTS)


@pytest.mark.parametrize(("outlet", "draft"), DRAFTS, ids=[draft.slug for _, draft in DRAFTS])
def test_an_article_has_a_verdict_that_fits_its_actors(outlet: Outlet, draft: Draft) -> None:
    """A flagged article names a Central Asian side and somebody outside; any other names no actors."""
    assert draft.why
    assert set(draft.actors) <= ACTORS
    if draft.flag:
        assert set(draft.actors) & (CENTRAL_ASIA | REGIONAL)
        assert set(draft.actors) - CENTRAL_ASIA
    else:
        assert not draft.actors
    assert len(paragraphs(draft.text)) >= 4
    assert len(draft.text) >= (200 if outlet.lang == "zh" else 420)


def test_flags_are_a_good_third_of_the_articles() -> None:
    """Between a quarter and a half of the articles are flagged, in every language some and some not."""
    flags = [draft.flag for _, draft in DRAFTS]
    assert 0.25 < sum(flags) / len(flags) < 0.5
    for lang in {outlet.lang for outlet in OUTLETS}:
        assert {draft.flag for outlet, draft in DRAFTS if outlet.lang == lang} == {True, False}


def test_copies_repeat_their_original_word_for_word_in_another_layout() -> None:
    """At least five copies carry the original's text and verdict; their outlets look different."""
    by_name = {f"{outlet.id}/{draft.slug}": (outlet, draft) for outlet, draft in DRAFTS}
    copies = [(outlet, draft) for outlet, draft in DRAFTS if draft.copy_of]
    assert len(copies) >= 5
    for outlet, draft in copies:
        home, original = by_name[draft.copy_of or ""]
        assert (draft.text, draft.flag, draft.actors) == (original.text, original.flag, original.actors)
        assert home.layout != outlet.layout or home.encoding != outlet.encoding
        assert original.corrected is None
        assert original.published <= draft.published


def test_one_article_is_corrected_and_one_page_is_gone() -> None:
    """The correction changes a flagged text a minute in; a page is missing where the feed has it all."""
    (corrected,) = [draft for _, draft in DRAFTS if draft.corrected]
    assert corrected.corrected is not None
    assert corrected.flag
    assert corrected.corrected.after == timedelta(seconds=60)
    assert corrected.corrected.text != corrected.text
    (gone,) = [(outlet, draft) for outlet, draft in DRAFTS if draft.page != 200]
    assert gone[0].full
    assert gone[1].flag


@pytest.mark.parametrize(
    ("text", "seconds"), [("-3h", -10800), ("+40s", 40), ("90m", 5400), ("2d", 172800), ("-1d", -86400)]
)
def test_an_offset_reads_as_written(text: str, seconds: int) -> None:
    """Days, hours, minutes and seconds count, before or after the opening."""
    assert offset(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "soon", "3 h", "1.5h", "-", "5y", "3h\n"])
def test_a_malformed_offset_is_refused(text: str) -> None:
    """What is no offset raises, quoting it."""
    with pytest.raises(ValueError, match="is not an offset"):
        offset(text)


def _copy_of_data(tmp_path: Path, old: str, new: str) -> Path:
    (tmp_path / "outlets").mkdir()
    text = (DATA / "outlets" / "07-amu-daily.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "outlets" / "one.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return tmp_path


def test_an_outlet_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    """A mistyped key in an outlet's file is an error that names it, not a key ignored."""
    with pytest.raises(ValidationError, match="layuot"):
        load_outlets(_copy_of_data(tmp_path, "layout:", "layuot:"))


def test_a_copy_of_nothing_is_refused(tmp_path: Path) -> None:
    """A copy must name an article that exists."""
    line = "drafts: [{slug: x, copy_of: a/b, published: -1h}]\nlayout:"
    with pytest.raises(KeyError, match="a/b"):
        load_outlets(_copy_of_data(tmp_path, "layout:", line))


def test_a_teaser_ends_after_a_word() -> None:
    """A long opening is cut between words, a short one is left alone, and Chinese is cut anywhere."""
    assert teaser("One short line.\n\nThe rest.") == "One short line."
    cut = teaser("gas, " * 60)
    assert cut == "gas, " * 35 + "gas …"
    assert teaser("气" * 300) == "气" * 180 + " …"


def test_markup_escapes_what_html_would_read() -> None:
    """A text becomes paragraphs, and its own angle brackets and ampersands stay text."""
    assert markup("a < b\n\nc & d") == "<p>a &lt; b</p><p>c &amp; d</p>"
