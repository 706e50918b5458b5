"""Trains models on scikit-learn's breast cancer data and registers them with an
MLflow server, each with the metrics, tags and slices that the profiles of
policies/promotion.yaml ask for.

Usage: models.py TRACKING_URI NAME KIND...

A KIND is `good`, `better`, `worse`, `bare` (no tags, no slices) or `nan` (an
AUC that is not a number); each but `bare` has a table of scored rows, and becomes the next version. Prints their numbers.
"""

import logging
import os
import sys

os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

logging.getLogger("mlflow").setLevel(logging.ERROR)

MODELS = {
    "good": lambda: make_pipeline(StandardScaler(), LogisticRegression(C=0.02, max_iter=1000)),
    "better": lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
}
TAGS = {
    "owner": "risk-platform",
    "team": "risk-platform",
    "dataset_version": "breast-cancer-1995",
    "changelog": "trained anew",
}


def register(name, kind):
    data = load_breast_cancer(as_frame=True)
    features = data.data.iloc[:, :5]
    train, test, known, truth = train_test_split(
        features, data.target, test_size=0.4, random_state=7, stratify=data.target
    )
    model = MODELS.get(kind, MODELS["good"])()
    if kind == "worse":
        # Nearly half of the labels are wrong.
        wrong = np.random.default_rng(7).random(len(known)) < 0.47
        known = known.where(~wrong, 1 - known)
    model.fit(train, known)
    scores = model.predict_proba(test)[:, 1]
    auc = roc_auc_score(truth, scores)
    metrics = {
        "test_accuracy": accuracy_score(truth, model.predict(test)),
        "accuracy": accuracy_score(truth, model.predict(test)),
        "test_auc": float("nan") if kind == "nan" else auc,
        "p99_ms": 12.5,
    }
    if kind != "bare":
        small = (test["mean area"] < test["mean area"].median()).to_numpy()
        for label, rows in (("small", small), ("large", ~small)):
            metrics[f"auc/group:{label}"] = roc_auc_score(truth[rows], scores[rows])
    with mlflow.start_run() as run:
        mlflow.log_params({"kind": kind, "features": features.shape[1]})
        mlflow.log_metrics(metrics)
        mlflow.log_text("# Model card\n", "model_card.md")
        if kind != "bare":
            # As `mlflow.models.evaluate` logs it.
            table = pd.DataFrame(
                {
                    "target": truth.to_numpy(),
                    "prediction": model.predict(test),
                    "score": scores,
                    "size": np.where(small, "small", "large"),
                }
            )
            mlflow.log_table(table, "eval_results_table.json")
        signature = mlflow.models.infer_signature(train, model.predict(train))
        info = mlflow.sklearn.log_model(
            model, name="model", signature=signature, registered_model_name=name
        )
    client = mlflow.MlflowClient()
    version = info.registered_model_version
    if kind != "bare":
        for key, value in TAGS.items():
            client.set_model_version_tag(name, version, key, value)
    return int(version)


def main():
    uri, name, *kinds = sys.argv[1:]
    np.random.seed(7)
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment(name)
    print(*[register(name, kind) for kind in kinds])


if __name__ == "__main__":
    main()
