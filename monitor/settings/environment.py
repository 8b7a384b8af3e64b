"""What do environment variables change? `NEWSMON_SMTP_HOST` stands for `smtp.host`."""

from collections.abc import Mapping as AnyMapping
from typing import get_origin

from pydantic import BaseModel

from monitor.domain.topics import Place
from monitor.settings.sections import Main
from monitor.settings.tree import Items, Mapping, text_at
from monitor.settings.values import did_you_mean

PREFIX = "NEWSMON_"
FOLDERS = ("NEWSMON_CONFIG", "NEWSMON_DATA", "NEWSMON_PYTHON")
"""Read by the wrapper and the command line, before there are settings."""

SHORT = {"NEWSMON_DATABASE": ("database", "url")}


def variables() -> dict[str, tuple[str, str]]:
    """Return every variable that stands for a key, with its section and key."""
    return {**SHORT, **{f"{PREFIX}{section}_{key}".upper(): (section, key) for section, key in _keys()}}


def overlay(environ: AnyMapping[str, str]) -> Mapping:
    """Return what the environment says, in the form of a main file; faults will name the variable.

    A variable that is empty says nothing. Lists are written with commas.
    """
    lists = {path for path, annotation in _keys().items() if get_origin(annotation) is tuple}
    parts: dict[str, Mapping] = {}
    for name, (section, key) in variables().items():
        value = environ.get(name, "").strip()
        if not value:
            continue
        place = Place(file=name)
        part = parts.setdefault(section, Mapping(place))
        if (section, key) in lists:
            items = Items(place)
            items.extend(text_at(item.strip(), place) for item in value.split(",") if item.strip())
            part[text_at(key, place)] = items
        else:
            part[text_at(key, place)] = text_at(value, place)
    said = Mapping(Place())
    for section, part in parts.items():
        said[text_at(section, part.place)] = part
    return said


def _keys() -> dict[tuple[str, str], object]:
    """Return every key of every section, with its type."""
    return {
        (section, key): inner.annotation
        for section, field in Main.model_fields.items()
        if isinstance(model := field.annotation, type) and issubclass(model, BaseModel)
        for key, inner in model.model_fields.items()
    }


def unknown_variables(environ: AnyMapping[str, str]) -> list[str]:
    """Return a warning for every NEWSMON_ variable that means nothing."""
    known = [*variables(), *FOLDERS]
    warnings = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            hint = did_you_mean(name, known)
            warnings.append(f"{name}: unknown variable" + (f" ({hint})" if hint else ""))
    return warnings
