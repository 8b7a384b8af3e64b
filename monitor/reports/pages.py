"""How do values become a page?

Jinja2, with HTML escaped and plain text not. Templates are the program's own, never a reader's: Jinja's
sandbox does not stop `'%1000000000d'|format(1)`.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


def html(template: str, **values: object) -> str:
    """Return the page that `templates/<template>.html` makes of `values`, all of them escaped.

    Raises:
        jinja2.UndefinedError: the template names a value that is not given (a bug).
    """
    return _environment(escape=True).get_template(f"{template}.html").render(values)


def text(template: str, **values: object) -> str:
    """Return the plain text that `templates/<template>.txt` makes of `values`.

    It ends in one line break, and no two empty lines follow one another.

    Raises:
        jinja2.UndefinedError: the template names a value that is not given (a bug).
    """
    page = _environment(escape=False).get_template(f"{template}.txt").render(values)
    lines = "\n".join(line.rstrip() for line in page.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"


@cache
def _environment(*, escape: bool) -> "Environment":
    # 40 ms that `newsmon --help` need not wait for
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from monitor.reports.wording import wrapped

    environment = Environment(
        loader=PackageLoader("monitor.reports"),
        autoescape=escape,  # noqa: S701 - off for plain text only; by name it is off for ".jinja" too
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["wrapped"] = wrapped
    return environment
