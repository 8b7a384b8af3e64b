"""What do foreign bytes say? Parsers behind a wall of killable worker processes.

`ParserProcesses` is the way in. The modules that import the parsers themselves (feeds, pages,
worker) are for the workers and for tests: the service never loads them.
"""

from monitor.extract.languages import detect_language
from monitor.extract.pool import ParserProcesses

__all__ = ["ParserProcesses", "detect_language"]
