"""Statistics of scored rows, as `tollgate facts` makes them, in pandas.

    python scored_peer.py make FOLDER ROWS
    python scored_peer.py pandas FILE

`make` writes `scored.parquet`: a score, an outcome, 20 groups, an amount, and
columns that nobody asks for. The peer counts by group and for the whole: the
confusion matrix at 0.5, 15 bins of the calibration, mean and deviation of the
amount; it reads the columns that it needs and no others. It prints what it
found, as JSON: `{"rows": ..., "true_positives": ..., ...}`.
"""

import json
import sys
from pathlib import Path

GROUPS = [f"group {number:02}" for number in range(20)]
BINS = 15


def part(start, rows):
    """Rows that look like data, the same on every machine."""
    import numpy as np
    import pyarrow as pa

    random = np.random.default_rng(start + 7)
    score = random.random(rows)
    return pa.table(
        {
            "id": np.arange(start, start + rows, dtype=np.int64),
            "group": pa.array(GROUPS).take(pa.array(random.integers(0, len(GROUPS), rows))),
            "score": score,
            "outcome": (random.random(rows) < score).astype(np.int64),
            "amount": np.round(random.gamma(2.0, 40.0, rows), 2),
            "visits": random.integers(0, 500, rows, dtype=np.int32),
            "note": pa.array([f"R-{start + row:012d}" for row in range(rows)]),
        }
    )


def make(folder, rows):
    import pyarrow.parquet as pq

    step = min(rows, 500_000)
    with pq.ParquetWriter(Path(folder) / "scored.parquet", part(0, 1).schema) as writer:
        for start in range(0, rows, step):
            writer.write_table(part(start, min(step, rows - start)))


def with_pandas(path):
    import numpy as np
    import pandas as pd

    frame = pd.read_parquet(path, columns=["group", "score", "outcome", "amount"])
    if frame.isna().any().any():
        raise SystemExit("cells are missing")
    # What `cut` does with equal bins that hold their upper edge, and faster.
    edges = np.arange(1, BINS) / BINS
    frame["bin"] = np.searchsorted(edges, frame["score"].to_numpy(), side="left")
    frame["predicted"] = frame["score"] >= 0.5
    frame["group"] = frame["group"].astype("category")
    by_group = frame.groupby("group", observed=True)
    confusion = frame.groupby(["group", "predicted", "outcome"], observed=True).size()
    calibration = frame.groupby(["group", "bin"], observed=True).agg(
        count=("outcome", "size"), positives=("outcome", "sum"), scores=("score", "sum")
    )
    amount = by_group["amount"].agg(["mean", "std", "count"])
    # The whole.
    total = frame.groupby(["predicted", "outcome"]).size()
    bins = calibration.groupby("bin").sum()
    mean, deviation = frame["amount"].mean(), frame["amount"].std()
    assert len(confusion) == 4 * len(amount) and len(bins) == BINS
    return {
        "rows": len(frame),
        "true_positives": int(total[(True, 1)]),
        "calibration_positives": int(bins["positives"].sum()),
        "mean": float(mean),
        "standard_deviation": float(deviation),
    }


def main():
    match sys.argv[1:]:
        case ["make", folder, rows]:
            make(folder, int(rows))
        case ["pandas", path]:
            print(json.dumps(with_pandas(path)))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
