"""Where a command trains."""

from pathlib import Path

import pytest

from cotrain.place import Machine, cluster_devices, found_place
from cotrain.suite import load_suite
from tasks.errors import InputError


@pytest.mark.parametrize(
    ("machine", "told"),
    [
        (Machine(address="h:1"), "--address: only --executor ray has an address"),
        (Machine(executor="ray", address="127.0.0.1:1"), "--address: nobody listens at 127.0.0.1:1"),
        (Machine(device="cpu+cpu", workers=2), "--workers: devices that train each run together"),
    ],
)
def test_what_does_not_go_together_is_refused_in_one_line(suite: Path, machine: Machine, told: str) -> None:
    with pytest.raises(InputError) as raised, found_place(machine, load_suite(suite)):
        raise AssertionError("Expected a refusal, but got a place.")
    assert str(raised.value).startswith(told)


def test_devices_of_a_cluster() -> None:
    assert [cluster_devices("auto", gpus=of) for of in (True, False)] == [["cuda:0"], ["cpu"]]
    assert [cluster_devices(of, gpus=False) for of in ("cuda:3", "cpu")] == [["cuda:0"], ["cpu"]]
    assert cluster_devices("cuda:4+cuda:5", gpus=True) == ["cuda:0", "cuda:1"]
    assert cluster_devices("cpu+cpu", gpus=True) == ["cpu", "cpu"]
    for bad in ("mps", "cuda+cpu", ""):
        with pytest.raises(InputError, match=r"or several such as .* on a Ray cluster, but got"):
            cluster_devices(bad, gpus=True)
