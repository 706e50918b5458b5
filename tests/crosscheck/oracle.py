"""What MLflow answers to cases, in the form of the recorded corpus.

    python oracle.py CASES            cases from a file (`-`: standard input)
    python oracle.py --draw N SEED    so many random cases; see draw.py
    python oracle.py --check CORPUS   answers again what is recorded, and compares

Each line of CASES is a JSON object with `mode`, `signature` and `payload`; what
MLflow makes of it is added: `expect`, `stage`, `error`, `error_kind`,
`coerced`, `lossy`, `tier`. MLflow runs in this process: the scoring server's
own parsing and enforcement, without a model and without HTTP.
"""

import base64
import datetime
import decimal
import json
import logging
import math
import os
import sys
import time
import warnings

os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")
warnings.filterwarnings("ignore")

import draw  # noqa: E402
import mlflow  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.models import Model, ModelSignature  # noqa: E402
from mlflow.models.utils import _enforce_params_schema, _enforce_schema  # noqa: E402
from mlflow.pyfunc.scoring_server import _parse_json_data  # noqa: E402

logging.disable(logging.WARNING)

VERSIONS = {"mlflow": "3.17.2", "numpy": "2.4.6", "pandas": "3.1.1"}

# How an error's text begins, and what kind it is. Texts embed payloads, so
# only the beginning says anything.
KINDS = [
    ("Ensure that input is a valid JSON", "BAD_JSON"),
    ("The input must be a JSON dictionary", "BAD_FORMAT_KEYS"),
    ("Data is not compatible with model signature. Failed to convert column", "PARSE_CONVERT"),
    ("Provided dataframe_", "FRAME_BUILD"),
    ("Dataframe split format must", "FRAME_BUILD"),
    ("Dataframe records format must", "FRAME_BUILD"),
    ("The length of values for each input/column name", "LENGTH_MISMATCH"),
    ("Failed to parse input data. This model contains an un-named", "UNNAMED_BAD_INPUT"),
    ("Incompatible input types for column", "INCOMPATIBLE_TYPE"),
    ("Failed to enforce schema of data `", "ENFORCE_SCALAR"),
    ("Expected data to be scalar", "EXPECTED_SCALAR"),
    ("Expected data to be list or numpy array", "EXPECTED_LIST"),
    ("Failed to enforce schema of '", "EXPECTED_DICT"),
    ("Expected data to be a dict", "EXPECTED_DICT"),
    ("Missing required properties", "OBJECT_MISSING_PROP"),
    ("Invalid properties not defined in the schema found", "OBJECT_EXTRA_PROP"),
    ("Failed to enforce schema for key `", "OBJECT_KEY"),
    ("Failed to convert column ", "COLUMN_CONVERT"),
    ("Please ensure that the input data of datetime column only", "TIMEZONE"),
    ("Model is missing inputs", "MISSING_INPUTS"),
    ("Model inference is missing inputs", "MISSING_UNNAMED"),
    ("This model contains a column-based signature", "FRAME_BUILD"),
    ("Expected input to be DataFrame. Found", "NOT_DATAFRAME"),
    ("Shape of input ", "SHAPE_MISMATCH"),
    ("dtype of input ", "DTYPE_MISMATCH"),
    ("This model contains a tensor-based model signature", "TENSOR_INPUT_KIND"),
    ("This model contains a model signature with an unnamed input", "TENSOR_INPUT_KIND"),
    ("The input pandas dataframe column ", "TENSOR_RESHAPE"),
    ("The value in the Input DataFrame column ", "TENSOR_RESHAPE"),
    ("Because the model signature requires tensor spec input", "TENSOR_RESHAPE"),
    ("For pandas dataframe input, the first dimension of shape", "TENSOR_RESHAPE"),
    ("Parameters must be a dictionary", "PARAMS_NOT_DICT"),
    ("Invalid parameters found", "PARAMS_INVALID"),
]
# Anything else that is raised, by where it happens.
OTHERS = {"signature": "SIGNATURE_INVALID", "parse": "CAST_FAILED", "enforce": "ENFORCE_OTHER",
          "params": "PARAMS_INVALID"}


def kind_of(stage, error):
    if stage == "signature":
        return "SIGNATURE_INVALID"
    if isinstance(error, MlflowException):
        text = error.message.removeprefix("Invalid input. ")
        for beginning, kind in KINDS:
            if text.startswith(beginning):
                # Of a conversion inside the cast only that it failed is kept.
                return OTHERS[stage] if (stage, kind) == ("parse", "COLUMN_CONVERT") else kind
    return OTHERS[stage]


