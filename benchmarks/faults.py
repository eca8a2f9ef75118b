"""What becomes of a run that is killed, starved or lied to: seeded faults, and the same command afterwards.

    python -m benchmarks.faults FOLDER [--count 20] [--seed 0] [--kind driver ...]

A small suite (three tasks, a random model of two layers) is recommended for, undisturbed and then with one fault each,
at a random moment of its work. Afterwards the same command is run, and once more if it ended with one line that names a
file to remove, which is done. A fault is *survived* if the end is the undisturbed run's recommendation, *refused* if
every end was one line and nothing that was finished is lost from where it was kept; anything else is *lost*, a command
that does not end too. Kinds:

- driver, term: SIGKILL and SIGTERM for the command; worker: SIGKILL for a process that trains
- disk: no room left; closed: nothing can be written (both need the right to mount)
- file, ledger: a byte of a file, or of the ledger, is another, or the file ends early, after a SIGKILL
- clock: the clock of the day jumps (needs libfaketime)
- postgres: the database crashes and comes back, or is away for a while
- actor, node, raylet: SIGKILL for a worker of a Ray cluster, all processes of one of its nodes, its raylet

Goes on where it was stopped; writes ``results/faults.json``.
"""

import argparse
import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import faulty
from benchmarks.faulty import COMMAND, Ended, Victim, answer
from benchmarks.kept import write_json
from benchmarks.machine import machine
from tests.cotrain.five_tasks import write_data
from tests.postgres import Server

