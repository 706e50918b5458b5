"""Records what MLflow infers from files, as pandas reads them. Prints one JSON
object a line.

`mlflow.models.infer_signature` calls what is called here, and turns an error
into a signature of a single `any` without a name: null stands for that.

    python record.py > inferred.jsonl

Also writes the Parquet and Arrow files that it infers from, beside itself.
Needs mlflow 3.17, pandas 3 and pyarrow.
"""

import datetime
import decimal
import io
import json
import logging
import warnings

import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
from mlflow.types.utils import _infer_schema

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

CSV = {
    "integers": "a,b\n1,-2\n3,+4\n",
    "integers with a gap": "a,b\n1,2\n,4\n",
    "floats": "a,b\n1.5,1e3\n2,.5\n",
    "floats with gaps": "a\n1.5\nNA\nNaN\n",
    "infinity": "a,b,c\ninf,-inf,Infinity\n1,2,3\n",
    "booleans": "a,b,c\nTrue,true,TRUE\nFalse,false,FALSE\n",
    "booleans with a gap": "a,b\nTrue,1\n,2\n",
    "booleans and numbers": "a\nTrue\n1\n",
    "text": "a,b\nx,1\ny,z\n",
    "text with gaps": "a,b\nx,\n,null\n",
    "times": "a,b\n2021-01-01,2021-01-01T10:00:00\n2021-01-02,2021-01-02T10:00:00\n",
    "all missing": "a,b\n,1\n,2\n",
    "none and null": "a\nNone\nnull\n",
    "leading zeros": "zip\n00123\n04567\n",
    "spaces": "a,b\n 1, x\n 2, y\n",
    "spaces behind": "a\n1 \n2 \n",
    "numbers and text": "a\n1\n2\nthree\n",
    "thousands": "a\n\"1,000\"\n\"2,000\"\n",
    "quotes": "a,b\n\"1\",\"x, y\"\n\"2\",\"z\"\"\"\n",
    "large": "a\n9223372036854775807\n1\n",
    "beyond signed": "a\n9223372036854775808\n1\n",
    "hexadecimal": "a\n0x10\n0x11\n",
    "underscores": "a\n1_000\n2_000\n",
    "names": "a b,ä,c.d\n1,2,3\n",
    "crlf": "a,b\r\n1,x\r\n2,y\r\n",
    "yes and no": "a\nyes\nno\n",
}

JSON = {
    "scalars": [{"i": 1, "f": 1.5, "b": True, "s": "x"}, {"i": 2, "f": 2.5, "b": False, "s": "y"}],
    "order": [{"z": 1, "a": 2, "m": 3}],
    "a null number": [{"i": 1, "f": 1.5}, {"i": None, "f": None}],
    "an absent number": [{"i": 1, "f": 1.5}, {"f": 2.5}],
    "null text": [{"s": "x"}, {"s": None}],
    "a null boolean": [{"b": True}, {"b": None}],
    "whole and fraction": [{"n": 1}, {"n": 2.5}],
    "all null": [{"x": None, "y": 1}, {"x": None, "y": 2}],
    "later column": [{"a": 1}, {"a": 2, "b": 3}],
    "lists": [{"l": [1, 2]}, {"l": [3]}],
    "lists of floats": [{"l": [1.5]}, {"l": [2.5, 3.5]}],
    "lists of text and null": [{"l": ["a", None]}, {"l": ["b"]}],
    "empty lists": [{"l": []}, {"l": ["b"]}],
    "only empty lists": [{"l": []}, {"l": []}],
    "lists of lists": [{"l": [[1], [2, 3]]}, {"l": [[4]]}],
    "lists of empty lists": [{"l": [[], []]}],
    "null lists": [{"l": None}, {"l": [1]}],
    "lists of null": [{"l": [None]}, {"l": [None]}],
    "mixed list": [{"l": [1, "a"]}],
    "whole and fraction in lists": [{"l": [1]}, {"l": [1.5]}],
    "objects": [{"o": {"a": 1, "b": "x"}}, {"o": {"a": 2, "b": "y"}}],
    "objects with an absent property": [{"o": {"a": 1, "b": "x"}}, {"o": {"a": 2}}],
    "objects with a null property": [{"o": {"a": 1, "b": None}}, {"o": {"a": 2, "b": "x"}}],
    "objects with a property that is always null": [{"o": {"a": 1, "b": None}}],
    "null objects": [{"o": {"a": 1}}, {"o": None}],
    "null objects first": [{"o": None}, {"o": {"a": 1}}],
    "empty objects": [{"o": {}}, {"o": {"a": 1}}],
    "empty objects last": [{"o": {"a": 1}}, {"o": {}}],
    "only empty objects": [{"o": {}}],
    "nested objects": [{"o": {"p": {"q": 1}}}, {"o": {"p": {"q": 2, "r": [1.5]}}}],
    "objects in lists": [{"l": [{"a": 1}, {"a": 2, "b": "x"}]}, {"l": [{"a": 3}]}],
    "absent objects": [{"a": 1}, {"a": 2, "o": {"p": 1}}],
    "objects with an empty list": [{"o": {"l": [], "a": 1}}, {"o": {"l": ["x"], "a": 2}}],
    "whole and fraction in objects": [{"o": {"a": 1}}, {"o": {"a": 1.5}}],
    "objects and lists": [{"o": {"a": 1}}, {"o": [1]}],
    "numbers and text": [{"x": 1}, {"x": "a"}],
    "booleans and numbers": [{"x": True}, {"x": 1}],
    "lists and numbers": [{"x": [1]}, {"x": 1}],
    "beyond signed": [{"x": 9223372036854775808}, {"x": 1}],
    "beyond signed with a gap": [{"x": 9223372036854775808}, {"x": None}],
}


