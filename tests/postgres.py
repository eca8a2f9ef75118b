"""A PostgreSQL server of our own, from Debian's package, for the tests that need one."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

FOLDERS = "/usr/lib/postgresql"
"""Where Debian keeps the programs, by version."""
USER = "postgres"
"""As whom it runs where we are root, which it refuses."""


def programs() -> Path | None:
    """The folder of the newest version's programs; None where there is none."""
    found = sorted(Path(FOLDERS).glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Server:
    """A server on a free port of the loopback address; everyone may connect, to an empty database."""

    def __init__(self) -> None:
        there = programs()
        assert there is not None
        self._programs = there
        self.folder = Path(tempfile.mkdtemp(prefix="cotrain-postgres-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"
        if os.getuid() == 0:
            os.chown(self.folder, pwd.getpwnam(USER).pw_uid, -1)
        self._do("initdb", "-D", f"{self.folder}/data", "-U", USER, "-A", "trust", "--no-sync")
        self.start()

    def start(self) -> None:
        """Begins, or goes on with its data."""
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._do("pg_ctl", "-D", f"{self.folder}/data", "-w", "-l", f"{self.folder}/log", "-o", settings, "start")

    def stop(self, mode: str = "fast") -> None:
        """Ends; in mode ``immediate`` as if it had crashed."""
        self._do("pg_ctl", "-D", f"{self.folder}/data", "-w", "-m", mode, "stop")

    def remove(self) -> None:
        """Ends, and removes its data."""
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _do(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        user = {"user": USER, "group": USER, "extra_groups": []} if os.getuid() == 0 else {}
        subprocess.run(command, check=True, cwd="/", capture_output=True, timeout=60, **user)  # type: ignore[call-overload]