# Data as Python has it, from the typed notation.

def value_of(given):
    if isinstance(given, list):
        return [value_of(item) for item in given]
    if not isinstance(given, dict):
        return given
    if len(given) == 1:
        ((tag, inner),) = given.items()
        if tag == "$float":
            return float(inner)
        if tag == "$bytes":
            return base64.b64decode(inner)
        if tag == "$date":
            return datetime.date.fromisoformat(inner)
        if tag == "$datetime":
            return datetime.datetime.fromisoformat(inner)
        if tag == "$decimal":
            return decimal.Decimal(inner)
        if tag == "$ndarray":
            return array_of(inner)
    return {key: value_of(item) for key, item in given.items()}


def array_of(given):
    cells = [value_of(item) for item in given["data"]]
    if given["dtype"] == "object":
        array = np.empty(len(cells), dtype=object)
        for at, cell in enumerate(cells):
            array[at] = cell
    else:
        array = np.array(cells, dtype=given["dtype"])
    return array.reshape(given["shape"])


def series_of(given):
    dtype, values = given["dtype"], [value_of(item) for item in given["values"]]
    if dtype.startswith("object"):
        return pd.Series(values, dtype=object)
    if dtype.startswith("datetime64[") and "," in dtype:
        return pd.Series(pd.to_datetime(values)).dt.as_unit("ns").dt.tz_localize("UTC")
    if dtype.startswith("datetime64["):
        unit = dtype.removeprefix("datetime64[").removesuffix("]")
        return pd.Series(pd.to_datetime(values)).dt.as_unit(unit)
    if dtype.startswith("timedelta64"):
        return pd.Series(pd.to_timedelta(values, unit="ns"))
    if dtype in ("float16", "float32", "float64"):
        values = [math.nan if value is None else value for value in values]
    return pd.Series(values, dtype=dtype)


def frame_of(given):
    series = [series_of(column) for column in given["columns"]]
    frame = pd.concat(series, axis=1) if series else pd.DataFrame()
    names = [column["name"] for column in given["columns"]]
    frame.columns = [at if name is None else name for at, name in enumerate(names)]
    if given.get("index") is not None:
        frame.index = [value_of(label) for label in given["index"]]
    return frame


def data_of(payload):
    if "frame" in payload:
        return frame_of(payload["frame"])
    if "tensor" in payload:
        return array_of(payload["tensor"])
    if "tensors" in payload:
        return {name: array_of(tensor) for name, tensor in payload["tensors"].items()}
    return value_of(payload["value"])


# What the model gets, in the typed notation.

class Unwritten(Exception):
    """A value that the notation cannot say."""


