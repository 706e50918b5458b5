"""Records what MLflow makes of signatures: how it writes them, or that it
refuses them. Prints one JSON object a line.

    python record.py ../../../../plugins/mlflow-signature/tests/conformance/mlflow.jsonl > written.jsonl

Needs mlflow 3.17. The signatures are those of the recorded cases, and some
that no case holds.
"""

import json
import sys
import warnings

from mlflow.models import ModelSignature

warnings.filterwarnings("ignore")

PARTS = ("inputs", "outputs", "params")


def column(**spec):
    return {"inputs": [spec], "outputs": None, "params": None}


def param(default, kind="double", **more):
    spec = {"name": "p", "type": kind, "default": default, "shape": None, **more}
    return {"inputs": None, "outputs": None, "params": [spec]}


VECTOR = {"type": "sparkml_vector"}

MORE = [
    param(float("nan")),
    param(float("-inf"), "float"),
    param(1e-05),
    param(1e16),
    param(0.1, "float"),
    param(None),
    param("2021-01-01T10:00:00.250000", "datetime"),
    param("2021-01-01T10:00", "datetime"),
    param([True, None], "boolean", shape=[-1]),
    param([], "string", shape=[-1]),
    param(
        {"v": [[1.5]]},
        "object",
        properties={"v": {"type": "array", "items": VECTOR}, "w": {"type": "any", "required": False}},
    ),
    column(type="map", values=VECTOR, name="m"),
    column(type="array", items=VECTOR, name="m"),
    column(type="array", items={"type": "map", "values": VECTOR}, name="m"),
    column(type="any", name="héé \"quoted\"", required=True),
    column(type="object", properties={"ü": {"type": "float"}, "a/b": {"type": "binary"}}),
    column(type="long", required=None),
    column(type="tensor", **{"tensor-spec": {"dtype": "datetime64[s]", "shape": [2, -1]}}),
    column(type="tensor", **{"tensor-spec": {"dtype": "f4", "shape": []}}),
    {"inputs": None, "outputs": [{"type": "long"}, {"type": "string"}], "params": None},
]


def written(signature):
    texts = {part: signature.get(part) for part in PARTS}
    for part, value in texts.items():
        if isinstance(value, (list, dict)):
            texts[part] = json.dumps(value)
    try:
        return ModelSignature.from_dict(texts).to_dict()
    except Exception:
        return None


def main():
    seen = set()
    with open(sys.argv[1], encoding="utf-8") as cases:
        signatures = [json.loads(line)["signature"] for line in cases]
    for signature in signatures + MORE:
        key = json.dumps(signature)
        if key not in seen:
            seen.add(key)
            texts = {p: json.dumps(v) if (v := signature.get(p)) is not None else None for p in PARTS}
            print(json.dumps({"signature": texts, "written": written(signature)}, ensure_ascii=False))


main()
