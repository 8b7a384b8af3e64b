"""What is configured? YAML files and the environment in; typed settings, or every fault with its place, out.

`locate` finds the folders, `load` gives the settings, `check` says all that is wrong with them,
`starter` writes a first configuration, `snapshot` and `load_snapshot` keep and use the last good one.
"""

from monitor.settings.checking import Checked, check
from monitor.settings.files import Folders, locate, snapshot
from monitor.settings.loading import Settings, default_database, load, load_snapshot
from monitor.settings.starting import starter

__all__ = [
    "Checked",
    "Folders",
    "Settings",
    "check",
    "default_database",
    "load",
    "load_snapshot",
    "locate",
    "snapshot",
    "starter",
]
