"""Records what pandas, NumPy and scikit-learn say of scored rows.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python record.py

writes `rows.csv` and `rows.parquet` (whole rows), `holes.csv` and
`holes.parquet` (some cells are missing), `reference.csv`, and `truth.json`: what
the peers make of each, as facts. Draws are seeded: a second run writes the same
files.
"""

import json
import pathlib

import numpy as np
import pandas as pd
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
    roc_auc_score,
)

HERE = pathlib.Path(__file__).parent
BINS = 15
rng = np.random.default_rng(20261201)


def draw(rows, shift=0.0):
    # Few digits, so that some scores are equal and some lie on the edge of a bin.
    score = np.round(rng.beta(1.2, 1.5, rows), 3)
    return pd.DataFrame(
        {
            "gender": rng.choice(["female", "male", "diverse"], rows, p=[0.5, 0.45, 0.05]),
            "age_band": rng.choice(["18-29", "30-59", "60+"], rows),
            "p_churn": score,
            "churned": (rng.random(rows) < score).astype(int),
            "amount": np.round(rng.gamma(2.0, 40.0, rows) + shift, 2),
            # Far from 0: a naive sum of squares loses all digits here.
            "stamp": 1_764_547_200.0 + np.round(rng.random(rows), 4),
            "country": rng.choice(["DE", "FR", "NL", "AT"], rows, p=[0.6, 0.3, 0.09, 0.01]),
            "signed_up": rng.random(rows) < 0.12,
        }
    )


def fact(name, value, samples=None, subject="candidate", **labels):
    if isinstance(value, (list, np.ndarray, pd.Series)):
        value = [float(item) for item in value]
    else:
        value = float(value)
    found = {"name": name, "subject": subject, "labels": labels, "value": value}
    return found if samples is None else found | {"samples": int(samples)}


def slices(frame):
    yield {}, frame
    for value, part in frame.groupby("gender"):
        yield {"group": value}, part
    for (gender, band), part in frame.groupby(["gender", "age_band"]):
        yield {"gender": gender, "age_band": band}, part


def of_slices(frame):
    """What is counted of each slice; rows that lack what a number needs are left out."""
    for labels, part in slices(frame):
        judged = part.dropna(subset=["p_churn", "churned"])
        truth, score = judged["churned"].astype(int), judged["p_churn"]
        predicted = (score >= 0.5).astype(int)
        size = len(judged)
        (tn, fp), (fn, tp) = confusion_matrix(truth, predicted, labels=[0, 1])
        yield fact("true_negatives", tn, size, **labels)
        yield fact("false_positives", fp, size, **labels)
        yield fact("false_negatives", fn, size, **labels)
        yield fact("true_positives", tp, size, **labels)
        yield fact("selected", predicted.sum(), size, **labels)
        yield fact("accuracy", accuracy_score(truth, predicted), size, **labels)
        yield fact("precision", precision_score(truth, predicted), size, **labels)
        yield fact("recall", recall_score(truth, predicted), size, **labels)
        yield fact("f1", f1_score(truth, predicted), size, **labels)
        yield fact("auc", roc_auc_score(truth, score), size, **labels)
        bins = pd.cut(score, np.arange(BINS + 1) / BINS, include_lowest=True, labels=False)
        by_bin = judged.groupby(bins)
        counts = by_bin.size().reindex(range(BINS), fill_value=0)
        positives = by_bin["churned"].sum().reindex(range(BINS), fill_value=0)
        sums = by_bin["p_churn"].sum().reindex(range(BINS), fill_value=0.0)
        # scikit-learn means the same bins.
        shares, means = calibration_curve(truth, score, n_bins=BINS)
        some = counts[counts > 0]
        assert np.allclose(shares * some, positives[counts > 0])
        assert np.allclose(means * some, sums[counts > 0])
        yield fact("calibration_counts", counts, size, **labels)
        yield fact("calibration_positives", positives, size, **labels)
        yield fact("calibration_score_sums", sums, size, **labels)
        for metric in ("amount", "stamp"):
            values = part[metric].dropna()
            # Around their smallest, where doubles have digits to spare.
            base = values.min()
            mean = base + (values - base).mean()
            yield fact("mean", mean, len(values), **labels, metric=metric)
            deviation = (values - base).std()
            yield fact("standard_deviation", deviation, len(values), **labels, metric=metric)
        flags = part["signed_up"].dropna().astype(bool)
        yield fact("conversions", flags.sum(), len(flags), **labels, metric="signup")


def of_columns(frame, reference):
    columns = {"feature": ("amount", "amount"), "output": ("prediction", "p_churn")}
    for label, (name, column) in columns.items():
        edges = np.unique(np.quantile(reference[column], np.arange(11) / 10))
        for subject, of in (("candidate", frame), ("reference", reference)):
            values = of[column].dropna()
            # NumPy's last bin holds its upper edge, and nothing lies outside.
            inside = np.clip(values, edges[0], edges[-1])
            counts = np.histogram(inside, edges)[0]
            named = {label: name}
            yield fact("bin_edges", edges, subject=subject, **named)
            yield fact("histogram", counts, len(values), subject, **named)
    for subject, of in (("candidate", frame), ("reference", reference)):
        counts = of["country"].value_counts()
        for category, count in counts.items():
            labels = {"feature": "country", "category": category}
            yield fact("category_count", count, counts.sum(), subject, **labels)


def main():
    whole, reference = draw(1500), draw(1200, shift=6.0)
    holes = draw(1500)
    for column, share in {"p_churn": 0.02, "churned": 0.03, "amount": 0.05, "country": 0.01}.items():
        holes.loc[rng.random(len(holes)) < share, column] = None
    truth = {}
    for name, frame in (("rows", whole), ("holes", holes)):
        frame.to_csv(HERE / f"{name}.csv", index=False)
        frame.to_parquet(HERE / f"{name}.parquet", index=False)
        truth[name] = [*of_slices(frame), *of_columns(frame, reference)]
    reference.to_csv(HERE / "reference.csv", index=False)
    lines = [
        f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(found) for found in facts) + "\n]"
        for name, facts in truth.items()
    ]
    (HERE / "truth.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
