"""Trains a fraud model on drawn transactions and saves it as MLflow saves one,
with requests that it was not trained on.

Usage: model.py FOLDER

Writes FOLDER/model, FOLDER/requests.jsonl (100 transactions, one a request), and
of these `harmless.json`, `doubtful.json` and `fraud.json`: under 0.3, between
0.55 and 0.65, and above 0.9 by the model's own score.
"""

import json
import logging
import os
import sys

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

logging.getLogger("mlflow").setLevel(logging.ERROR)

FEATURES = ["amount", "transactions_last_hour", "merchant_age_days"]
SAVED = {
    "harmless.json": lambda score: score < 0.3,
    "doubtful.json": lambda score: 0.55 < score < 0.65,
    "fraud.json": lambda score: score > 0.9,
}


class Scorer(mlflow.pyfunc.PythonModel):
    """The probability of fraud in place of the class."""

    def __init__(self, model):
        self.model = model

    def predict(self, context, model_input, params=None):
        return self.model.predict_proba(model_input[FEATURES])[:, 1]


def drawn(rows, seed):
    """Transactions, and whether each was fraud: many in an hour, large ones, and
    young merchants are."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "amount": np.round(draw.gamma(2.0, 900.0, rows), 2),
            "country": draw.choice(["DE", "FR", "US"], rows),
            "transactions_last_hour": draw.integers(0, 6, rows),
            "merchant_age_days": draw.integers(60, 2500, rows),
        }
    )
    risk = (
        0.9 * (frame.transactions_last_hour - 3)
        + 0.0008 * (frame.amount - 1800)
        - 0.001 * (frame.merchant_age_days - 1000)
    )
    return frame, draw.random(rows) < 1 / (1 + np.exp(-risk))


def request(frame):
    return {"dataframe_split": frame.to_dict(orient="split", index=False)}


def main(folder):
    frame, fraud = drawn(5000, seed=11)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame[FEATURES], fraud)
    scorer = Scorer(model)
    seen, _ = drawn(100, seed=12)
    scores = scorer.predict(None, seen)
    mlflow.pyfunc.save_model(
        os.path.join(folder, "model"),
        python_model=scorer,
        signature=mlflow.models.infer_signature(seen, scores),
        pip_requirements=["mlflow", "scikit-learn"],
    )
    requests = [request(seen.iloc[[row]]) for row in range(len(seen))]
    with open(os.path.join(folder, "requests.jsonl"), "w") as lines:
        lines.writelines(json.dumps(it) + "\n" for it in requests)
    for name, is_so in SAVED.items():
        row = next(row for row, score in enumerate(scores) if is_so(score))
        with open(os.path.join(folder, name), "w") as file:
            json.dump(requests[row], file)


main(sys.argv[1])
