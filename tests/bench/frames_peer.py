"""Files of rows under the same measure as Tollgate: pandera, and plain
pyarrow, checking what `tollgate check` checks in mode `strict`.

    python frames_peer.py make FOLDER ROWS
    python frames_peer.py pyarrow FILE
    python frames_peer.py pandera FILE

`make` writes `rows.parquet`, and a tenth of the rows as `rows.csv` and
`rows.jsonl`: 2 columns of integers, 4 of doubles, 2 of texts (one with few
values, one with all different ones), 1 of booleans, 1 of times. The peers
print what they found, as JSON: `{"rows": ..., "problems": [...]}`.

The rules are those of the signature in `frames/signature.json`: the columns
are there and no others, each has its type, and none has a missing value (NaN
included).
"""

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        ("customer_id", pa.int64()),
        ("visits", pa.int32()),
        ("amount", pa.float64()),
        ("balance", pa.float64()),
        ("score", pa.float64()),
        ("discount", pa.float64()),
        ("country", pa.string()),
        ("reference", pa.string()),
        ("member", pa.bool_()),
        ("seen_at", pa.timestamp("us")),
    ]
)
COUNTRIES = ["DE", "FR", "NL", "NG", "PK", "US", "GB", "PL", "IT", "ES", "AT", "CH"]


def part(start, rows):
    """Rows that look like data, the same on every machine."""
    import numpy as np

    random = np.random.default_rng(start + 1)
    number = np.arange(start, start + rows, dtype=np.int64)
    return pa.table(
        [
            number * 7 + 1_000_000,
            random.integers(0, 500, rows, dtype=np.int32),
            np.round(random.gamma(2.0, 40.0, rows), 2),
            np.round(random.normal(1_000.0, 800.0, rows), 2),
            random.random(rows),
            np.round(random.random(rows), 3),
            pa.array(COUNTRIES).take(pa.array(random.integers(0, len(COUNTRIES), rows))),
            pa.array([f"R-{start + row:012d}" for row in range(rows)]),
            random.random(rows) < 0.3,
            pa.array(
                1_760_000_000_000_000 + number * 1_000_000 + random.integers(0, 900_000, rows),
                pa.int64(),
            ).cast(pa.timestamp("us")),
        ],
        schema=SCHEMA,
    )


def make(folder, rows):
    folder = Path(folder)
    step = min(rows, 500_000)
    with pq.ParquetWriter(folder / "rows.parquet", SCHEMA) as writer:
        for start in range(0, rows, step):
            writer.write_table(part(start, min(step, rows - start)))
    frame = part(0, max(rows // 10, 1)).to_pandas()
    frame.to_csv(folder / "rows.csv", index=False, date_format="%Y-%m-%dT%H:%M:%S.%f")
    times = frame["seen_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%f")
    frame.assign(seen_at=times).to_json(folder / "rows.jsonl", orient="records", lines=True)


def with_pyarrow(path):
    """Batch by batch, so that memory stays flat, too."""
    import pyarrow.compute as pc

    file = pq.ParquetFile(path)
    problems = []
    names = file.schema_arrow.names
    problems += [f"missing {name}" for name in SCHEMA.names if name not in names]
    problems += [f"extra {name}" for name in names if name not in SCHEMA.names]
    for field in file.schema_arrow:
        if field.name in SCHEMA.names and field.type != SCHEMA.field(field.name).type:
            problems.append(f"{field.name} is {field.type}")
    rows = 0
    for batch in file.iter_batches(batch_size=64 * 1024):
        rows += batch.num_rows
        for field, column in zip(batch.schema, batch.columns):
            missing = column.null_count
            if pa.types.is_floating(field.type):
                missing += pc.sum(pc.is_nan(column)).as_py() or 0
            if missing:
                problems.append(f"{field.name}: {missing} missing")
    return rows, problems


def with_pandera(path):
    import pandas as pd

    try:
        import pandera.pandas as pandera
    except ImportError:
        import pandera

    dtypes = {
        "customer_id": "int64",
        "visits": "int32",
        "amount": "float64",
        "balance": "float64",
        "score": "float64",
        "discount": "float64",
        "country": str,
        "reference": str,
        "member": "bool",
        "seen_at": "datetime64[us]",
    }
    columns = {name: pandera.Column(dtype, nullable=False) for name, dtype in dtypes.items()}
    frame = pd.read_parquet(path)
    try:
        pandera.DataFrameSchema(columns, strict=True).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        return len(frame), [str(case) for case in errors.failure_cases.head(20).to_dict("records")]
    return len(frame), []


def main():
    match sys.argv[1:]:
        case ["make", folder, rows]:
            make(folder, int(rows))
        case ["pyarrow", path]:
            rows, problems = with_pyarrow(path)
            print(json.dumps({"rows": rows, "problems": problems}))
        case ["pandera", path]:
            rows, problems = with_pandera(path)
            print(json.dumps({"rows": rows, "problems": problems}))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