TASKS = "number,tags,same"
WORKERS = 2
OUT = Path(__file__).parent / "results" / "faults.json"
MOUNTED = ("disk", "closed")
ON_RAY = ("actor", "node", "raylet")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Of one fault."""

    kind: str
    seed: int
    end: str
    """survived, refused or lost."""
    codes: list[int]
    """Of the disturbed command and those after it."""
    said: list[str]
    """Their last lines."""


class Bench:
    """Everything that faults share.

    Args:
        folder: Of suite, undisturbed run and disturbed ones.
        tasks: Of the suite, joined by commas.
        workers: Processes that train; two where one is to be killed. On one core the answer is the same.
    """

    def __init__(self, folder: Path, *, tasks: str = TASKS, workers: int = WORKERS) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self._server: Server | None = None
        self._nodes: Any = None
        suite = folder / "suite" / "suite.yaml"
        if not suite.exists():
            suite.parent.mkdir(parents=True, exist_ok=True)
            write_data(suite.parent)
        self.command = [*COMMAND, str(suite), "--tasks", tasks, "--quiet"]
        self.workers = workers
        whole = Victim(command=self._command(""), out=folder / "whole", generator=random.Random(0), span=(0.0, 0.0))
        shutil.rmtree(whole.out, ignore_errors=True)
        start = time.perf_counter()
        ended = whole.again()
        self.seconds = time.perf_counter() - start
        if ended.code != 0:
            raise SystemExit(f"the undisturbed run ended with {ended.code}: {ended.said}")
        self.expected = answer(whole.out)

    def close(self) -> None:
        """Ends servers."""
        if self._server is not None:
            self._server.remove()
        if self._nodes is not None:
            self._nodes.shutdown()

    @property
    def server(self) -> Server:
        """PostgreSQL."""
        if self._server is None:
            self._server = Server()
        return self._server

    @property
    def nodes(self) -> Any:
        """A Ray cluster: a head that computes nothing, and two nodes with a core each."""
        if self._nodes is None:
            from ray.cluster_utils import Cluster

            self._nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
        while len(self._nodes.worker_nodes) < 2:
            self._nodes.add_node(num_cpus=1)
        return self._nodes

    def befall(self, kind: str, seed: int) -> Outcome:
        """One fault, and what comes after it."""
        generator = random.Random(f"{kind} {seed}")
        place = self.folder / f"{kind}-{seed}"
        shutil.rmtree(place, ignore_errors=True)
        command, slow = self._command(kind), 1.0
        if kind == "postgres":
            command = [*command, "--storage", self.server.url]
        if kind in ON_RAY:
            command, slow = [*command, "--executor", "ray", "--address", self.nodes.address], 2.0
        with ExitStack() as stack:
            place.mkdir()
            if kind in MOUNTED:
                stack.enter_context(faulty.disk(place, "40m"))
            span = (0.1 * self.seconds, 0.98 * self.seconds * slow)
            victim = Victim(command=command, out=place / "run", generator=generator, span=span)
            ends = list(self.faults()[kind](victim))
            for _ in range(4):
                if ends[-1].code == 0:
                    break
                self._remedy(ends[-1], victim.out)
                ends.append(victim.again())
            outcome = self._judged(kind, seed, ends, victim.out)
        if outcome.end != "lost":
            shutil.rmtree(place, ignore_errors=True)
            place.with_suffix(".time").unlink(missing_ok=True)
        return outcome

    def one_after_the_other(self, kinds: Sequence[str], seed: int) -> list[Outcome]:
        """Several faults of one run, each of the command that goes on after the one before; none of Ray or PostgreSQL.

        The last outcome is that of the command without a fault after them. A run that is refused begins anew.
        """
        place, found = self.folder / f"several-{seed}", []
        with ExitStack() as stack:
            place.mkdir()
            if set(kinds) & set(MOUNTED):
                stack.enter_context(faulty.disk(place, "60m"))
            for number, kind in enumerate([*kinds, ""]):
                victim = Victim(
                    command=self._command(kind),
                    out=place / "run",
                    generator=random.Random(f"{kind} {seed + number}"),
                    span=(0.1 * self.seconds, 0.6 * self.seconds),  # what goes on takes less
                )
                ends = self.faults()[kind](victim) if kind else [victim.again()]
                if ends[-1].refused and kind not in MOUNTED:
                    shutil.rmtree(victim.out)
                found.append(self._judged(kind, seed + number, ends, victim.out))
        return found

    def _command(self, kind: str) -> list[str]:
        workers = max(self.workers, WORKERS) if kind == "worker" else self.workers
        return [*self.command, "--workers", str(workers)]

    def faults(self) -> Mapping[str, Callable[[Victim], list[Ended]]]:
        """By kind."""
        return {
            "driver": faulty.kill_driver,
            "term": faulty.end_driver,
            "worker": faulty.kill_worker,
            "disk": faulty.fill_disk,
            "closed": faulty.close_folder,
            "file": faulty.damage_file,
            "ledger": faulty.tear_ledger,
            "clock": faulty.jump_clock,
            "postgres": self._restart,
            "actor": faulty.kill_actor,
            "node": self._end_node,
            "raylet": self._kill_raylet,
        }

    def _restart(self, victim: Victim) -> list[Ended]:
        process = victim.start()
        victim.wait_for_moment(process)
        self.server.stop("immediate")
        time.sleep(victim.generator.choice([0.0, 1.0, 4.0]))
        self.server.start()
        return [victim.ended(process)]

    def _end_node(self, victim: Victim) -> list[Ended]:
        return self._on_node(victim, lambda node: node.kill_all_processes(check_alive=False, allow_graceful=False))

    def _kill_raylet(self, victim: Victim) -> list[Ended]:
        return self._on_node(victim, lambda node: node.kill_raylet(check_alive=False))

    def _on_node(self, victim: Victim, end: Callable[[Any], None]) -> list[Ended]:
        """Ends a node; another joins two seconds later."""
        process = victim.start()
        victim.wait_for_moment(process)
        node = victim.generator.choice(sorted(self._nodes.worker_nodes, key=lambda of: of.unique_id))
        end(node)
        time.sleep(2.0)
        self._nodes.worker_nodes.discard(node)
        self._nodes.add_node(num_cpus=1)  # in this thread: it sets the handler of a signal
        return [victim.ended(process)]

    def _remedy(self, ended: Ended, out: Path) -> None:
        """What the line says, where it says to remove a file."""
        if not ended.refused or "remove it" not in ended.said:
            return
        named = ended.said.removeprefix("error: ").split(": ")[0]
        if Path(named).is_file() and out in Path(named).parents:
            Path(named).unlink()

    def _judged(self, kind: str, seed: int, ends: list[Ended], out: Path) -> Outcome:
        end = "lost"
        if ends[-1].code == 0:
            end = "survived" if answer(out) == self.expected else "lost"
        elif all(of.refused for of in ends[1:]):
            end = "refused"
        if any(of.hung for of in ends):
            end = "lost"
        return Outcome(
            kind=kind,
            seed=seed,
            end=end,
            codes=[of.code for of in ends],
            said=[of.said.strip().rpartition("\n")[2][-300:] for of in ends],
        )


def summary(outcomes: list[Outcome]) -> dict[str, dict[str, Any]]:
    """Counts by kind."""
    found: dict[str, dict[str, Any]] = {}
    for kind in dict.fromkeys(of.kind for of in outcomes):
        own = [of for of in outcomes if of.kind == kind]
        found[kind] = {
            "faults": len(own),
            **{end: sum(of.end == end for of in own) for end in ("survived", "refused", "lost")},
            "went on within the first command": sum(of.codes[0] == 0 for of in own),
            "codes of the disturbed command": dict(Counter(str(of.codes[0]) for of in own)),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=20, help="faults of each kind")
    parser.add_argument("--seed", type=int, default=0, help="of the first one")
    parser.add_argument("--kind", action="append", help="only this one; may be repeated")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    before = json.loads(given.out.read_text())["outcomes"] if given.out.exists() else []
    outcomes = [Outcome(**of) for of in before]
    known = {(of.kind, of.seed) for of in outcomes}
    bench = Bench(given.folder)
    try:
        for seed in range(given.seed, given.seed + given.count):
            for kind in given.kind or bench.faults():
                if (kind, seed) in known:
                    continue
                outcomes.append(bench.befall(kind, seed))
                print(outcomes[-1], flush=True)
                found = {"machine": machine(), "seconds undisturbed": bench.seconds, "kinds": summary(outcomes)}
                write_json(given.out, found | {"outcomes": [asdict(of) for of in outcomes]})
    finally:
        bench.close()
    print(json.dumps(summary(outcomes), indent=1))


if __name__ == "__main__":
    main()
