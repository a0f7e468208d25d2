"""The commands in the documents are commands that exist."""

import dataclasses
import re

import pytest

from tests.conftest import ROOT, job_of

DOCUMENTS = [ROOT / "README.md", ROOT / "BUILD.md", *sorted((ROOT / "docs").glob("*.md"))]
FLAGFILES = sorted((ROOT / "run_scripts").glob("*.flagfile"))
_COMMAND = re.compile(r"run_scripts/(\w+)\.py((?:\\\n|[^\n`|>&])*)")


@pytest.fixture(scope="module")
def known_flags():
    """Those of each script; what its --help shows, by test_cli.py."""
    known = {}
    for path in (ROOT / "run_scripts").glob("*.py"):
        names = [field.name for field in dataclasses.fields(job_of(path.stem)[1])]
        known[path.stem] = {*names, *(f"no{name}" for name in names), "flagfile", "help"}
    return known


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_flags_of_commands_exist(path, known_flags):
    text = path.read_text(encoding="utf-8")
    for script, rest in _COMMAND.findall(text):
        assert script in known_flags, f"{path.name}: no script {script}.py"
        # Behind -- alone stand flags of others.
        for flag in re.findall(r"--(\w+)", rest.partition(" -- ")[0]):
            assert flag in known_flags[script], f"{path.name}: {script}.py has no --{flag}"


@pytest.mark.parametrize("path", FLAGFILES, ids=lambda path: path.name)
def test_flagfiles_have_a_command_hardware_and_a_score(path, known_flags):
    """And flags of the script in the command."""
    text = path.read_text(encoding="utf-8")
    head = "".join(line[1:] for line in text.splitlines(keepends=True) if line.startswith("#"))
    (script,) = re.findall(r"run_scripts/(\w+)\.py --flagfile=run_scripts/" + path.name, head)
    assert "cores" in head
    assert "Expected" in head or "Macro average" in head
    flags = re.findall(r"^--(\w+)", text, re.MULTILINE)
    assert flags
    for flag in flags:
        assert flag in known_flags[script]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
