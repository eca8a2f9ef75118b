"""Whether two runs agree who helps whom, in sentences."""

from dataclasses import dataclass

from affinity.concordance import AGREE, DISAGREE, PARTLY, Concordance
from reports.compared_tables import names
from reports.comparison import Comparison
from reports.lettering import printable
from reports.numbers import LEVEL, number, signed
from reports.origin import origin
from reports.words import listed, many


@dataclass(frozen=True)
class Answer:
    """One question of whoever compares.

    Args:
        question: In a few words.
        word: The answer in a word or two, such as ``undecided``, or the name of a run.
        sentence: What it rests on.
        named: Whether the word is the name of a run.
    """

    question: str
    word: str
    sentence: str
    named: bool = False


def affinities_answer(comparison: Comparison) -> Answer:
    """The correlation beside what noise allows, the signs, and the pairs that are apart."""
    question, of = "Do they agree which tasks help or hurt each other?", comparison.affinities
    if of is None:
        runs, called = comparison.runs, names(comparison)
        lacking = [name for name, run in ((called.a, runs.a), (called.b, runs.b)) if not run.affinities]
        why = f"Without affinities: {listed(lacking)}." if lacking else "They share fewer than two such tasks."
        return Answer(question, "not compared", why)
    sentences = [_correlation(of), *_not_gains(comparison, of), _signs(comparison, of), _apart(comparison, of)]
    return Answer(question, of.verdict, " ".join(sentence for sentence in sentences if sentence))


def _correlation(of: Concordance) -> str:
    lead = of.leading
    name = "Pearson correlation" if of.same_scale else "Rank correlation"
    over = f"over {many(len(of.counted), 'directed pair')} of {many(len(of.tasks), 'task')}"
    if lead.value is None:
        return f"No correlation can be told {over}: they are too few, or the scores of a run are all the same."
    ranks = f" ({number(of.spearman.value, 2)} of ranks)" if of.same_scale and of.spearman.value is not None else ""
    if lead.low is None or lead.high is None:
        why = "an interval takes four tasks" if len(of.tasks) < 4 else "without one of the tasks it is undefined"
        return f"{name} {number(lead.value, 2)}{ranks} {over}, without an interval: {why}.{_allowed(of)}"
    ends = f"{LEVEL} interval over tasks {number(lead.low, 2)} to {number(lead.high, 2)}"
    return f"{name} {number(lead.value, 2)}{ranks} {over}, {ends}.{_allowed(of)}"


def _allowed(of: Concordance) -> str:
    """What noise allows, beside what was found; it begins with a space."""
    limit = of.leading.attainable
    if limit is None:
        return " What noise alone allows is not known, as a run has no errors of its scores."
    if limit == 0:
        return " The scores of a run vary by no more than their errors, so nothing could be told."
    allows = f"about {number(limit, 2)} that noise alone allows"
    if of.verdict in (PARTLY, DISAGREE):
        return f" That is less than the {allows}."
    if of.verdict == AGREE:
        return f" By their errors, about {number(limit, 2)} is what two runs that measure the same would reach."
    if of.leading.low is None:
        return f" Noise alone allows about {number(limit, 2)}."
    if of.leading.high is not None and of.leading.high < limit:
        return f" That is less than the {allows}, but no difference is larger than errors make it, so it may be luck."
    return f" The interval holds both 0, which is chance, and the {allows}."


def _not_gains(comparison: Comparison, of: Concordance) -> list[str]:
    if of.same_scale:
        return []
    runs = comparison.runs
    kinds = sorted({run.estimator for run in (runs.a, runs.b) if not origin(run.estimator).gains})
    what = (
        f"Scores by {listed([printable(kind) for kind in kinds])} are no gains" if kinds else "Scores have other units"
    )
    return [f"{what}, so ranks are compared, and neither signs nor differences."]


def _signs(comparison: Comparison, of: Concordance) -> str:
    gains = all(origin(run.estimator).gains for run in (comparison.runs.a, comparison.runs.b))
    sure = "sure to help or hurt" if gains else "surely above or below 0"
    if of.signs is None or not of.signs.pairs:
        return ""
    if of.signs.decided is None or of.signs.same is None:
        return f"{of.signs.alike} of {of.signs.pairs} pairs have the same sign; errors are not known."
    if not of.signs.decided:
        return f"No pair is {sure} in both runs; {of.signs.alike} of {of.signs.pairs} have the same sign, sure or not."
    pairs = "pair is" if of.signs.decided == 1 else "pairs are"
    told = f"{of.signs.decided:,} {pairs} {sure} in both runs, "
    if of.signs.same == of.signs.decided:
        return f"{told}with the same sign in each." if of.signs.decided == 1 else f"{told}all with the same sign."
    return f"{told}{of.signs.same} of them with the same sign."


def _apart(comparison: Comparison, of: Concordance) -> str:
    """How many pairs are apart, and which is the furthest."""
    if not of.same_scale or of.noise_ratio is None:
        return ""
    called = names(comparison)
    beyond = [pair for pair in of.counted if pair.beyond]
    size = f"differences are {number(of.noise_ratio, 1)} times as large as errors alone would make them"
    if not beyond:
        return f"No pair is apart by more than its errors: {size}."
    most = beyond[0]
    are = "is" if len(beyond) == 1 else "are"
    return (
        f"{len(beyond):,} of {len(of.counted):,} pairs {are} apart by more than their errors, "
        f"where chance alone gives about {number(0.05 * len(of.counted), 1)}; {size}. The furthest is "
        f"{printable(most.source)} to {printable(most.target)}: {signed(most.score.a)} in {called.a}, "
        f"{signed(most.score.b)} in {called.b}."
    )
