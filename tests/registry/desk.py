"""A release desk: a key of its own, and tokens that it signs for people.

Usage: desk.py FOLDER PERSON...

Writes FOLDER/desk.pem, the public key for `approvals.yaml`, and prints one
token a line. The key itself is kept nowhere.
"""

import base64
import json
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def part(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=")


def main():
    folder, *people = sys.argv[1:]
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (Path(folder) / "desk.pem").write_bytes(public)
    now = int(time.time())
    for person in people:
        claims = {"iss": "release-desk", "aud": "tollgate", "sub": person}
        claims |= {"iat": now, "nbf": now, "exp": now + 3600}
        parts = [json.dumps(it).encode() for it in ({"alg": "EdDSA", "typ": "JWT"}, claims)]
        signed = b".".join(part(it) for it in parts)
        print((signed + b"." + part(key.sign(signed))).decode())


if __name__ == "__main__":
    main()
