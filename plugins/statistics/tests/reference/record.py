"""Records what SciPy, Fairlearn, scikit-learn, statsmodels and Evidently say.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python record.py

writes `truth.jsonl`: one drawn data set a line, as facts, with the rules that
judge it and the peers' answers. Draws are seeded: a second run writes the same
file.
"""

import json
import pathlib
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
import scipy.stats
from evidently.legacy.calculations.stattests.kl_div import _kl_div
from evidently.legacy.calculations.stattests.psi import _psi
from evidently.legacy.core import ColumnType
from fairlearn.metrics import (
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    equalized_odds_ratio,
)
from sklearn.calibration import calibration_curve
from statsmodels.stats.proportion import proportions_ztest

HERE = pathlib.Path(__file__).parent
LINES = []
rng = np.random.default_rng(20261130)


def fact(name, value, subject="candidate", samples=None, **labels):
    """A fact, as files of facts have it."""
    found = {"name": name, "subject": subject, "labels": labels, "value": plain(value)}
    return found if samples is None else found | {"samples": int(samples)}


def plain(value):
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def record(peer, rule, facts, value, **more):
    """An answer about these facts, unless the peer has none."""
    if not np.isfinite(value):
        return
    if not LINES or LINES[-1]["facts"] is not facts:
        LINES.append({"facts": facts, "answers": []})
    answer = {"peer": f"{peer} {version(peer)}", "rule": rule, "value": float(value)}
    LINES[-1]["answers"].append(answer | more)


# Drift: Evidently, over the same bins.


def as_categories(counts):
    """Rows that come to these counts, so that Evidently makes bins of its own of them."""
    return pd.Series(np.repeat(np.arange(len(counts)), counts))


def evidently(reference, current):
    """PSI and KL of two lists of counts."""
    sides = as_categories(reference), as_categories(current)
    return {
        "psi": _psi(*sides, ColumnType.Categorical, 0.1)[0],
        "kl": _kl_div(*sides, ColumnType.Categorical, 0.1)[0],
    }


def is_smoothed_alike(*sides):
    """Evidently takes an empty bin's share for 0.0001, as the plugin does, unless a bin has less."""
    return all(side.sum() > 0 and side[side > 0].min() / side.sum() > 0.0001 for side in sides)


def drift():
    for turn in range(70):
        # Evidently's own bins of numbers (Sturges, over both sides).
        size = int(rng.integers(200, 4000))
        shift, spread = rng.normal(0, 0.5), rng.uniform(0.7, 1.6)
        reference = rng.normal(0, 1, size)
        current = rng.normal(shift, spread, int(rng.integers(200, 4000)))
        edges = np.histogram_bin_edges(np.concatenate([reference, current]), bins="sturges")
        sides = [np.histogram(side, edges)[0] for side in (reference, current)]
        if not is_smoothed_alike(*sides):
            continue
        series = pd.Series(reference), pd.Series(current)
        facts = [
            found
            for subject, counts in zip(("reference", "candidate"), sides)
            for found in (
                fact("histogram", counts, subject, counts.sum(), feature="amount"),
                fact("bin_edges", edges, subject, feature="amount"),
            )
        ]
        for name, peer in (("psi", _psi), ("kl", _kl_div)):
            value = peer(*series, ColumnType.Numerical, 0.1)[0]
            record("evidently", {"statistic": name, "of": "amount"}, facts, value)
    for turn in range(50):
        # Categories, some of which one side lacks.
        kinds = int(rng.integers(2, 12))
        weights = [rng.dirichlet(np.full(kinds, rng.uniform(0.3, 3))) for _ in range(2)]
        sides = [rng.multinomial(int(rng.integers(100, 5000)), weight) for weight in weights]
        present = sum(sides) > 0
        sides = [side[present] for side in sides]
        if present.sum() < 2 or not is_smoothed_alike(*sides):
            continue
        facts = [
            fact("category_count", count, subject, counts.sum(), feature="country", category=f"c{place}")
            for subject, counts in zip(("reference", "candidate"), sides)
            for place, count in enumerate(counts)
            if count > 0
        ]
        for name, value in evidently(*sides).items():
            record("evidently", {"statistic": name, "of": "country"}, facts, value)
    for turn in range(25):
        # Rows, in quantiles of the reference (NumPy's).
        bins = int(rng.integers(2, 12))
        reference = np.round(rng.gamma(2, 2, int(rng.integers(60, 160))), int(rng.integers(0, 4)))
        current = np.round(rng.gamma(2, rng.uniform(1.5, 3), int(rng.integers(60, 160))), 3)
        edges = np.unique(np.quantile(reference, np.arange(bins + 1) / bins))
        if len(edges) < 3:
            continue
        places = [np.clip(np.searchsorted(edges, side, side="right") - 1, 0, len(edges) - 2) for side in (reference, current)]
        sides = [np.bincount(place, minlength=len(edges) - 1) for place in places]
        facts = [fact("values", reference, "reference"), fact("values", current)]
        for name, value in evidently(*sides).items():
            record("evidently", {"statistic": name, "bins": bins}, facts, value)


