"""Answers of another host: `python wasmtime_place.py POLICY`.

PyPI's `wasmtime` calls the component on the values that `node.mjs --values`
gives on standard input; all else of an answer is written here anew, from what
the component and its custom section say. Where a request gives no values the
line is empty: there is nothing to ask.
"""

import hashlib
import json
import math
import struct
import sys

from wasmtime import Config, Engine, Store
from wasmtime.component import Component, Linker

SECTION = b"tollgate:baked"


def main(path):
    with open(path, "rb") as file:
        component = file.read()
    policy = Policy(component)
    for line in sys.stdin:
        case = json.loads(line)
        if case is None:
            print()
            continue
        values = [exact(value) for value in case["values"]]
        print(policy.answer(values, case["warnings"]))


def exact(value):
    """The value that `node.mjs` wrote."""
    if isinstance(value, dict):
        if "integer" in value:
            return int(value["integer"])
        return struct.unpack(">d", bytes.fromhex(value["number"]))[0]
    return value


class Policy:
    def __init__(self, component):
        config = Config()
        config.cranelift_nan_canonicalization = True
        engine = Engine(config)
        self.store = Store(engine)
        self.instance = Linker(engine).instantiate(self.store, Component(engine, component))
        self.surface = self.call("decider", "surface")
        self.info = self.call("lifecycle", "describe")
        self.decide = self.function("decider", "decide")
        self.digest = hashlib.sha256(component).digest()
        section = custom_section(component)
        self.plugin, self.settings = section[:32], section[32:64]
        self.document = json.loads(section[64:])

    def function(self, interface, name):
        for version in ["1.2.0", "1.1.0", "1.0.0"]:
            place = self.instance.get_export_index(
                self.store, f"tollgate:plugin/{interface}@{version}"
            )
            if place is not None:
                index = self.instance.get_export_index(self.store, name, place)
                return self.instance.get_func(self.store, index)
        raise SystemExit(f"the component exports no `{interface}`")

    def call(self, interface, name, *arguments):
        function = self.function(interface, name)
        result = function(self.store, *arguments)
        function.post_return(self.store)
        return result

    def answer(self, values, warnings):
        result = self.decide(self.store, values)
        self.decide.post_return(self.store)
        answer = {}
        if isinstance(result, str):
            fallback = self.document.get("fallback")
            answer["action"] = fallback
            if fallback is not None:
                answer["fallback"] = True
        else:
            answer["action"] = self.surface.actions[result.action]
        score = self.surface.score
        if score is not None and isinstance(values[score], float) and math.isfinite(values[score]):
            answer["score"] = values[score]
        if isinstance(result, str):
            answer["error"] = result
        else:
            reasons = [self.surface.reasons[reason] for reason in result.reasons]
            answer["reasons"] = reasons
            answer["reason"] = "+".join(reasons)
        if warnings:
            answer["warnings"] = warnings
        answer["policy"] = {key: self.document[key] for key in ["name", "version"]}
        answer["plugin"] = {
            "name": self.info.name,
            "version": self.info.version,
            "digest": written(self.digest),
            "baked_from": {"digest": written(self.plugin), "verified": False},
        }
        answer["settings"] = written(self.settings)
        answer["decision_id"] = self.identity(values)
        return to_json(answer)

    def identity(self, values):
        fields = b"".join(map(field, values))
        return hashlib.sha256(self.digest + self.settings + fields).hexdigest()[:16]


def field(value):
    if value is None:
        return b"\0"
    if isinstance(value, bool):
        return bytes([1, value])
    if isinstance(value, int):
        return b"\2" + struct.pack("<q", value)
    if isinstance(value, float):
        return b"\3" + struct.pack("<d", value)
    text = value.encode()
    return b"\4" + struct.pack("<Q", len(text)) + text


def written(digest):
    return f"sha256:{digest.hex()}"


def to_json(value):
    if isinstance(value, dict):
        members = (f"{to_json(key)}:{to_json(member)}" for key, member in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(to_json, value)) + "]"
    if isinstance(value, float):
        return number(value)
    # Control characters beyond ASCII's are written as they are.
    return json.dumps(value, ensure_ascii=False)


def number(value):
    """The shortest digits: plain from 1e-5 to below 1e16."""
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    shortest = repr(abs(value))
    mantissa, _, power = shortest.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(power or 0) + len(whole) - 1
    if whole == "0":
        exponent = int(power or 0) - 1 - (len(fraction) - len(fraction.lstrip("0")))
    digits = digits.rstrip("0")
    sign = "-" if value < 0 else ""
    if exponent < -5 or exponent > 15:
        rest = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{rest}e{exponent:+d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-1 - exponent)}{digits}"
    whole = exponent + 1
    if len(digits) <= whole:
        return f"{sign}{digits.ljust(whole, '0')}.0"
    return f"{sign}{digits[:whole]}.{digits[whole:]}"


def custom_section(component):
    at = 8
    while at < len(component):
        kind = component[at]
        size, at = leb128(component, at + 1)
        end = at + size
        if kind == 0:
            length, start = leb128(component, at)
            if component[start : start + length] == SECTION:
                return component[start + length : end]
        at = end
    raise SystemExit("the component was not baked")


def leb128(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


if __name__ == "__main__":
    main(sys.argv[1])
