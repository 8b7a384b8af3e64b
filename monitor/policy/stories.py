"""Which articles are one story? For now: those with the same text, wherever they stand."""

import hashlib
from collections.abc import Sequence

# Shorter texts (a lone photo caption, "Read more") say too little to be called the same story.
MIN_WORDS = 20


def story_key(words: Sequence[str], url: str) -> str:
    """Return the key (hex sha256) that articles of one story share.

    Args:
        words: the prepared words of the body: case, punctuation and diacritics make no difference.
        url: the article's canonical URL, which stands in where the text is too short to compare.
    """
    material = " ".join(words) if len(words) >= MIN_WORDS else f"url {url}"
    return hashlib.sha256(material.encode()).hexdigest()