# Fairness: Fairlearn.


def fairness():
    for turn in range(110):
        groups = int(rng.integers(2, 6))
        size = int(rng.integers(60, 160)) if turn % 3 == 0 else int(rng.integers(200, 5000))
        group = rng.integers(0, groups, size)
        came = rng.random(size) < rng.uniform(0.1, 0.7, groups)[group]
        says = rng.random(size) < np.where(came, rng.uniform(0.4, 0.9, groups)[group], rng.uniform(0.02, 0.4, groups)[group])
        # Of a group without positives or negatives Fairlearn takes the rate for
        # 0; the plugin has no rate.
        if any(len(set(came[group == one])) < 2 for one in range(groups)):
            continue
        facts = []
        for one in range(groups):
            own, outcome = says[group == one], came[group == one]
            name = f"g{one}"
            if turn % 3 == 0:
                facts += [fact("predictions", own * 1, group=name), fact("outcomes", outcome * 1, group=name)]
                continue
            if turn % 3 == 1:
                facts.append(fact("selected", own.sum(), samples=len(own), group=name))
            cells = {
                "true_positives": own & outcome,
                "false_positives": own & ~outcome,
                "true_negatives": ~own & ~outcome,
                "false_negatives": ~own & outcome,
            }
            facts += [fact(cell, rows.sum(), samples=len(own), group=name) for cell, rows in cells.items()]
        for name, form, peer in (
            ("demographic-parity", "difference", demographic_parity_difference),
            ("demographic-parity", "ratio", demographic_parity_ratio),
            ("equalised-odds", "difference", equalized_odds_difference),
            ("equalised-odds", "ratio", equalized_odds_ratio),
        ):
            value = peer(came, says, sensitive_features=group)
            record("fairlearn", {"statistic": name, "over": "group", "form": form}, facts, value)


# Calibration: scikit-learn's curve, whose points are weighted as the definition says.


def calibration():
    for turn in range(90):
        bins = int(rng.choice([5, 10, 15, 15, 20]))
        size = int(rng.integers(80, 160)) if turn % 3 == 0 else int(rng.integers(300, 5000))
        scores = np.round(rng.beta(rng.uniform(0.5, 3), rng.uniform(0.5, 3), size), 4)
        came = rng.random(size) < np.clip(scores ** rng.uniform(0.6, 1.6), 0, 1)
        if not came.any():
            continue
        observed, predicted = calibration_curve(came, scores, n_bins=bins)
        # The curve leaves empty bins out; its places are those of its source.
        place = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], scores)
        counts = np.bincount(place, minlength=bins)
        weights = counts[counts > 0]
        ece = np.sum(weights / size * np.abs(observed - predicted))
        sums, positives = np.zeros(bins), np.zeros(bins)
        sums[counts > 0], positives[counts > 0] = predicted * weights, np.round(observed * weights)
        if turn % 3 == 0:
            facts = [fact("scores", scores), fact("outcomes", came * 1)]
        else:
            facts = [
                fact("calibration_counts", counts, samples=size),
                fact("calibration_positives", positives),
                fact("calibration_score_sums", sums),
            ]
        record("scikit-learn", {"statistic": "ece", "bins": bins}, facts, ece)
        r, c = [np.where(side > 0, side / side.sum(), 0.0001) for side in (sums, positives)]
        value = np.sum((r - c) * np.log(r / c))
        record("scikit-learn", {"statistic": "calibration-psi", "bins": bins}, facts, value)


# Tests: SciPy, and statsmodels for one side of two proportions.

ALTERNATIVES = {"two-sided": "two-sided", "greater": "larger", "less": "smaller"}


def proportions():
    for turn in range(90):
        sizes = rng.integers(100, 10 ** int(rng.integers(3, 7)), 2)
        share = rng.uniform(0.1, 0.9)
        counts = rng.binomial(sizes, np.clip(share + rng.normal(0, 2, 2) / np.sqrt(sizes), 0.06, 0.94))
        facts = [
            fact("conversions", counts[0], samples=sizes[0], metric="signup"),
            fact("conversions", counts[1], "champion", sizes[1], metric="signup"),
        ]
        rule = {"statistic": "two-proportion", "of": "signup", "reference": "champion"}
        table = np.array([counts, sizes - counts])
        record("scipy", rule, facts, scipy.stats.chi2_contingency(table, correction=False).pvalue)
        for name, peers in ALTERNATIVES.items():
            value = proportions_ztest(counts, sizes, alternative=peers)[1]
            record("statsmodels", rule | {"alternative": name}, facts, value)


