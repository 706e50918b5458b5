"""MLflow under the same measure as Tollgate: the scoring server's own path
from the request body to the data that the model would get, without the model.

    python mlflow_peer.py SIGNATURE CASE=BODY...

SIGNATURE is a JSON file with the signature as an MLmodel has it; each BODY is
a file with a request body. It answers on standard output what it is asked on
standard input, as `peers/src/main.rs` does:

    cases               the cases' names
    answers CASE        [["accepted", rows]] or [["refused", why]]
    run CASE TIMES      how many nanoseconds that took
"""

import json
import logging
import os
import sys
import time
from pathlib import Path

os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true")

from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.models import Model, ModelSignature  # noqa: E402
from mlflow.models.utils import _enforce_schema  # noqa: E402
from mlflow.pyfunc.scoring_server import _parse_json_data  # noqa: E402

logging.disable(logging.WARNING)


def main():
    signature = ModelSignature.from_dict(json.loads(Path(sys.argv[1]).read_text()))
    metadata = Model(signature=signature)
    schema = signature.inputs
    bodies = {}
    for argument in sys.argv[2:]:
        case, path = argument.split("=", 1)
        bodies[case] = Path(path).read_bytes()

    def check(body):
        return _enforce_schema(_parse_json_data(body, metadata, schema).data, schema)

    def answer(body):
        try:
            return ["accepted", len(check(body))]
        except MlflowException as error:
            return ["refused", error.message]

    for line in sys.stdin:
        match line.split():
            case ["cases"]:
                print(json.dumps(list(bodies)), flush=True)
            case ["answers", case]:
                print(json.dumps([answer(bodies[case])]), flush=True)
            case ["run", case, times]:
                body = bodies[case]
                start = time.thread_time_ns()
                for _ in range(int(times)):
                    check(body)
                print(time.thread_time_ns() - start, flush=True)
            case _:
                raise SystemExit(f"`{line.strip()}` is no question")


if __name__ == "__main__":
    main()
