"""Does the wheel, installed alone, hold everything that the program needs?"""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment with our wheel; returns its newsmon program.

    The dependencies are those of the test environment, locked as they are: only what is ours comes
    from the wheel, and nothing of it from the checkout.
    """
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("newsmon-*.whl")
    home = folder / "venv"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
    ]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    site = next((home / "lib").glob("python3*")) / "site-packages"
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return home / "bin" / "newsmon"


def run(program: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the installed program far from the checkout."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "COLUMNS": "120"}
    return subprocess.run(
        [program, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_wheel_alone_runs_the_demo(installed: Path, tmp_path: Path) -> None:
    """The demo works off its first round from the installed package, with every verdict as expected."""
    done = run(installed, "demo", "--once", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    kept = tmp_path / ".local" / "share" / "newsmon" / "demo"
    assert (kept / "newsmon.db").is_file()
    assert len(list((kept / "mailbox").glob("*.eml"))) > 20
    assert "Not as expected" not in done.stderr


def test_the_wheel_alone_checks_its_own_configuration(installed: Path, tmp_path: Path) -> None:
    """The shipped pack is inside the package, and a starter made from it is without fault."""
    assert run(installed, "check", folder=tmp_path).stdout.startswith("No faults")
    assert run(installed, "init", "desk", folder=tmp_path).returncode == 0
    checked = run(installed, "check", "--config", "desk", folder=tmp_path)
    assert (checked.returncode, checked.stdout[:9]) == (0, "No faults")
