"""Which labels speak of a topic?"""

from sqlalchemy import ColumnElement, and_, not_, or_

from db.models import labels
from monitor.domain.labels import ANY_TOPIC


def speaking_of(topic_id: str) -> ColumnElement[bool]:
    """Return the condition that a label says something of a topic, be it by way of "*".

    Relevant to one topic is relevant to some; relevant to none is not relevant to any one.
    """
    to_none = and_(labels.c.topic_id == ANY_TOPIC, not_(labels.c.relevant))
    implied = labels.c.relevant if topic_id == ANY_TOPIC else to_none
    return or_(labels.c.topic_id == topic_id, implied)
