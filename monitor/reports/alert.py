"""What does an alert say? One story: what happened, why we say so, what the reader can do."""

from zoneinfo import ZoneInfo

from monitor.domain.alerts import AlertData, Message
from monitor.policy.mail import clean_line
from monitor.reports.evidence import flagged
from monitor.reports.pages import html, text
from monitor.reports.story import view

_SENTENCES = 5


def render(data: AlertData) -> Message:
    """Return the message of an alert; HTML and plain text say the same.

    The subject is the story's title, times stand on the recipient's clock with the offset, and the
    list is the strongest match's topic.
    """
    story = view(data.story, ZoneInfo(data.recipient.timezone), _SENTENCES)
    values = {
        "title": story.title,
        "story": story,
        "notes": [clean_line(note, 300) for note in data.notes],
        "footer": clean_line(data.footer, 500),
    }
    return Message(
        subject=story.title,
        text=text("alert", **values),
        html=html("alert", **values),
        list_id=next((match.topic_id for match in flagged(data.story)), ""),
        list_name=next((reason.topic for reason in story.reasons), ""),
    )
