"""How is one whole round worked off, with a bar for each stage?"""

from collections import Counter
from typing import TYPE_CHECKING

from monitor.cli import show

if TYPE_CHECKING:
    from monitor.app import App


def poll_and_read(app: "App") -> Counter[str]:
    """Poll what is due, read what is listed, match what was read, look after sources; return all counts."""
    counts: Counter[str] = Counter()
    with show.progress("Polling") as bar:
        counts.update(app.poller.run(progress=bar))
    with show.progress("Reading") as bar:
        while step := app.reader.run(progress=bar):
            counts.update({f"entries {state}": number for state, number in step.items()})
    with show.progress("Matching") as bar:
        while (step := app.matching.run(progress=bar))["articles"]:
            counts.update(step)
    # So that digests know what cannot be seen, also where nothing but cron starts us.
    counts.update({f"sources {state}": number for state, number in app.watcher.run().items()})
    return counts


def tell(app: "App") -> Counter[str]:
    """Make the digests and mails that are due, and send what waits; return all counts."""
    counts = app.informer.run()
    counts.update(app.digester.run())
    with show.progress("Sending") as bar:
        counts.update(app.notifier.run(progress=bar))
    return counts


def summary(counts: Counter[str]) -> str:
    """Return a round in one line."""
    failed = sum(n for name, n in counts.items() if name in _faults())
    polled = counts["ok"] + counts["unchanged"] + failed
    return (
        f"{polled} feeds polled ({failed} failed), {counts['new entries']} new entries, "
        f"{counts['articles']} articles matched, {counts['flagged']} flagged, {counts['alerts']} alerts"
    )


def _faults() -> set[str]:
    from monitor.domain.feeds import FetchFault

    refusals = ("not-a-feed", "not-a-sitemap", "not-a-page", "malformed", "no-links", "no-parts", "bad-xpath")
    return {fault.value for fault in FetchFault} | {*refusals, "empty", "killed", "crashed", "memory"}
