"""Finished jobs and leases in PostgreSQL."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import text

from tasks.errors import InputError
from tests.postgres import Server
from tests.trainers.squares import Square, double
from trainers import lease
from trainers.database import Database
from trainers.executors import InProcess
from trainers.lease import Lease
from trainers.run_jobs import run_jobs
from trainers.shared_ledger import SharedLedger


@pytest.fixture
def database(postgres: Server) -> Iterator[Database]:
    opened = Database(postgres.url)
    yield opened
    opened.close()


def test_runs_keep_their_jobs_apart_and_the_first_result_stays(database: Database) -> None:
    one, other = SharedLedger(database, "one"), SharedLedger(database, "other")
    one.put("k", "label", b"\x00\xff")
    one.put("k", "label", b"2")
    other.put("k", "of another", b"3")
    assert (one.get("k"), other.get("k"), one.get("l")) == (b"\x00\xff", b"3", None)
    assert [(key, label) for key, label, _ in one.finished()] == [("k", "label")]
    one.drop("k")
    assert (one.get("k"), other.get("k")) == (None, b"3")


def test_a_damaged_result_is_computed_again(database: Database) -> None:
    ledger = SharedLedger(database, "run")
    ledger.put("square 4", "square 4", b"junk")
    assert run_jobs([Square(4)], InProcess(double, 50), ledger) == [116]
    assert ledger.get("square 4") == b"116"


def test_two_drivers_may_make_the_tables_at_once(postgres: Server) -> None:
    def begin(number: int) -> str:
        with closing(Database(postgres.url)) as database:
            SharedLedger(database, str(number)).put("k", "l", b"1")
            with Lease(database, str(number), lost=list):
                return str(number)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(begin, range(8))) == [str(number) for number in range(8)]


def test_a_restart_of_the_server_is_waited_for(postgres: Server, database: Database) -> None:
    ledger = SharedLedger(database, "run")
    ledger.put("k", "l", b"1")
    postgres.stop("immediate")
    threading.Timer(1.0, postgres.start).start()
    assert ledger.get("k") == b"1"


def test_a_server_that_stays_away_ends_in_one_line(postgres: Server) -> None:
    with closing(Database(postgres.url, patience=0.5)) as database:
        ledger = SharedLedger(database, "run")
        postgres.stop()
        with pytest.raises(InputError, match=r"--storage: the database 127\.0\.0\.1:\d+/postgres does not do its part"):
            ledger.get("k")
    postgres.start()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "expected postgresql://user@host:port/database"),
        ("sqlite:///x.db", "expected postgresql://user@host:port/database"),
        ("postgresql://h", "expected postgresql://user@host:port/database"),
        ("postgresql://user:secret@127.0.0.1:1/db", "the database 127.0.0.1:1/db does not do its part"),
    ],
)
def test_an_address_that_is_none_ends_in_one_line_without_secrets(url: str, told: str) -> None:
    with pytest.raises(InputError) as raised:
        Database(url)
    assert told in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


class TestLease:
    """One driver at a time."""

    def test_a_second_driver_is_refused_while_the_first_renews(self, database: Database) -> None:
        told: list[str] = []
        with (
            Lease(database, "run", lost=list, length=1.0),
            pytest.raises(InputError, match=r"another driver works on this run \(.*process \d+\)"),
            Lease(database, "run", lost=list, length=1.0, told=told.append),
        ):
            raise AssertionError("Expected a refusal, but got the lease.")
        assert len(told) == 1
        with Lease(database, "run", lost=list, length=1.0):
            pass

    def test_other_runs_are_others(self, database: Database) -> None:
        with Lease(database, "one", lost=list), Lease(database, "other", lost=list):
            pass

    def test_a_lease_that_nobody_renews_ends(self, database: Database) -> None:
        gone = Lease(database, "run", lost=list, length=0.8)
        gone._renew = lambda: None  # type: ignore[method-assign]  # as if it had been killed
        gone._thread = threading.Thread(target=gone._renew)
        gone.__enter__()
        begun = time.monotonic()
        with Lease(database, "run", lost=list):
            assert 0.3 < time.monotonic() - begun < 5

    def test_it_is_renewed_through_a_restart(self, postgres: Server, database: Database) -> None:
        lost: list[int] = []
        with Lease(database, "run", lost=lambda: lost.append(1), length=2.0):
            postgres.stop("immediate")
            postgres.start()
            time.sleep(3.0)
            left = "SELECT extract(epoch FROM ends - now()) FROM cotrain_leases WHERE run = 'run'"
            row = database.do(lambda to: to.execute(text(left)).fetchone())
            assert row is not None
            assert float(row[0]) > 0
        assert not lost

    def test_who_was_away_too_long_hears_that_it_is_taken(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lost: list[int] = []
        monkeypatch.setattr(lease, "RENEWED", 0.2)
        with Lease(database, "run", lost=lambda: lost.append(1), length=30.0):
            taken = "UPDATE cotrain_leases SET holder = 'somebody else'"
            database.do(lambda to: to.execute(text(taken)))
            deadline = time.monotonic() + 10
            while not lost and time.monotonic() < deadline:
                time.sleep(0.05)
        assert lost == [1]
        row = database.do(lambda to: to.execute(text("SELECT holder FROM cotrain_leases")).fetchone())
        assert row is not None
        assert row[0] == "somebody else"
