"""What does a document say of the topics we look for? The topic language: text in, evidence out.

* `compile_pack(pack)` gives a `Matcher`, or raises `ConfigError` with every fault,
  `compile_query(pack, text)` one for a query typed in.
* `Matcher.read(document)` gives all matches, actors, themes and search words in one pass,
  `Matcher.sought(topic)` the words that an index may look for.
* `run_examples(matcher)` checks the topics' own examples, `advise(pack)` tells what may not be meant,
  `collisions(pack, matcher)` which names two actors share.
* `straight` and `missing` say for people what a query asks, `excerpt(document, match)` gives the few
  sentences that decided, `search_phrases(text)` prepares a search string.

Nothing here does I/O or knows the time.
"""

from monitor.rules.advice import advise
from monitor.rules.collisions import collisions
from monitor.rules.compiler import QUERY, compile_pack, compile_query
from monitor.rules.excerpts import excerpt
from monitor.rules.matcher import Matcher, run_examples
from monitor.rules.prepare import search_phrases
from monitor.rules.wording import missing, straight

__all__ = [
    "QUERY",
    "Matcher",
    "advise",
    "collisions",
    "compile_pack",
    "compile_query",
    "excerpt",
    "missing",
    "run_examples",
    "search_phrases",
    "straight",
]
