"""What a power cut leaves on the disk: rebuilt from the system calls of one traced run.

Content is safe when its file was synced, a name when its folder was. What was not may be there, or not, or in part.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
CALLS = (
    "openat,write,pwrite64,lseek,fsync,fdatasync,rename,renameat,renameat2,ftruncate,unlink,unlinkat,link,linkat,"
    "mkdir,mkdirat"
)
OPTIONS = ["-e", f"trace={CALLS}", "-y", "-xx", "-s", "400000", "-e", "status=successful"]

_CALL = re.compile(r"^(?P<pid>\d+) +(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
_FD = re.compile(r"^(?P<number>\d+|AT_FDCWD)<(?P<path>[^>]*)>")


@dataclass(slots=True)
class Inode:
    """The content of a file: as programs see it, and as the disk has it for sure."""

    seen: bytearray = field(default_factory=bytearray)
    safe: bytes = b""


@dataclass
class Disk:
    """Files below one folder; `seen` is what programs see, `safe` the names that a power cut leaves for sure."""

    root: Path
    seen: dict[str, Inode] = field(default_factory=dict)
    safe: dict[str, Inode] = field(default_factory=dict)
    _offsets: dict[tuple[str, str], int] = field(default_factory=dict)

    @staticmethod
    def of(root: Path) -> Disk:
        """The disk as it is now, all of it safe."""
        disk = Disk(root)
        for path in root.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                disk.seen[str(path)] = disk.safe[str(path)] = Inode(bytearray(content), content)
        return disk

    def apply(self, call: Call) -> None:
        """What a call does."""
        handler = getattr(self, f"_{call.name}", None)
        if handler is not None:
            handler(call)

    def image(self, kind: str, seed: int) -> dict[str, bytes]:
        """What is found after a power cut: `synced` only, `all` of it, or a random `part` of what was not synced."""
        if kind == "synced":
            return {path: inode.safe for path, inode in self.safe.items()}
        if kind == "all":
            return {path: bytes(inode.seen) for path, inode in self.seen.items()}
        chance = random.Random(seed)
        names = {path: chance.choice((self.seen, self.safe)).get(path) for path in {**self.seen, **self.safe}}
        return {path: _torn(inode, chance) for path, inode in names.items() if inode is not None}

    # --- the calls ------------------------------------------------------------------------------------------------

    def _openat(self, call: Call) -> None:
        path = call.opened
        if not self._ours(path):
            return
        if "O_CREAT" in call.arguments or path in self.seen:
            inode = self.seen.setdefault(path, Inode())
            if "O_TRUNC" in call.arguments:
                inode.seen.clear()
        self._offsets[call.pid, str(call.result)] = len(self.seen[path].seen) if "O_APPEND" in call.arguments else 0

    def _write(self, call: Call) -> None:
        if (inode := self._inode(call)) is not None:
            key = call.pid, call.fd
            at = self._offsets.get(key, 0)
            _put(inode, at, call.data[: call.result])
            self._offsets[key] = at + call.result

    def _pwrite64(self, call: Call) -> None:
        if (inode := self._inode(call)) is not None:
            _put(inode, int(call.parts[-1]), call.data[: call.result])

    def _lseek(self, call: Call) -> None:
        self._offsets[call.pid, call.fd] = call.result

    def _ftruncate(self, call: Call) -> None:
        if (inode := self._inode(call)) is not None:
            length = int(call.parts[1])
            del inode.seen[length:]
            inode.seen.extend(bytes(length - len(inode.seen)))

    def _fsync(self, call: Call) -> None:
        if (inode := self._inode(call)) is not None:
            inode.safe = bytes(inode.seen)
            return
        folder = f"{call.path}/"
        if folder.startswith(f"{self.root}/"):
            for names in (self.seen, self.safe):
                for path in [p for p in names if p.startswith(folder) and "/" not in p.removeprefix(folder)]:
                    if names is self.safe and path not in self.seen:
                        del self.safe[path]
                    elif path in self.seen:
                        self.safe[path] = self.seen[path]

    _fdatasync = _fsync

    def _rename(self, call: Call) -> None:
        source, target = call.names
        if self._ours(source) and source in self.seen:
            self.seen[target] = self.seen.pop(source)

    _renameat = _renameat2 = _rename

    def _link(self, call: Call) -> None:
        source, target = call.names
        if self._ours(source) and source in self.seen:
            self.seen[target] = self.seen[source]

    _linkat = _link

    def _unlink(self, call: Call) -> None:
        self.seen.pop(call.names[0], None)

    _unlinkat = _unlink

    def _ours(self, path: str) -> bool:
        return path.startswith(f"{self.root}/")

    def _inode(self, call: Call) -> Inode | None:
        return self.seen.get(call.path.removesuffix(" (deleted)"))


@dataclass(frozen=True, slots=True)
class Call:
    """One system call of a trace."""

    pid: str
    name: str
    arguments: str
    result: int
    opened: str = ""

    @property
    def parts(self) -> list[str]:
        """The arguments, roughly: data holds no comma, being hexadecimal."""
        return [part.strip() for part in self.arguments.split(", ")]

    @property
    def fd(self) -> str:
        """The descriptor that it acts on."""
        match = _FD.match(self.arguments)
        return match["number"] if match else ""

    @property
    def path(self) -> str:
        """The file of the descriptor."""
        match = _FD.match(self.arguments)
        return _decoded(match["path"]) if match else ""

    @property
    def data(self) -> bytes:
        """What is written."""
        return _bytes(self.parts[1])

    @property
    def names(self) -> list[str]:
        """The paths among the arguments."""
        return [_bytes(part).decode() for part in self.parts if part.startswith('"')]


def calls_in(trace: str) -> Iterator[Call]:
    """The calls of a trace, in their order."""
    for line in trace.splitlines():
        match = _CALL.match(line)
        if match is None:
            continue
        opened = ""
        if match["name"] == "openat":
            found = re.search(r'"((?:\\x[0-9a-f]{2})*)"', match["arguments"])
            opened = _bytes(f'"{found[1]}"').decode() if found else ""
        yield Call(match["pid"], match["name"], match["arguments"], int(match["result"]), opened)


def _bytes(text: str) -> bytes:
    found: bytes = ast.literal_eval(f"b{text.removesuffix('...')}")
    return found


def _decoded(path: str) -> str:
    return _bytes(f'"{path}"').decode() if "\\x" in path else path


def _put(inode: Inode, at: int, data: bytes) -> None:
    if len(inode.seen) < at:
        inode.seen.extend(bytes(at - len(inode.seen)))
    inode.seen[at : at + len(data)] = data


def _torn(inode: Inode, chance: random.Random) -> bytes:
    """Each sector as it was synced, or as it was written last."""
    if bytes(inode.seen) == inode.safe:
        return inode.safe
    length = chance.choice((len(inode.seen), len(inode.safe)))
    torn = bytearray(length)
    for start in range(0, length, SECTOR):
        source = chance.choice((bytes(inode.seen), inode.safe))[start : start + SECTOR]
        torn[start : start + len(source)] = source[: length - start]
    return bytes(torn)
