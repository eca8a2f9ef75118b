"""Files to splits, before any task is made."""

import zlib
from collections.abc import Mapping

import numpy as np

HEAVIEST = 60
"""A file counts for at most so many functions: recipes go round the files, so more of them weigh no more."""


def split_files(
    packages: Mapping[str, str], weights: Mapping[str, int], shares: Mapping[str, float], seed: int
) -> dict[str, str]:
    """Gives every file to one split, so that packages and the whole are divided as ``shares`` says.

    Within a package files come in random order; each goes to the split that is furthest behind its share in the
    package and in all packages so far.

    Args:
        packages: Top-level package of every file.
        weights: Functions of every file.
        shares: Part that each split should get; any positive scale.
        seed: Seed of the order of files.

    Returns:
        The split of every file.
    """
    splits = tuple(shares)
    share = np.array([shares[split] for split in splits], dtype=np.float64)  # shape: (splits,)
    share /= share.sum()
    overall = np.zeros(len(splits))
    chosen: dict[str, str] = {}
    for package in sorted(set(packages.values())):
        files = sorted(name for name, owner in packages.items() if owner == package)
        generator = np.random.default_rng([seed, zlib.crc32(package.encode("utf-8", "surrogateescape"))])
        inside = np.zeros(len(splits))
        for place in generator.permutation(len(files)):
            weight = min(weights[files[place]], HEAVIEST)
            behind = share * (inside.sum() + weight) - inside + share * (overall.sum() + weight) - overall
            best = int(np.argmax(behind))
            inside[best] += weight
            overall[best] += weight
            chosen[files[place]] = splits[best]
    return chosen
