"""All methods by name."""

from benchmarks.searches import optuna_samplers as optuna_by
from benchmarks.searches.greedy import greedy
from benchmarks.searches.method import Method
from benchmarks.searches.optuna_samplers import full_partitions, sampled_by
from benchmarks.searches.ours import ours
from benchmarks.searches.pairs import all_pairs, counted_pairs, pairs
from benchmarks.searches.random_groups import random_groups, together
from benchmarks.searches.ridge import ridge

OURS, RANDOM, TOGETHER = "cotrain", "random groups", "all together"
METHODS = {
    OURS: Method(ours, anytime=False),
    RANDOM: Method(random_groups),
    TOGETHER: Method(together, seeds=0.25),
    "greedy merging": Method(greedy),
    "mean of pairs": Method(pairs, anytime=False, applies=all_pairs),
    "mean of pairs, counted": Method(counted_pairs, anytime=False, applies=all_pairs),
    "one-shot ridge": Method(ridge, anytime=False),
    "Optuna TPE": Method(sampled_by(optuna_by.tpe), applies=full_partitions),
    "Optuna NSGA-II": Method(sampled_by(optuna_by.nsga2), applies=full_partitions),
    "Optuna GP": Method(sampled_by(optuna_by.gp), seeds=0.25, applies=full_partitions),
    "Optuna random": Method(sampled_by(optuna_by.uniform), applies=full_partitions),
}
