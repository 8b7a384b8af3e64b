"""How is Newsmon started? `python -m monitor`, or the program `newsmon`."""

import sys
from typing import NoReturn

from monitor.cli.starting import heed_signals


def main() -> NoReturn:
    """Run `newsmon` with the arguments of this process, and exit."""
    heed_signals(sys.argv[1:])
    from monitor.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
