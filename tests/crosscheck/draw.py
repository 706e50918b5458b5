"""Random cases: signatures, and payloads that mostly honour them.

The same seed and number give the same case, whatever else is drawn.
"""

import base64
import json
import random

PRIMITIVES = ["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"]
NAMES = ["a", "b", "amount", "n_items", "ts", "A", " a", "é", "x/y", "0"]
TENSOR_TYPES = ["bool", "int8", "int32", "int64", "uint8", "uint64", "float16", "float32",
                "float64", "str", "object", "bytes", "datetime64[ns]"]

# Values that are odd wherever they stand. Nothing depends on the clock, and
# no text is a date only by guessing.
ODD = [
    None, True, False, 0, 1, -1, 2, 7, 127, 128, 255, 256, -129, 32768, 65536,
    2**24 + 1, 2**31 - 1, 2**31, -(2**31) - 1, 2**32, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1,
    2**63, -(2**63), -(2**63) - 1, 2**64 - 1, 2**64, 10**19, 10**25,
    0.0, -0.0, 0.1, 0.5, 1.0, 1.5, -2.5, 3.999, 1e-46, 1e-320, 5e-324, 3.4e38, 3.5e38, 1e39, 1e300,
    16777217.0, 2147483648.0, 9007199254740993.0, 9.3e18, 1e19,
    float("nan"), float("inf"), float("-inf"),
    "", " ", "a", "abc", "é", "日本", "😀", "\ud800", "a\x00", "\x00", "'", '"', "\\", "\n",
    "0", "1", "-1", "007", "1.0", "1.5", " 12 ", "+3", "1_000", "1e5", "0x10", "1,5",
    "nan", "NaN", "inf", "-Infinity", "null", "None", "True", "true", "false", "no",
    "2147483648", "9223372036854775808", "1e400",
    "2021", "2021-01", "2021-01-01", "2021-01-01T10:20:30", "2021-01-01 10:20:30.123456789",
    "2021-01-01T10:20:30Z", "2021-01-01T10:20:30+02:00", "20210102", "01/02/2021", "2021-13-01",
    "2021-02-30", "1677-09-21", "1500-01-01", "2262-04-12", "9999-12-31", "NaT",
    "2021-01-01T24:00:00", "2021-01-01T10", "2021-01-01T10:20",
    "YQ==", "YWI=", "aGVsbG8=", "YQ", "!!!!", "-_-_", "YQ==\n", "=",
    [], [1], [1, 2], [1.5, None], ["a"], ["a", 1], [[1], [2]], [[1, 2], [3]], [None], [True, None],
    [{}], [{"k": 1}], {}, {"k": 1}, {"k": None}, {"a": 1, "b": "x"}, {"k": {"k": [1]}},
]


