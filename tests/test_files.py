import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from minibert.errors import InputError
from minibert.files import (
    atomic_directory,
    atomic_file,
    atomic_path,
    check_sha256,
    matching_paths,
    read_bytes,
    sha256,
    writing,
)


def test_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "out"
    with atomic_file(path, "w") as file:
        file.write("x")
        assert not path.exists()
    assert path.read_text() == "x"
    with pytest.raises(TypeError), atomic_file(path, "w") as file:
        file.writelines(["y", None])
    assert path.read_text() == "x"
    assert os.listdir(tmp_path) == ["out"]


def test_file_has_the_usual_mode(tmp_path):
    with atomic_file(tmp_path / "out", "w") as file:
        file.write("x")
    (tmp_path / "usual").write_text("x")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("out", "usual")}
    assert len(modes) == 1


def test_pipe_is_written_to_and_not_replaced(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    read = []
    reader = threading.Thread(target=lambda: read.append(path.read_text()))
    reader.start()
    with atomic_file(path, "w") as file:
        file.write("x")
    reader.join()
    assert read == ["x"]
    assert path.is_fifo()


def test_link_stays_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with atomic_file(tmp_path / "link", "w") as file:
        file.write("x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "x"


def test_directory_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "out"
    leftover = tmp_path / ".out.partial"
    leftover.mkdir()
    (leftover / "of a killed run").write_text("x")
    with atomic_directory(path) as partial:
        (partial / "a").write_text("x")
        assert not path.exists()
    assert os.listdir(path) == ["a"]
    with pytest.raises(InputError, match="exists already"), atomic_directory(path):
        pass
    with pytest.raises(RuntimeError), atomic_directory(tmp_path / "other"):
        raise RuntimeError
    assert os.listdir(tmp_path) == ["out"]


def test_directory_behind_a_link(tmp_path):
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with atomic_directory(tmp_path / "link") as partial:
        (partial / "a").write_text("x")
    assert (tmp_path / "link").is_symlink()
    assert os.listdir(tmp_path / "target") == ["a"]


def test_what_cannot_be_written_is_named(tmp_path):
    """By the name that was asked for, not that of a hidden file."""
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(InputError, match=r"file/out: cannot write: Not a directory"),
        atomic_file(tmp_path / "file" / "out"),
    ):
        pass
    with (
        pytest.raises(InputError, match=r"/file: not a directory"),
        atomic_directory(tmp_path / "file" / "out"),
    ):
        pass
    with (
        pytest.raises(InputError, match=r"/full: cannot write: No space left"),
        atomic_file(tmp_path / "full"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert os.listdir(tmp_path) == ["file"]


def test_errors_of_others_are_not_those_of_the_file(tmp_path):
    with pytest.raises(BrokenPipeError), atomic_file(tmp_path / "out"):
        raise BrokenPipeError(errno.EPIPE, "broken")
    with pytest.raises(FileNotFoundError, match="other"), atomic_file(tmp_path / "out"):
        open(tmp_path / "other")  # noqa: SIM115 - does not open
    assert os.listdir(tmp_path) == []


def test_full_device_is_named():
    with pytest.raises(InputError, match="/dev/full: cannot write: No space left"):  # noqa: SIM117
        with atomic_file("/dev/full") as file:
            file.write(b"x")


def test_one_lock_by_all_names(tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(tmp_path / "out")
    with (
        writing(tmp_path / "out"),
        pytest.raises(InputError, match="another process"),
        writing(tmp_path / "link"),
    ):
        pass
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    with writing(Path(".")):
        assert os.listdir(tmp_path / "out") == []


def test_path_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "out"
    with atomic_path(path) as partial:
        partial.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"

    def fail() -> None:
        with atomic_path(path) as partial:
            partial.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "whole"
    assert os.listdir(tmp_path) == ["out"]


def test_nothing_is_written_where_links_lead(tmp_path):
    """The names of hidden files are known: somebody may have put links there."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for name in (".out.partial", ".out.lock"):
        (tmp_path / name).symlink_to(victim)
    with writing(tmp_path / "out"), atomic_path(tmp_path / "out") as partial:
        partial.write_text("whole")
    assert victim.read_text() == "precious"
    assert (tmp_path / "out").read_text() == "whole"


def test_names_that_are_not_utf8(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff-de.txt")).touch()
    with pytest.raises(InputError, match=r"udcff-de\.txt' is not UTF-8; rename the file"):
        matching_paths("input", f"{tmp_path}/*-de.txt")


def test_pipes_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipe: not a regular file"):
        read_bytes(tmp_path / "pipe", 10)


def test_checksums_of_files_without_end(tmp_path):
    path = tmp_path / "sparse"
    with open(path, "wb") as file:
        file.truncate(2**34)
    with pytest.raises(InputError, match="sparse: over 8 GiB; make it again"):
        check_sha256(path, "", otherwise="another", remedy="make it again")


def test_sha256(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    assert sha256(tmp_path / "abc").startswith("ba7816bf8f01cfea414140de5dae2223")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EINVAL])
def test_directory_whose_names_cannot_be_synced(tmp_path, monkeypatch, number):
    """What is written has its name, so the job has not failed."""
    fsync = os.fsync

    def of_files_only(descriptor):
        if os.path.isdir(f"/proc/self/fd/{descriptor}"):
            raise OSError(number, "not here")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files_only)
    with atomic_file(tmp_path / "file", "w") as file:
        file.write("x")
    assert (tmp_path / "file").read_text() == "x"
