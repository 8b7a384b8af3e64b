"""What is configured? YAML files and the environment in; typed settings, or every fault with its place, out.

`locate` finds the folders, `load` gives the settings, `check` says all that is wrong with them,
`starter` writes a first configuration, `snapshot` and `load_snapshot` keep and use the last good one,
`topic_block` and `write_topic` bring an earlier topic back, `add_example` adds an example to one.
"""

from monitor.settings.checking import Checked, check
from monitor.settings.examples import add_example
from monitor.settings.files import Folders, locate, snapshot
from monitor.settings.loading import Settings, default_database, load, load_snapshot, load_with_topic
from monitor.settings.starting import starter
from monitor.settings.writing import topic_block, write_topic

__all__ = [
    "Checked",
    "Folders",
    "Settings",
    "add_example",
    "check",
    "default_database",
    "load",
    "load_snapshot",
    "load_with_topic",
    "locate",
    "snapshot",
    "starter",
    "topic_block",
    "write_topic",
]
