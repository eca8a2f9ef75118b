"""Joining a Ray cluster, or starting one on this machine.

A cluster that is started here listens on the loopback address alone, asks for a token that only its processes know,
sends no usage statistics, and ends with this process. A cluster that is joined is left as it is: who may use
it, and how it is encrypted, was decided by whoever started it.
"""

import importlib
import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from tasks.errors import InputError

LOG = logging.getLogger("cotrain.jobs")
MODE, TOKEN = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN"
LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""What Ray reads whether it is to be a cluster of several machines; else it listens on the loopback address."""
PATIENCE = 10.0
"""Seconds in which a cluster has to answer at its address."""
NAMESPACE = "cotrain"
"""Of our actors in a cluster."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """What one worker takes of a node."""

    cpus: int
    """Cores."""
    gpus: int = 0
    """GPUs."""

    @classmethod
    def of(cls, device: str, threads: int, *, devices: int = 1) -> "Need":
        """Of a worker that computes on a torch device, or on several of the kind."""
        if device.startswith("cuda"):
            return cls(cpus=devices, gpus=devices)
        return cls(cpus=threads * devices)

    def places(self, resources: Mapping[str, float]) -> int:
        """Workers that fit a node with these resources."""
        fits = [int(resources.get("CPU", 0)) // self.cpus]
        if self.gpus:
            fits.append(int(resources.get("GPU", 0)) // self.gpus)
        return min(fits)


class Cluster:
    """A connection to a cluster; used in a ``with`` statement, which ends it.

    Args:
        address: Where the cluster is, ``host:port``, or ``auto`` for one on this machine; None starts one.
        cores: Cores that a cluster that is started has.

    Raises:
        InputError: If Ray is not installed, or there is no cluster at the address.
    """

    def __init__(self, *, address: str | None, cores: int) -> None:
        self.address = address
        if address is not None and "://" in address:
            raise InputError(
                f"expected host:port or auto, but got {address}; run the command on a machine of the cluster",
                place="--address",
            )
        if address not in (None, "auto"):
            _reach(address)
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        self.ray = _ray()
        self._local = ExitStack()
        if self.ray.is_initialized():
            raise InputError(
                "this process is connected to a Ray cluster already; call `ray.shutdown()` first",
                place="--executor ray",
            )
        settings: dict[str, Any] = {"address": address}
        if address is None:
            self._local.enter_context(_closed(self.ray))
            settings = {
                "address": "local",
                "num_cpus": cores,
                "include_dashboard": False,
            }
        try:
            with _own_sigterm():
                self.ray.init(
                    **settings,
                    namespace=NAMESPACE,
                    configure_logging=True,
                    logging_level=logging.ERROR,
                    log_to_driver=False,
                )
        except (ConnectionError, RuntimeError, OSError, ValueError) as error:
            self._local.close()
            reason = str(error).strip().partition("\n")[0].partition(". ")[0]
            raise InputError(f"no Ray cluster at {address or 'this machine'}: {reason}", place="--address") from None
        _hear(self.ray)

    def nodes(self) -> list[Mapping[str, float]]:
        """Resources of every node that is alive."""
        return [node["Resources"] for node in self.ray.nodes() if node["Alive"]]

    def places(self, need: Need) -> int:
        """Workers that fit the nodes that are alive, each in one node."""
        return sum(need.places(node) for node in self.nodes())

    @property
    def has_gpus(self) -> bool:
        """Whether a node has one."""
        return any(node.get("GPU", 0) >= 1 for node in self.nodes())

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.ray.shutdown()
        self._local.close()


def _reach(address: str) -> None:
    """Refuses an address where nobody listens: Ray would ask it for a quarter of an hour.

    Raises:
        InputError: If it is none, or nobody answers.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise InputError(f"expected host:port or auto, but got {address}", place="--address")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"nobody listens at {address} ({reason}); `ray start --head` starts a cluster", place="--address"
        ) from None


def _ray() -> Any:
    """The package; it reads the environment when it is imported."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # workers without a GPU see devices as we do
    try:
        import ray
    except ImportError:
        raise InputError("needs the package ray; `pip install 'cotrain[ray]'`", place="--executor ray") from None
    return ray


def _hear(ray: Any) -> None:
    """Lets our log have what Ray would print on standard output whatever it is told: that a worker ended, say."""
    printing = getattr(getattr(ray, "_private", None), "worker", None)
    if printing is not None and hasattr(printing, "print_to_stdstream"):
        printing.print_to_stdstream = lambda said, **_: LOG.info("ray: %s", " ".join(said.get("lines", ())))


@contextmanager
def _closed(ray: Any) -> Iterator[None]:
    """Within it, a new cluster listens on the loopback address alone, and asks for a token that stands in no file.

    Ray would listen on all addresses, but for Windows and macOS, and write a token into the user's home. It has read
    the environment already, and reads it again in the processes that it starts. What the environment says of tokens
    goes before.
    """
    constants = getattr(getattr(ray, "_private", None), "ray_constants", None)
    said = {LOOPBACK: "0"}
    if not {MODE, TOKEN, "RAY_AUTH_TOKEN_PATH"} & set(os.environ):
        said |= {MODE: "token", TOKEN: secrets.token_hex(32)}
    before = {name: os.environ.get(name) for name in said}
    os.environ.update(said)
    _read_again(constants, several=False)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        _read_again(constants, several=True)


def _read_again(constants: Any, *, several: bool) -> None:
    """Lets the package of this process know the environment as it is now."""
    if constants is not None:
        constants.ENABLE_RAY_CLUSTER = several
    inside: Any = importlib.import_module("ray._raylet")
    inside.Config.initialize("")
    inside.AuthenticationTokenLoader.instance().reset_cache()


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """What SIGTERM does is as before afterwards: Ray sets a handler of its own, which would end the process at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None:  # else one that is none of Python's
            signal.signal(signal.SIGTERM, before)
