"""Attestations of tollgate, verified by the libraries of securesystemslib and
in-toto, and theirs by tollgate: check.py TOLLGATE."""

import base64
import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

ROOT = Path(__file__).resolve().parents[2]
KEYS = ROOT / "host/records/tests/keys"
MODELS = ROOT / "tests/fixtures/mlflow"
STATEMENT = "application/vnd.in-toto+json"


def run(*words, code=0):
    """Runs tollgate, which must end with this code."""
    done = subprocess.run(
        [TOLLGATE, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def verified(envelope, public, keyid):
    """The payload, as securesystemslib verifies it; none where it does not."""
    key = SSlibKey.from_crypto(load_pem_public_key(public.read_bytes()), keyid=keyid)
    try:
        Envelope.from_dict(copy.deepcopy(envelope)).verify([key], 1)
    except VerificationError:
        return None
    return base64.b64decode(envelope["payload"])


def is_statement(payload, result):
    """The statement and its predicate, by in-toto's own types: a field that
    they do not have is an error."""
    statement = Statement.copy_from_pb(json_format.Parse(payload, statement_pb2.Statement()))
    statement.validate()
    assert statement.pb.predicate_type == "https://in-toto.io/attestation/test-result/v0.1"
    assert len(statement.pb.subject) == 2, "the model and the policy"
    predicate = json.loads(payload)["predicate"]
    predicate = json_format.ParseDict(predicate, test_result_pb2.TestResult())
    assert predicate.result == result, predicate.result
    assert predicate.passed_tests and predicate.configuration
    return statement


def changed(envelope):
    """The envelope, each time with one thing changed."""
    payload = base64.b64decode(envelope["payload"]).replace(b"tumor", b"tumour")
    yield {**envelope, "payload": base64.b64encode(payload).decode()}
    yield {**envelope, "payloadType": "application/json"}
    other = copy.deepcopy(envelope)
    sig = bytearray(base64.b64decode(other["signatures"][0]["sig"]))
    sig[-1] ^= 1
    other["signatures"][0]["sig"] = base64.b64encode(sig).decode()
    yield other


def check(folder):
    log = folder / "records.jsonl"
    for version, code in [("v2", 0), ("v3", 1)]:
        run(
            "gate", "--candidate", MODELS / f"tumor_screening-{version}",
            "--champion", MODELS / "tumor_screening-v1",
            "--profile", "policies/gates/offline.yaml", "--record", log, code=code,
        )
    for name in ["ed25519", "p256"]:
        private, public = KEYS / f"{name}.pem", KEYS / f"{name}.pub.pem"
        for seq, result, code in [(1, "PASSED", 0), (2, "FAILED", 1)]:
            file = folder / f"{name}-{seq}.json"
            told = run("log", "attest", log, "--seq", seq, "--key", private, "-o", file,
                       "--format", "json")
            envelope, keyid = json.loads(file.read_text()), json.loads(told)["key"]
            payload = verified(envelope, public, keyid)
            assert payload, "securesystemslib does not verify what was signed"
            is_statement(payload, result)
            run("verify", file, "--key", public, code=code)
            for wrong in changed(envelope):
                assert verified(wrong, public, keyid) is None
                file.write_text(json.dumps(wrong))
                run("verify", file, "--key", public, code=1)
            assert verified(envelope, KEYS / "other.pub.pem", keyid) is None

            # The other way: what securesystemslib signs.
            signer = CryptoSigner(load_pem_private_key(private.read_bytes(), None))
            theirs = Envelope(payload, STATEMENT, {})
            theirs.sign(signer)
            file.write_text(json.dumps(theirs.to_dict()))
            run("verify", file, "--key", public, code=code)
            run("verify", file, "--key", KEYS / "other.pub.pem", code=1)
            print(f"{name}: record {seq} is {result}, both ways")


TOLLGATE = sys.argv[1]
with tempfile.TemporaryDirectory() as temporary:
    check(Path(temporary))