TIME = datetime.datetime(2021, 1, 1, 10)

TYPED = {
    "types": {
        "boolean": pa.array([True, False]),
        "int8": pa.array([1, 2], pa.int8()),
        "int16": pa.array([1, 2], pa.int16()),
        "int32": pa.array([1, 2], pa.int32()),
        "int64": pa.array([1, 2], pa.int64()),
        "uint8": pa.array([1, 2], pa.uint8()),
        "uint16": pa.array([1, 2], pa.uint16()),
        "uint32": pa.array([1, 2], pa.uint32()),
        "float32": pa.array([1.5, 2], pa.float32()),
        "float64": pa.array([1.5, 2], pa.float64()),
        "string": pa.array(["x", "y"]),
        "binary": pa.array([b"x", b"y"]),
        "time": pa.array([TIME, TIME], pa.timestamp("us")),
        "zoned": pa.array([TIME, TIME], pa.timestamp("ns", "UTC")),
        "day": pa.array([TIME.date(), TIME.date()]),
        "list": pa.array([["a"], ["b", "c"]]),
        "numbers": pa.array([[1], [2, 3]], pa.list_(pa.int64())),
        "struct": pa.array([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        "category": pa.array(["x", "y"]).dictionary_encode(),
    },
    "gaps": {
        "boolean": pa.array([True, None]),
        "int32": pa.array([1, None], pa.int32()),
        "int64": pa.array([None, 2], pa.int64()),
        "float32": pa.array([1.5, None], pa.float32()),
        "nan": pa.array([1.5, float("nan")], pa.float64()),
        "string": pa.array(["x", None]),
        "binary": pa.array([None, b"y"]),
        "time": pa.array([TIME, None], pa.timestamp("us")),
        "list": pa.array([["a"], None]),
        "struct": pa.array([{"a": 1, "b": "x"}, {"a": 2, "b": None}]),
        "nothing": pa.array([None, None], pa.null()),
    },
    "uint64": {"x": pa.array([1, 2], pa.uint64())},
    "decimal": {"x": pa.array([decimal.Decimal("1.5"), decimal.Decimal("2.5")])},
    "duration": {"x": pa.array([1, 2], pa.duration("s"))},
}


def typed():
    for name, columns in TYPED.items():
        table = pa.table(columns)
        pa.parquet.write_table(table, f"{name}.parquet")
        yield f"{name}.parquet", pd.read_parquet(f"{name}.parquet")
        pa.feather.write_feather(table, f"{name}.arrow", compression="uncompressed")
        yield f"{name}.arrow", pd.read_feather(f"{name}.arrow")


def inferred(frame):
    try:
        return _infer_schema(frame).to_dict()
    except Exception:
        return None


def main():
    for name, text in CSV.items():
        frame = pd.read_csv(io.StringIO(text))
        print(json.dumps({"name": name, "csv": text, "inputs": inferred(frame)}))
    for name, records in JSON.items():
        frame = pd.DataFrame(records)
        print(json.dumps({"name": name, "records": records, "inputs": inferred(frame)}))
    for name, frame in typed():
        print(json.dumps({"name": name, "file": name, "inputs": inferred(frame)}))


main()
