"""What does a digest look like? Takes its picture from a run of the demo, for the README.

    PYTHONPATH=. .venv-test/bin/python docs/images/make.py [CHROMIUM]

Writes docs/images/digest.png. Needs Chromium
(Debian: apt-get install chromium fonts-noto-core fonts-noto-cjk).
"""
# ruff: noqa: INP001 - a script, not a package

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TARGET = Path(__file__).with_name("digest.png")
SIZE = "760,1480"


def main(browser: str) -> None:
    """Run the demo once and photograph the head of its digest."""
    with tempfile.TemporaryDirectory() as folder:
        demo = [sys.executable, "-m", "monitor", "--quiet", "--data", folder, "demo", "--once", "--json"]
        subprocess.run(demo, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
        (page,) = (Path(folder) / "demo").glob("digest-*.html")
        shot = Path(folder) / TARGET.name
        subprocess.run(  # noqa: S603 - the browser that was named
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                f"--user-data-dir={folder}/profile",
                f"--window-size={SIZE}",
                f"--screenshot={shot}",
                page.as_uri(),
            ],
            check=True,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        shutil.copyfile(shot, TARGET)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "chromium")
