"""A file system of Apache Beam for tests: names to contents, as of `gs://` and `s3://`.

It has no directories. A test that imports it can use `mem://` wherever Beam takes a path.
"""

import io
import time

from apache_beam.io.filesystem import BeamIOError, CompressionTypes, FileMetadata, FileSystem

FILES: dict[str, bytes] = {}
_TIMES: dict[str, float] = {}


def put(path, content):
    FILES[path] = content
    _TIMES[path] = time.time()


class _Written(io.BytesIO):
    def __init__(self, path):
        super().__init__()
        self._path = path

    def close(self):
        if not self.closed:
            put(self._path, self.getvalue())
        super().close()


class MemoryFileSystem(FileSystem):
    @classmethod
    def scheme(cls):
        return "mem"

    def join(self, basepath, *paths):
        return "/".join([basepath.rstrip("/"), *(path.strip("/") for path in paths)])

    def split(self, path):
        head, _, tail = path.rpartition("/")
        return head, tail

    def mkdirs(self, path):
        pass

    def has_dirs(self):
        return False

    def _list(self, dir_or_prefix):
        return [self.metadata(path) for path in list(FILES) if path.startswith(dir_or_prefix)]

    def create(self, path, mime_type="", compression_type=CompressionTypes.AUTO):
        return _Written(path)

    def open(self, path, mime_type="", compression_type=CompressionTypes.AUTO):
        if path not in FILES:
            raise BeamIOError("open", {path: "no such file"})
        return io.BytesIO(FILES[path])

    def copy(self, source_file_names, destination_file_names):
        for source, destination in zip(source_file_names, destination_file_names, strict=True):
            put(destination, FILES[source])

    def rename(self, source_file_names, destination_file_names):
        self.copy(source_file_names, destination_file_names)
        self.delete(source_file_names)

    def exists(self, path):
        return path in FILES

    def size(self, path):
        return len(FILES[path])

    def last_updated(self, path):
        return _TIMES[path]

    def checksum(self, path):
        return str(hash(FILES[path]))

    def metadata(self, path):
        return FileMetadata(path, len(FILES[path]), _TIMES[path])

    def delete(self, paths):
        for path in paths:
            if path.endswith("/"):
                for found in [name for name in FILES if name.startswith(path)]:
                    del FILES[found]
            elif path in FILES:
                del FILES[path]
            else:
                raise BeamIOError("delete", {path: "no such file"})