def means():
    for turn in range(100):
        rule = {"statistic": "welch", "of": "revenue", "reference": "champion"}
        if turn % 3 == 0:
            size = rng.integers(2, 60, 2)
            sides = [np.round(rng.normal(rng.normal(10, 1), rng.uniform(0.5, 4), n), 3) for n in size]
            if any(side.std() == 0 for side in sides):
                continue
            facts = [fact("values", sides[0], metric="revenue"), fact("values", sides[1], "champion", metric="revenue")]
            for name in ALTERNATIVES:
                value = scipy.stats.ttest_ind(*sides, equal_var=False, alternative=name).pvalue
                record("scipy", rule | {"alternative": name}, facts, value)
            continue
        size = rng.integers(2, 10 ** int(rng.integers(1, 8)), 2)
        deviation = rng.uniform(0.1, 30, 2)
        mean = 50 + rng.normal(0, 2, 2) * deviation / np.sqrt(size)
        facts = []
        for subject, place in (("candidate", 0), ("champion", 1)):
            facts += [
                fact("mean", mean[place], subject, size[place], metric="revenue"),
                fact("standard_deviation", deviation[place], subject, size[place], metric="revenue"),
            ]
        for name in ALTERNATIVES:
            value = scipy.stats.ttest_ind_from_stats(
                mean[0], deviation[0], size[0], mean[1], deviation[1], size[1], equal_var=False, alternative=name
            ).pvalue
            record("scipy", rule | {"alternative": name}, facts, value)


def splits():
    for turn in range(90):
        kinds = int(rng.integers(2, 7))
        weights = rng.integers(1, 6, kinds)
        total = int(rng.integers(100, 10 ** int(rng.integers(3, 8))))
        shares = weights / weights.sum()
        counts = rng.multinomial(total, rng.dirichlet(shares * total * rng.uniform(0.2, 3)))
        if total * shares.min() < 5:
            continue
        facts = [fact("exposures", count, variant=f"v{place}") for place, count in enumerate(counts)]
        ratio = {f"v{place}": int(weight) for place, weight in enumerate(weights)}
        value = scipy.stats.chisquare(counts, shares * total).pvalue
        record("scipy", {"statistic": "sample-ratio", "ratio": ratio}, facts, value)


def draws(seed):
    """SplitMix64."""
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) % 2**64
        mixed = seed
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % 2**64
        yield mixed ^ (mixed >> 31)


def intervals():
    rule = {"statistic": "bootstrap", "of": "revenue", "reference": "champion"}
    for turn in range(24):
        sides = [np.round(rng.gamma(2, rng.uniform(1, 3), int(rng.integers(10, 60))), 3) for _ in range(2)]
        facts = [fact("values", sides[0], metric="revenue"), fact("values", sides[1], "champion", metric="revenue")]
        confidence, resamples, seed = float(rng.choice([0.8, 0.9, 0.95, 0.99])), 200, int(rng.integers(0, 2**53))
        own = {"confidence": confidence, "resamples": resamples, "seed": seed}
        # The documented draws, and NumPy's quantiles of them.
        drawn = draws(seed)
        pick = lambda side: np.mean([side[((next(drawn) >> 32) * len(side)) >> 32] for _ in side])
        differences = [pick(sides[0]) - pick(sides[1]) for _ in range(resamples)]
        for form, share in (("lower", (1 - confidence) / 2), ("upper", 1 - (1 - confidence) / 2)):
            record("numpy", rule | own | {"form": form}, facts, np.quantile(differences, share))
        if turn % 2:
            continue
        # SciPy draws otherwise: the ends differ by chance, by a fifth of the
        # standard error at most (five deviations of 10,000 resamples each).
        peer = scipy.stats.bootstrap(
            sides, lambda one, other, axis: np.mean(one, axis=axis) - np.mean(other, axis=axis),
            n_resamples=10_000, confidence_level=0.9, method="percentile", rng=np.random.default_rng(turn),
        )
        own = {"confidence": 0.9, "resamples": 10_000, "seed": seed}
        for form, value in (("lower", peer.confidence_interval.low), ("upper", peer.confidence_interval.high)):
            record("scipy", rule | own | {"form": form}, facts, value, within=float(peer.standard_error) / 5)


def tails():
    """The tails themselves, far beyond what tests draw."""
    stats, answers = scipy.stats, []
    for turn in range(250):
        degrees = float(np.round(10 ** rng.uniform(-0.3, 5), 3))
        x = float(degrees + rng.normal(0, 8) * np.sqrt(2 * degrees))
        answers.append(["chi-squared", x, degrees, stats.chi2.sf(x, degrees)])
        degrees = float(np.round(10 ** rng.uniform(-0.3, 7), 3))
        t = float(np.round(rng.normal(0, 1) * 10 ** rng.uniform(-2, 1.2), 4))
        answers.append(["student", t, degrees, stats.t.sf(t, degrees)])
        z = float(np.round(rng.normal(0, 8), 4))
        answers.append(["normal", z, 0, stats.norm.sf(z)])
    peer = f"scipy {version('scipy')}"
    for name, at, degrees, value in answers:
        LINES.append({"peer": peer, "tail": name, "at": at, "degrees": degrees, "value": float(value)})


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    for part in (drift, fairness, calibration, proportions, means, splits, intervals, tails):
        before = len(LINES)
        part()
        answers = sum(len(line.get("answers", [line])) for line in LINES[before:])
        print(f"{part.__name__}: {len(LINES) - before} data sets, {answers} answers")
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in LINES)
    (HERE / "truth.jsonl").write_text(text)
    print(f"{len(LINES)} lines, {len(text) // 1024} KiB")
