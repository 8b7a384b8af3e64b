"""Which folders does a test of the settings work in? A pack and a user's folder that start out empty."""

from pathlib import Path

from monitor.domain.errors import ConfigError
from monitor.settings import Folders, Settings, load


class Desk:
    """Two folders of configuration below the working folder: pack/ and user/."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folders = Folders(pack=root / "pack", user=root / "user", data=root / "data")
        self.folders.user.mkdir(parents=True)
        self.write("pack/default.yaml", "# nothing\n")

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file of the pack or the user."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def load(self, **environ: str) -> Settings:
        """Return the settings."""
        return load(self.folders, environ)

    def faults(self, **environ: str) -> list[str]:
        """Return every fault as people read it."""
        try:
            load(self.folders, environ)
        except ConfigError as error:
            return [str(fault) for fault in error.faults]
        return []

    def fault(self, path: str, content: str | bytes, **environ: str) -> str:
        """Write a file and return the one fault there is, without the file's name."""
        self.write(path, content)
        (fault,) = self.faults(**environ)
        return fault.removeprefix(f"{path}:")
