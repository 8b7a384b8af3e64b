"""Does a value have the shape of its model, and if not: where, what, and how to mend it?"""

import re
from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from monitor.domain.errors import Fault
from monitor.domain.topics import Place
from monitor.settings.blocks import known_keys
from monitor.settings.tree import Items, Mapping, Node, Text, kind_of
from monitor.settings.values import did_you_mean, quoted

Model = TypeVar("Model", bound=BaseModel)

_KINDS = {
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
}
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}
_OF_KEY = "[key]"
"""How pydantic ends the location of a mapping's key, where the key and not its value is wrong."""

_HASH = "a bare # starts a comment: put the text in quotes, or below a |"


def shape(node: Node, model: type[Model], faults: list[Fault]) -> Model | None:
    """Return the value as its model, or None after adding a fault for everything wrong with it."""
    try:
        return model.model_validate(node)
    except ValidationError as error:
        faults += [_fault(detail, node, model) for detail in error.errors(include_url=False)]
    return None


def _fault(detail: Any, root: Node, model: type[BaseModel]) -> Fault:  # noqa: ANN401 - pydantic's ErrorDetails
    loc: tuple[str | int, ...] = detail["loc"]
    place, keys, value = _find(root, loc)
    if loc and loc[-1] == _OF_KEY:
        place = _key_place(root, loc[:-1]) or place
    written = _key_place(root, loc)
    if detail["type"] == "extra_forbidden":
        # The key itself is the mistake, not its value.
        place = written or place
        problem, hint = "unknown key", did_you_mean(str(loc[-1]), _known(model, loc))
    elif detail["type"] == "missing":
        keys = keys if written else [*keys, str(loc[-1])]
        problem, hint = ("is empty", _HASH) if written else ("missing", "")
    else:
        problem, hint = _words(detail, value)
        place = detail.get("ctx", {}).get("place", place)
    return Fault(
        file=place.file,
        line=place.line,
        column=place.column,
        key=".".join(keys),
        problem=problem,
        hint=hint,
    )


def _words(detail: Any, value: Node) -> tuple[str, str]:  # noqa: ANN401 - pydantic's ErrorDetails
    """Return what is wrong with a value, and how to mend it."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "newsmon":
        return context["problem"], context["hint"]
    if kind == "too_short":
        return "must not be empty", ""
    shown, hint = quoted(value), ""
    if kind in ("literal_error", "enum"):
        allowed = re.findall(r"'([^']+)'", context["expected"])
        wanted = f"one of {', '.join(allowed)}"
        hint = did_you_mean(str(value), allowed)
    elif kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        wanted = f"{words} {context[bound]}"
    else:
        wanted = _KINDS[kind]
        if not kind.startswith(("int_", "bool_")):
            shown = kind_of(value)
        if kind == "tuple_type" and isinstance(value, Text):
            hint = f"write [{value}]"
    return f"must be {wanted}, not {shown}", hint


def _find(root: Node, loc: tuple[str | int, ...]) -> tuple[Place, list[str], Node]:
    """Return place, keys and value that pydantic's location means; what it cannot find it skips."""
    node, keys = root, []
    place = root.place if root is not None else Place()
    for part in loc:
        if isinstance(node, Mapping) and (key := node.key(str(part))) is not None:
            keys.append(str(key))
            node, place = node[key], key.place
        elif isinstance(node, Items) and isinstance(part, int):
            node = node[part]
        else:
            continue
        if node is not None:
            place = node.place
    return place, keys, node


def _key_place(root: Node, loc: tuple[str | int, ...]) -> Place | None:
    """Return the place of the key that a location ends with, None where it is not written."""
    parent = _find(root, loc[:-1])[2]
    key = parent.key(str(loc[-1])) if isinstance(parent, Mapping) else None
    return key.place if key is not None else None


def _known(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """Return the keys that may stand where a location ends."""
    for part in loc[:-1]:
        field = next(
            (field for name, field in model.model_fields.items() if part in (name, field.alias)), None
        )
        if field is not None:
            model = next(_models(field.annotation), model)
    return known_keys(model)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - a type expression
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