class Draw:
    """One case's source of chance."""

    def __init__(self, seed, at):
        self.random = random.Random(f"{seed}/{at}")
        self.at = at

    # The few things that are asked of chance. `random()` and `getrandbits()`
    # are the same in every version of Python.

    def below(self, limit):
        return int(self.random.random() * limit)

    def one(self, items):
        return items[self.below(len(items))]

    def some(self, items, count):
        items, picked = list(items), []
        while items and len(picked) < count:
            picked.append(items.pop(self.below(len(items))))
        return picked

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def odd(self):
        return json.loads(json.dumps(self.one(ODD)))

    # Types.

    def type_of(self, depth):
        """A type as MLflow serialises it, without a name."""
        if depth > 0 and self.chance(55):
            kind = self.one(["array", "array", "object", "object", "map", "any"])
            if kind == "array":
                return {"type": "array", "items": self.type_of(depth - 1)}
            if kind == "map":
                return {"type": "map", "values": self.type_of(depth - 1)}
            if kind == "any":
                return {"type": "any"}
            properties = {}
            for name in self.some(NAMES, 1 + self.below(3)):
                properties[name] = self.type_of(depth - 1)
                if self.chance(60):
                    properties[name]["required"] = self.chance(50)
            return {"type": "object", "properties": properties}
        return {"type": self.one(PRIMITIVES)}

    def columns(self, depth, most=3):
        columns = []
        for name in self.some(NAMES, 1 + self.below(most)):
            column = {**self.type_of(depth), "name": name}
            if depth and self.chance(5):
                column = {"type": "sparkml_vector", "name": name}
            if self.chance(50):
                column["required"] = self.chance(50)
            columns.append(column)
        return columns

    # Values.

    def good(self, spec):
        """A value of a type, as JSON has it."""
        kind = spec["type"]
        if kind == "boolean":
            return self.chance(50)
        if kind in ("integer", "long"):
            return self.one([0, 1, -1, 5, 42, -300, 70_000, 2**31 - 1])
        if kind in ("float", "double"):
            return self.one([0.5, -1.25, 3.0, 100.0, 0.1, 1e10, 2.5e-3, 7.75])
        if kind == "string":
            return self.one(["x", "abc", "DE", "", "é", "12", "true"])
        if kind == "binary":
            return base64.b64encode(self.one([b"", b"a", b"hello", b"\x00\xff"])).decode()
        if kind == "datetime":
            return self.one(["2021-01-01", "2021-03-04T05:06:07", "1999-12-31 23:59:59"])
        if kind in ("array", "sparkml_vector"):
            if self.chance(12):
                return [self.odd() for _ in range(1 + self.below(4))]
            items = spec.get("items", {"type": "double"})
            return [self.value(items, 4) for _ in range(self.below(4))]
        if kind == "map":
            keys = self.some(["k", "l", "é"], self.below(3))
            return {key: self.value(spec["values"], 4) for key in keys}
        if kind == "object":
            value = {}
            for name, inner in spec["properties"].items():
                if inner.get("required", True) or self.chance(60):
                    value[name] = self.value(inner, 4)
            if self.chance(3):
                value["zzz"] = self.odd()
            if value and self.chance(3):
                value.pop(self.one(list(value)))
            return value
        return self.odd()

    def value(self, spec, oddness):
        return self.odd() if self.chance(oddness) else self.good(spec)

    def cells(self, column, rows, oddness):
        """A column's values; often one odd kind all the way down."""
        if self.chance(oddness):
            odd = self.odd()
            if self.chance(20):
                return [self.odd() for _ in range(rows)]
            return [odd if self.chance(70) else self.good(column) for _ in range(rows)]
        return [self.value(column, 3) for _ in range(rows)]

    # Payloads.

    def rows(self):
        return self.one([1, 1, 1, 2, 2, 3, 0])

    def table(self, columns):
        """Named columns with values, some missing, some too many."""
        rows = self.rows()
        table = {}
        for at, column in enumerate(columns):
            needed = column.get("required", True) is not False
            if self.chance(3 if needed else 40):
                continue
            table[column.get("name", str(at))] = self.cells(column, rows, 30)
        if self.chance(6):
            table[self.one(["extra", "B", "id"])] = [self.odd() for _ in range(rows)]
        if self.chance(15):
            table = {name: table[name] for name in self.some(table, len(table))}
        return table, rows

    def form(self, columns):
        """A table in one of the protocol's forms."""
        table, rows = self.table(columns)
        records = [{name: cells[row] for name, cells in table.items()} for row in range(rows)]
        if records and self.chance(3):
            self.one(records).pop(self.one(list(table)), None) if table else None
        kind = self.below(9)
        if kind <= 1:
            split = {"columns": list(table), "data": [list(record.values()) for record in records]}
            if self.chance(10):
                split["index"] = [self.one([row, row + 5, f"r{row}"]) for row in range(rows)]
            if self.chance(4):
                split.pop("columns")
            if self.chance(3):
                split[self.one(["foo", "columns", "data", "index"])] = self.odd()
            if split.get("data") and self.chance(2):
                self.one(split["data"]).append(1) if isinstance(split["data"], list) and all(
                    isinstance(row, list) for row in split["data"]) else None
            return {"dataframe_split": split}
        if kind <= 3:
            return {"dataframe_records": records}
        if kind <= 5:
            return {"inputs": records}
        if kind == 6:
            if table and self.chance(8):
                self.one(list(table.values())).append(self.odd())
            return {self.one(["inputs", "inputs", "instances"]): table}
        if kind == 7:
            return {"instances": records}
        if records and self.chance(60):
            return {"inputs": records[0]}
        cells = self.one(list(table.values())) if table else []
        return {self.one(["inputs", "instances"]): self.one([cells, self.odd()])}

    def unnamed(self, columns):
        rows = self.rows()
        cells = [self.cells(column, rows, 30) for column in columns]
        if self.chance(5):
            cells.pop()
        if self.chance(8):
            cells.append([self.odd() for _ in range(rows)])
        lists = [[column[row] for column in cells] for row in range(rows)]
        if len(cells) == 1 and self.chance(60):
            lists = cells[0]
        form = self.one(["dataframe_split", "inputs", "inputs", "instances", "dataframe_records"])
        if form == "dataframe_split":
            split = {"data": [row if isinstance(row, list) else [row] for row in lists]}
            if self.chance(40):
                split["columns"] = self.some(["p", "q", "r", "s"], len(cells))
            return {form: split}
        if form == "dataframe_records":
            names = ["p", "q", "r", "s"]
            return {form: [{name: column[row] for name, column in zip(names, cells)}
                           for row in range(rows)]}
        return {form: self.one([lists, lists, lists, self.odd()])}

    # Tensors.

    def tensor_spec(self, name=None):
        rank = self.one([0, 1, 1, 1, 2, 2, 3])
        shape = [self.one([-1, -1, 1, 2, 3]) for _ in range(rank)]
        if shape and self.chance(70):
            shape[0] = -1
        spec = {"type": "tensor", "tensor-spec": {"dtype": self.one(TENSOR_TYPES), "shape": shape}}
        return {"name": name, **spec} if name else spec

    def element(self, dtype):
        if self.chance(4):
            return self.odd()
        family = {"b": [True, False], "i": [0, 1, 5, -3], "u": [0, 1, 200],
                  "f": [0.5, 1.0, 2, -1.5], "s": ["x", "yz", ""], "o": ["x", 1, 2.5],
                  "d": ["2021-01-01", "2021-01-02T03:04:05"]}
        return self.one(family["s" if dtype == "bytes" else dtype[0]])

    def nested(self, shape, dtype):
        if not shape:
            return self.element(dtype)
        length = shape[0] if shape[0] >= 0 else self.one([1, 2, 3])
        if self.chance(3):
            length = self.one([0, 1, 2, 4])
        first = self.nested(shape[1:], dtype)
        rest = [self.nested([self.length_of(first, at, size) for at, size in enumerate(shape[1:])],
                            dtype) for _ in range(length - 1)]
        return [first, *rest][:length]

    def length_of(self, value, at, size):
        """Lists beside each other are as long, but for a few."""
        if size >= 0 or self.chance(2):
            return size
        for _ in range(at):
            value = value[0] if isinstance(value, list) and value else None
        return len(value) if isinstance(value, list) else 1

    def tensor_body(self, specs):
        def data(spec):
            info = spec["tensor-spec"]
            shape = list(info["shape"])
            if self.chance(6):
                shape = self.one([shape[1:], [2, *shape], [*shape, 1], [-1]])
            return self.nested(shape, info["dtype"])

        form = self.one(["inputs", "inputs", "instances", "dataframe_split", "dataframe_records"])
        named = "name" in specs[0]
        if form == "inputs":
            if named:
                body = {spec["name"]: data(spec) for spec in specs if not self.chance(3)}
                if self.chance(5):
                    body["extra"] = [1]
                return {form: self.one([body, body, body, data(specs[0])])}
            return {form: data(specs[0])}
        if form == "instances":
            if named and self.chance(70):
                rows = self.rows()
                return {form: [{spec["name"]: self.nested(spec["tensor-spec"]["shape"][1:],
                                                          spec["tensor-spec"]["dtype"])
                                for spec in specs} for _ in range(rows)]}
            return {form: data(specs[0])}
        rows = self.rows()
        table = {}
        if named:
            for spec in specs:
                if self.chance(4):
                    continue
                info = spec["tensor-spec"]
                table[spec["name"]] = [self.flat(info) for _ in range(rows)]
        else:
            info = specs[0]["tensor-spec"]
            width = info["shape"][1] if len(info["shape"]) == 2 and info["shape"][1] > 0 else 2
            if self.chance(50):
                table = {name: [self.element(info["dtype"]) for _ in range(rows)]
                         for name in ["p", "q", "r"][:width]}
            else:
                table = {"p": [self.flat(info) for _ in range(rows)]}
        lists = [[cells[row] for cells in table.values()] for row in range(rows)]
        if form == "dataframe_split":
            return {form: {"columns": list(table), "data": lists}}
        return {form: [dict(zip(table, row)) for row in lists]}

    def flat(self, info):
        """A frame's cell of a tensor: one value, or a flat list."""
        shape = info["shape"]
        if len(shape) < 2 or shape == [-1, 1] and self.chance(50):
            return self.element(info["dtype"])
        size = 1
        for length in shape[1:]:
            size *= length if length > 0 else 2
        if self.chance(4):
            size += 1
        return [self.element(info["dtype"]) for _ in range(size)]

    # Parameters.

    def params_schema(self):
        params = []
        for name in self.some(["t", "k", "mode", "opts", "when", "list"], 1 + self.below(3)):
            kind = self.one([kind for kind in PRIMITIVES if kind != "binary"])
            default = {"boolean": True, "integer": 3, "long": 4, "float": 0.5, "double": 1.5,
                       "string": "s", "datetime": "2021-01-01T00:00:00"}[kind]
            param = {"name": name, "type": kind, "default": default, "shape": None}
            if self.chance(25):
                param.update(default=self.one([[], [default]]), shape=[-1])
            elif self.chance(10):
                param = {"name": name, "type": "object", "shape": None, "default": {"p": 1},
                         "properties": {"p": {"type": "long", "required": self.chance(50)},
                                        "q": {"type": "string", "required": False}}}
            if self.chance(5):
                param["default"] = None
            params.append(param)
        return params

    def params(self, schema):
        given = {}
        for spec in schema or []:
            if self.chance(30):
                continue
            if spec["type"] == "object":
                good = {"p": 2, "q": "x"}
            else:
                good = self.good(spec)
            if spec["shape"]:
                good = [self.good(spec) for _ in range(self.below(3))]
                if good and self.chance(20):
                    good[0] = self.odd()
            given[spec["name"]] = self.odd() if self.chance(25) else good
        if self.chance(8):
            given["unknown"] = self.odd()
        return self.one([self.odd(), []]) if self.chance(6) else given

    # Damage to a body's text.

    def damaged(self, text):
        for _ in range(1 + self.below(2)):
            at = self.below(len(text) + 1)
            way = self.below(9)
            if way == 0:
                text = text[:at]
            elif way == 1:
                text = text[:at] + text[at + 1:]
            elif way == 2:
                text = text[:at] + self.one(list("{}[],:\"0-.eNtf\\ \t\né")) + text[at:]
            elif way == 3:
                text = text[:at] + self.one(["NaN", "Infinity", "-Infinity", "null", "1e999",
                                             "-0", "01", "1.", ".5", "1e", "\\u00e9", "\\ud800",
                                             "nan", "True", "// x", "'"]) + text[at:]
            elif way == 4:
                text = "\ufeff" + text
            elif way == 5:
                text = text + self.one([" ", "\n", "x", "{}", ",", "\x01"])
            elif way == 6:
                # The last of two equal keys counts.
                text = text.replace("{", '{"inputs": [1], ' if self.chance(50) else '{"a": 1, ', 1)
            elif way == 7:
                text = self.one(["", " ", "null", "[]", "1", '"x"', "{}", "true", text.upper(),
                                 "[" + text + "]", "[" * 40 + "]" * 40])
            else:
                text = text.replace(": ", ":\r\n\t ").replace("1", "1.0", 1)
        return text

    # Data that is no request.

    def frame_column(self, name):
        dtype = self.one([
            "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
            "float16", "float32", "float64", "string", "str", "object", "object", "object", "Int32",
            "Int64", "UInt8", "Float64", "boolean", "category", "complex64", "datetime64[ns]",
            "datetime64[us]", "datetime64[ms]", "datetime64[s]", "datetime64[ns, UTC]",
            "timedelta64[ns]",
        ])
        return {"name": name, "dtype": dtype}

    def frame_cell(self, dtype):
        if dtype.startswith(("int", "Int")):
            return self.one([0, 1, 1, 2, -3, 100])
        if dtype.startswith(("uint", "UInt", "timedelta")):
            return self.one([0, 1, 1, 2, 100])
        if dtype.startswith("complex"):
            return self.one([0, 1, 2])
        if dtype.lower().startswith("float"):
            return self.one([0.5, 1.0, 0.0, 2.0, -1.25])
        if dtype.startswith("bool"):
            return self.chance(50)
        if dtype.startswith("datetime"):
            return self.one(["2021-01-01T00:00:00", "2022-05-06T07:08:09"])
        return self.one(["a", "b", "1", ""])

    def object_cell(self):
        return self.one([
            None, True, False, 0, 1, 2, 2**40, 2**53 + 1, 2**63, 0.5, 1.0, {"$float": "NaN"}, "a",
            "1", "2021-01-01", {"$bytes": "aGk="}, {"$bytes": "Mg=="},
            {"$decimal": "1.5"}, {"$decimal": "0.10"}, {"$date": "2021-01-01"},
            {"$datetime": "2021-01-01T10:00:00"}, [1, 2], [], ["a"], [0.5],
            {"k": 1}, {"k": "x"}, {},
            {"$ndarray": {"dtype": "int64", "shape": [2], "data": [1, 2]}},
            {"$ndarray": {"dtype": "float64", "shape": [2], "data": [0.5, 1.0]}},
        ])

    def frame(self, columns):
        rows = self.one([1, 2, 2, 3])
        built = []
        for at, column in enumerate(columns):
            if self.chance(5):
                continue
            made = self.frame_column(column.get("name"))
            if made["dtype"] == "object" and self.chance(60):
                first = self.object_cell()
                kind = type(first)
                pool = [cell for cell in (self.object_cell() for _ in range(40))
                        if type(cell) is kind or cell is None and self.chance(30)]
                values = [first] + [self.one(pool or [first]) for _ in range(rows - 1)]
            elif made["dtype"] == "object":
                values = [self.object_cell() for _ in range(rows)]
            else:
                values = [self.frame_cell(made["dtype"]) for _ in range(rows)]
                if self.chance(15) and not made["dtype"].startswith(
                        ("int", "uint", "bool", "complex", "timedelta", "category")
                ) or made["dtype"] == "boolean" and self.chance(15):
                    values[self.below(rows)] = None
                if made["dtype"] in ("float64", "float32") and self.chance(10):
                    values[self.below(rows)] = self.one(
                        [{"$float": "NaN"}, {"$float": "Infinity"}])
            built.append({**made, "values": values})
        if self.chance(6):
            extra = self.frame_column("extra")
            built.append({**extra, "dtype": "int64", "values": list(range(rows))})
        index = [self.one([0, 5, "r"]) for _ in range(rows)] if self.chance(8) else None
        return {"frame": {"index": index, "columns": built}}

    def typed_tensor(self, spec):
        info = spec["tensor-spec"]
        dtype = info["dtype"] if self.chance(75) else self.one(TENSOR_TYPES)
        shape = [self.one([1, 2, 3]) if length < 0 else length for length in info["shape"]]
        if self.chance(15):
            shape = self.one([shape[1:], [2, *shape], [*shape, 1], [0, *shape[1:]]])
        size = 1
        for length in shape:
            size *= length
        cell = {"b": [True, False], "i": [0, 1, 5], "u": [0, 1, 200], "f": [0.5, 1.0, -1.5],
                "s": ["x", "yz"], "o": ["x", 1, None], "d": ["2021-01-01T00:00:00"]}[dtype[0]]
        if dtype == "bytes":
            dtype, cell = "str", ["x"]
        return {"dtype": dtype, "shape": shape, "data": [self.one(cell) for _ in range(size)]}

    def native(self, columns):
        table, rows = self.table(columns)
        records = [{name: cells[row] for name, cells in table.items()} for row in range(rows)]
        tagged = self.one([
            table, records, records[0] if records else {}, self.odd(),
            list(table.values())[0] if table else [], [list(row.values()) for row in records],
        ])
        return {"value": retagged(tagged)}

    # Signatures.

    def broken(self, signature):
        """A signature with one thing changed, somewhere."""
        places = []

        def walk(value, put):
            places.append((value, put))
            if isinstance(value, dict):
                for key in value:
                    walk(value[key], lambda new, value=value, key=key: value.__setitem__(key, new))
            elif isinstance(value, list):
                for at in range(len(value)):
                    walk(value[at], lambda new, value=value, at=at: value.__setitem__(at, new))

        signature = json.loads(json.dumps(signature))
        walk(signature["inputs"], lambda new: signature.__setitem__("inputs", new))
        walk(signature["params"], lambda new: signature.__setitem__("params", new))
        value, put = self.one(places)
        way = self.below(4)
        if isinstance(value, dict) and value and way == 0:
            value.pop(self.one(list(value)))
        elif isinstance(value, dict) and way == 1:
            key = self.one(["zzz", "required", "name", "type"])
            value[key] = self.one([1, None, "x", True, []])
        elif isinstance(value, list) and way == 0:
            value.clear()
        elif isinstance(value, list) and value and way == 1:
            value.append(value[0])
        elif isinstance(value, str):
            put(self.one(["", "Long", "long", "tensor", "any", "object", "array", 1, None, "a"]))
        else:
            put(self.one([None, {}, [], "x", 1, 2.5, True, -1]))
        return signature

    # Cases.

    def case(self):
        category, build = self.one([
            ("columns", self.case_columns), ("columns", self.case_columns),
            ("columns", self.case_columns), ("columns", self.case_columns),
            ("nested", self.case_nested), ("nested", self.case_nested),
            ("nested", self.case_nested), ("unnamed", self.case_unnamed),
            ("tensors", self.case_tensors), ("tensors", self.case_tensors),
            ("params", self.case_params), ("raw", self.case_raw), ("unified", self.case_unified),
            ("frame", self.case_frame), ("frame", self.case_frame),
            ("typed-tensor", self.case_typed_tensor), ("native", self.case_native),
            ("signature", self.case_signature),
        ])
        mode, signature, payload = build()
        if mode == "serving":
            try:
                json.dumps(payload, allow_nan=False)
            except ValueError:
                # What is no JSON is told as text.
                mode, payload = "raw", {"raw": json.dumps(payload)}
        return {"id": f"{category}-{self.at}", "category": category, "mode": mode,
                "signature": signature, "payload": payload}

    def body(self, body, params_schema=None):
        if params_schema is not None or self.chance(4):
            if self.chance(90):
                body["params"] = self.params(params_schema)
        if self.chance(3):
            body[self.one(["foo", "Inputs", "inputs", "params", "instances"])] = self.odd()
        return body

    def case_columns(self):
        columns = self.columns(0, most=4)
        return "serving", part(columns), self.body(self.form(columns))

    def case_nested(self):
        columns = self.columns(3)
        return "serving", part(columns), self.body(self.form(columns))

    def case_unnamed(self):
        columns = [self.type_of(1) for _ in range(self.one([1, 1, 2, 3]))]
        return "serving", part(columns), self.body(self.unnamed(columns))

    def case_tensors(self):
        if self.chance(50):
            specs = [self.tensor_spec()]
        else:
            names = self.some(["p", "q", "x"], 1 + self.below(2))
            specs = [self.tensor_spec(name) for name in names]
        return "serving", part(specs), self.body(self.tensor_body(specs))

    def case_params(self):
        schema = self.params_schema()
        columns = [{"type": "long", "name": "a"}]
        body = self.body({"inputs": [{"a": 1}]}, schema)
        return "serving", part(columns, schema), body

    def case_raw(self):
        columns = self.columns(1)
        text = json.dumps(self.body(self.form(columns)), ensure_ascii=self.chance(50))
        # What UTF-8 cannot carry stays an escape.
        text = text.encode("utf-8", "backslashreplace").decode()
        return "raw", part(columns), {"raw": self.damaged(text)}

    def case_unified(self):
        message = {"type": "object", "properties": {"role": {"type": "string"},
                                                    "content": {"type": "string"}}}
        columns = self.one([
            [{"type": "array", "items": message, "name": "messages", "required": True}],
            [{"type": "string", "name": "prompt"}], [{"type": "string", "name": "input"}],
            self.columns(2),
        ])
        schema = self.params_schema() if self.chance(40) else None
        body = {column["name"]: self.value(column, 20) for column in columns}
        if not set(body) & {"messages", "prompt", "input"}:
            body[self.one(["messages", "prompt", "input"])] = self.odd()
        for spec in schema or []:
            if self.chance(50):
                body[spec["name"]] = self.value(spec, 20) if spec["type"] != "object" else {"p": 1}
        if self.chance(15):
            body["extra"] = self.odd()
        return "serving", part(columns, schema), body

    def case_frame(self):
        if self.chance(12):
            specs = [self.tensor_spec(name) for name in self.some(["p", "q"], 1 + self.below(2))]
            return "frame", part(specs), self.frame(specs)
        columns = self.columns(self.one([0, 0, 1, 2]))
        return "frame", part(columns), self.frame(columns)

    def case_typed_tensor(self):
        if self.chance(50):
            spec = self.tensor_spec()
            return "tensor", part([spec]), {"tensor": self.typed_tensor(spec)}
        specs = [self.tensor_spec(name) for name in self.some(["p", "q"], 1 + self.below(2))]
        tensors = {spec["name"]: self.typed_tensor(spec) for spec in specs if not self.chance(5)}
        return "tensor", part(specs), {"tensors": tensors}

    def case_native(self):
        columns = self.columns(self.one([0, 1, 2]))
        if self.chance(20):
            columns = [self.type_of(1) for _ in range(self.one([1, 1, 2]))]
        return "native", part(columns), self.native(columns)

    def case_signature(self):
        inputs = self.one([self.columns(2), [self.type_of(1)], [self.tensor_spec("p")],
                           [self.tensor_spec()]])
        schema = self.params_schema() if self.chance(50) else None
        return "signature", self.broken(part(inputs, schema)), None


def part(inputs, params=None):
    return {"inputs": inputs, "outputs": None, "params": params}


def retagged(value):
    """Numbers that JSON has no word for, as the notation tags them."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"$float": "NaN" if value != value else str(value).replace("inf", "Infinity")}
    if isinstance(value, list):
        return [retagged(item) for item in value]
    if isinstance(value, dict):
        return {key: retagged(item) for key, item in value.items()}
    return value