def written(value):
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if math.isfinite(number):
            return number
        return {"$float": "NaN" if math.isnan(number) else str(number).replace("inf", "Infinity")}
    if isinstance(value, (int, np.integer)) and not isinstance(value, np.timedelta64):
        return int(value)
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, str):
        return str(value)
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else {"$datetime": nanoseconds(value)}
    if isinstance(value, pd.Timestamp):
        return {"$datetime": nanoseconds(value.to_datetime64())}
    if isinstance(value, datetime.datetime):
        return {"$datetime": value.isoformat()}
    if isinstance(value, datetime.date):
        return {"$date": value.isoformat()}
    if isinstance(value, decimal.Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, np.ndarray):
        return {"$ndarray": array_written(value)}
    if isinstance(value, dict):
        return {str(key): written(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [written(item) for item in value]
    raise Unwritten(f"there is no notation for {type(value)}")


def nanoseconds(time):
    return str(np.datetime64(time, "ns"))


def array_written(array):
    dtype = {"U": "str", "S": "bytes"}.get(array.dtype.kind, str(array.dtype))
    return {
        "dtype": dtype,
        "shape": list(array.shape),
        "data": [written(cell) for cell in array.reshape(-1)],
    }


def column_written(name, series):
    if isinstance(series.dtype, pd.StringDtype):
        dtype = "string"
    else:
        dtype = str(series.dtype)
    cells = list(series.array) if series.dtype == object else list(series)
    texts = [isinstance(cell, str) for cell in cells]
    if dtype == "object" and any(texts) and all(
        text or cell is None for text, cell in zip(texts, cells)
    ):
        dtype = "string"
    if dtype == "string":
        values = [cell if isinstance(cell, str) else None for cell in cells]
    elif dtype.startswith("datetime64"):
        values = [None if cell is pd.NaT else nanoseconds(cell.to_datetime64()) for cell in cells]
    else:
        values = [written(cell) for cell in cells]
    return {"name": name, "dtype": dtype, "values": values}


def data_written(data):
    if isinstance(data, pd.DataFrame):
        columns = [
            column_written(written(name), data.iloc[:, at]) for at, name in enumerate(data.columns)
        ]
        index = [written(label) for label in data.index]
        return {"kind": "dataframe", "index": index, "columns": columns}
    if isinstance(data, np.ndarray):
        return {"kind": "ndarray", **array_written(data)}
    if isinstance(data, dict):
        return {"kind": "dict", "items": {key: written(item) for key, item in data.items()}}
    if isinstance(data, list):
        return {"kind": "list", "items": [written(item) for item in data]}
    return {"kind": "scalar", "value": written(data)}


# The answer.

def signature_of(given):
    parts = {
        part: value if value is None or isinstance(value, str) else json.dumps(value)
        for part, value in given.items()
    }
    return ModelSignature.from_dict(parts)


def answer(case):
    """What MLflow makes of a case."""
    stage, data, params = "signature", None, None
    try:
        signature = signature_of(case["signature"])
        if case["mode"] == "signature":
            return accepted(None)
        stage = "parse"
        if case["mode"] in ("serving", "raw"):
            payload = case["payload"]
            # As the corpus has it: lone surrogates as their escapes.
            body = payload["raw"] if case["mode"] == "raw" else json.dumps(payload)
            parsed = _parse_json_data(
                body.encode("utf-8"), Model(signature=signature), signature.inputs
            )
            data, params = parsed.data, parsed.params
        else:
            data, params = data_of(case["payload"]), None
        stage = "enforce"
        if signature.inputs is not None:
            data = _enforce_schema(data, signature.inputs)
        stage = "params"
        params = _enforce_params_schema(params, signature.params)
    except Exception as error:  # whatever MLflow raises is its answer
        text = error.message if isinstance(error, MlflowException) else str(error)
        return {
            "expect": "reject", "stage": stage, "error_kind": kind_of(stage, error),
            "error": text[:300], "error_class": type(error).__name__, "coerced": None,
        }
    shown = None if params is None else {key: written(item) for key, item in params.items()}
    return accepted({"data": data_written(data), "params": shown})


def accepted(coerced):
    return {
        "expect": "accept", "stage": None, "error_kind": None, "error": None,
        "error_class": None, "coerced": coerced,
    }


# Whether a value that MLflow took is another one than was sent.

def rows_of(payload):
    """The rows that were sent, as dicts by column; none where that is unclear."""
    if "dataframe_records" in payload:
        rows = payload["dataframe_records"]
    elif "dataframe_split" in payload:
        split = payload["dataframe_split"]
        names, rows = split.get("columns"), split.get("data")
        if not isinstance(rows, list) or not isinstance(names, list):
            return None
        if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
            return None
        if len({str(name) for name in names}) < len(names):
            return None
        rows = [dict(zip(map(str, names), row)) for row in rows]
    else:
        rows = payload.get("inputs", payload.get("instances"))
        if isinstance(rows, dict):
            lists = [isinstance(cells, list) for cells in rows.values()]
            if lists and all(lists):
                length = max(map(len, rows.values()))
                if any(len(cells) != length for cells in rows.values()):
                    return None
                rows = [{key: cells[at] for key, cells in rows.items()} for at in range(length)]
            elif not any(lists):
                rows = [rows]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return None
    return rows


def kept(sent, got, type_name):
    """Whether a cell says the same; none where only MLflow knows."""
    if isinstance(got, list) or isinstance(got, dict) and "$ndarray" in got:
        return None
    missing = got is None or got == {"$float": "NaN"}
    if sent is None or isinstance(sent, float) and math.isnan(sent):
        return missing
    if missing:
        return None if type_name == "datetime" else False
    if isinstance(got, dict) and "$float" in got:
        return isinstance(sent, float) and {"$float": str(sent).replace("inf", "Infinity")} == got
    number = isinstance(sent, (int, float)) and not isinstance(sent, bool)
    if type_name == "boolean":
        return sent is got
    if type_name in ("integer", "long"):
        return number and sent == got
    if type_name == "double":
        return number and sent == got
    if type_name == "float":
        if not number or abs(sent) > 3.4e38:
            return False
        return float(np.float32(sent)) == got and (sent == 0) == (got == 0)
    if type_name == "string":
        # A column that MLflow does not look at keeps what it got.
        return None if not isinstance(sent, str) and not isinstance(got, str) else sent == got
    if type_name == "binary":
        if not isinstance(sent, str) or "$bytes" not in got:
            return False
        return got["$bytes"] == sent
    return None


def lossy(case, coerced):
    """Whether the model saw other values; none where that is unclear."""
    columns = case["signature"].get("inputs")
    if case["mode"] != "serving" or not isinstance(columns, list):
        return None
    types = {column.get("name"): column.get("type") for column in columns}
    frame = coerced["data"]
    if frame["kind"] != "dataframe" or None in types or len(types) < len(columns):
        return None
    rows = rows_of(case["payload"])
    if rows is None:
        return None
    unclear = False
    for column in frame["columns"]:
        if len(column["values"]) != len(rows):
            return None
        for row, got in zip(rows, column["values"]):
            type_name = types.get(column["name"])
            verdict = kept(row.get(column["name"]), got, type_name)
            if verdict is False:
                return True
            unclear |= verdict is None
    return None if unclear else False


def completed(case):
    case = {**case, **answer(case)}
    case["lossy"] = lossy(case, case["coerced"]) if case["expect"] == "accept" else None
    case["tier"] = "quirk" if case["lossy"] else "core"
    return case


# Recorded answers once more.

# The day on which a time without one was taken for a time of that day.
RECORDED_ON = "2026-11-21"


def as_recorded(given, days):
    """What was answered, as if on the day of the record."""
    text = json.dumps(given)
    for day in days:
        text = text.replace(day, RECORDED_ON)
    return json.loads(text)


def check(path):
    """Compares with the record; gives the number of cases that differ."""
    differing, looked, agreed = 0, 0, 0
    with open(path, encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    for case in cases:
        if not case["stable"] or case["tier"] == "unstable":
            continue
        before = datetime.date.today()
        given = completed(case)
        if given["coerced"] != case["coerced"]:
            days = {day.isoformat() for day in (before, datetime.date.today())}
            given["coerced"] = as_recorded(given["coerced"], days)
        # Of a signature only the verdict is compared.
        keys = ("expect", "error_kind", "coerced")[: 2 if case["mode"] == "signature" else 3]
        same = all(given[key] == case[key] for key in keys)
        if not same:
            differing += 1
            print(f"{case['id']}: recorded {case['expect']} {case['error_kind']} "
                  f"{json.dumps(case['coerced'])}\n  given {given['expect']} "
                  f"{given['error_kind']} {given['error']} {json.dumps(given['coerced'])}")
        if given["lossy"] is not None and case["lossy"] is not None:
            looked += 1
            agreed += given["lossy"] == case["lossy"]
            if given["lossy"] != case["lossy"]:
                print(f"{case['id']}: recorded lossy {case['lossy']}, given {given['lossy']}: "
                      f"{json.dumps(case['payload'])} {json.dumps(case['coerced'])}")
    differing += looked - agreed
    print(f"{len(cases)} recorded cases, {differing} differ; "
          f"losses agree in {agreed} of {looked}")
    return differing


def drawn(count, seed):
    """Prints so many random cases with their answers."""
    unwritten, told = 0, time.monotonic()
    for at in range(count):
        if sys.stderr.isatty() and time.monotonic() - told > 1:
            print(f"\r{at} of {count} cases", end="", file=sys.stderr, flush=True)
            told = time.monotonic()
        case = draw.Draw(seed, at).case()
        try:
            # Each counts, lossy or not.
            print(json.dumps({**completed(case), "tier": "core"}))
        except Unwritten:
            unwritten += 1
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if unwritten:
        print(f"{unwritten} cases left out: the notation cannot say what MLflow gives",
              file=sys.stderr)


def require_versions():
    for module in (mlflow, np, pd):
        wanted = VERSIONS[module.__name__]
        if module.__version__ != wanted:
            sys.exit(f"error: {module.__name__} {module.__version__} is here, and the answers "
                     f"are those of {wanted}; see requirements.txt")


def main():
    require_versions()
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        sys.exit(1 if check(sys.argv[2]) else 0)
    if len(sys.argv) == 4 and sys.argv[1] == "--draw":
        drawn(int(sys.argv[2]), int(sys.argv[3]))
        return
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    lines = sys.stdin if sys.argv[1] == "-" else open(sys.argv[1], encoding="utf-8")
    for line in lines:
        print(json.dumps(completed(json.loads(line))))


if __name__ == "__main__":
    main()
