"""How is a pack, compiled or not, kept between two starts? As bytes from which only our own values can rise.

Pickle's format with a list of what it may make: the classes of rules and domain, dates, durations and
plain values. Bytes that ask for anything else, or do not add up, are refused; nothing in them is ever
run. The automaton and regular expressions of RE2 have no bytes of their own and are built again.
"""

import gc
import io
import pickle
from hashlib import sha256
from typing import Any, TypeVar

Kept = TypeVar("Kept")

_MODULES = ("monitor.rules.", "monitor.domain.")
_OTHERS = frozenset(
    {
        ("datetime", "date"),
        ("datetime", "timedelta"),
        ("re", "_compile"),
        ("builtins", "frozenset"),
        ("builtins", "set"),
    }
)
_DIGEST = 32


def frozen(value: object) -> bytes:
    """Return a value as bytes: a digest, and what it digests."""
    content = pickle.dumps(value, protocol=5)
    return sha256(content).digest() + content


def thawed(data: bytes, kind: type[Kept]) -> Kept | None:
    """Return the value of this kind that `frozen` made bytes of; None for anything else."""
    content = memoryview(data)[_DIGEST:]
    if sha256(content).digest() != data[:_DIGEST]:
        return None
    # Millions of objects and no garbage among them: looking for some takes half of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        found = _OnlyOurs(io.BytesIO(content)).load()
    except Exception:  # noqa: BLE001 - whatever goes wrong in them, the bytes are no rules
        return None
    finally:
        if collecting:
            gc.enable()
    return found if isinstance(found, kind) else None


class _OnlyOurs(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - a class
        ours = module.startswith(_MODULES) and isinstance(found := super().find_class(module, name), type)
        if ours and "." not in name:
            return found
        if (module, name) in _OTHERS:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")
