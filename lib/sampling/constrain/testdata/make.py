"""JSON texts for JSON Schemas, and whether they are valid by the jsonschema package.

    python make.py > schemas.json      (needs jsonschema; its version is in the output)

For each schema: texts made to be valid, in the order of its properties ("made"), which the grammar must match when jsonschema
finds them valid, and damaged ones ("damaged"), of which it must match none that jsonschema finds invalid.
"""
import copy, importlib.metadata, json, random
import jsonschema

random.seed(5)
point = {"type": "object", "properties": {"x": {"type": "number", "minimum": -1.5, "exclusiveMaximum": 2}, "y": {"type": "integer", "minimum": 3, "maximum": 120}}, "required": ["x", "y"], "additionalProperties": False}
SCHEMAS = [
    {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0, "maximum": 130}, "tags": {"type": "array", "items": {"type": "string", "maxLength": 3}, "maxItems": 2}}, "required": ["name", "age"]},
    point,
    {"type": "array", "items": {"$ref": "#/$defs/point"}, "minItems": 1, "maxItems": 3, "$defs": {"point": point}},
    {"enum": ["red", "gr\u00fcn", 3, None, {"a": [1, "\"\n"]}, True]},
    {"type": "object", "properties": {"value": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}, "required": ["value", "next"], "additionalProperties": False},
    {"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"const": "x"}, "c": {"type": ["null", "string"], "minLength": 1, "maxLength": 4}}, "additionalProperties": {"type": "integer"}},
    {"type": "array", "prefixItems": [{"type": "string", "pattern": "^[a-z]{2}\"?$"}, {"type": "integer"}], "items": {"type": "boolean"}, "minItems": 2},
    {"oneOf": [{"type": "object", "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer", "exclusiveMinimum": 0}}, "required": ["kind", "lives"]}, {"type": "object", "properties": {"kind": {"const": "dog"}, "name": {"type": "string", "pattern": "o+"}}, "required": ["kind"]}]},
    {"allOf": [{"type": "object", "properties": {"a": {"type": "number", "minimum": 0}}, "required": ["a"]}, {"properties": {"a": {"maximum": 1}, "b": {"type": "string", "format": "date"}}, "required": ["b"]}]},
    {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}, "at": {"type": "string", "format": "date-time"}, "ip": {"type": "string", "format": "ipv4"}}, "required": ["id"]},
    True,
    {"type": "object"},
    {"type": "number", "exclusiveMinimum": 0.25, "maximum": 0.75},
]
NUMBERS = [0, 1, -1, 2, 3, 42, 120, 121, 0.5, -1.5, 1.75, 0.25, 0.75, 0.1, 2.0, 130, 131, 999, -7, 1e5, 12.25]
STRINGS = ["", "a", "ab", "abc", "abcd", "foo", "cat", "dog", "x", "gr\u00fcn", "\u20ac\U0001f600", "q\"", "ab\"", "line\nbreak", "\\", "2024-02-28", "2024-02-31", "2024-13-01", "2021-12-31", "2021-12-31T23:59:59Z", "10.0.0.255", "10.0.0.256", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "xoo"]

def anything(depth):
    k = random.randrange(7 if depth > 0 else 5)
    if k == 0: return random.choice(NUMBERS)
    if k == 1: return random.choice(STRINGS)
    if k == 2: return random.choice([True, False, None])
    if k in (3, 4): return random.choice(NUMBERS + STRINGS)
    if k == 5: return [anything(depth - 1) for _ in range(random.randrange(4))]
    return {random.choice(STRINGS): anything(depth - 1) for _ in range(random.randrange(4))}

def make(s, root, depth=3):
    if s is True or s == {}: return anything(depth)
    if "$ref" in s: return make(root if s["$ref"] == "#" else root["$defs"][s["$ref"].split("/")[-1]], root, depth - 1)
    if "allOf" in s:
        out = {}
        for b in s["allOf"]: out.update(make({**b, "type": "object"}, root, depth))
        return out
    for k in ("anyOf", "oneOf"):
        if k in s: return make(random.choice(s[k]) if depth > 0 else s[k][-1], root, depth)
    if "enum" in s: return random.choice(s["enum"])
    if "const" in s: return s["const"]
    t = s.get("type", "number" if "maximum" in s else "object")
    t = random.choice(t) if isinstance(t, list) else t
    if t == "object":
        if "properties" not in s: return {random.choice(STRINGS): anything(depth) for _ in range(random.randrange(3))}
        out = {k: make(v, root, depth) for k, v in s["properties"].items() if k in s.get("required", []) or random.random() < 0.6}
        if isinstance(s.get("additionalProperties"), dict):
            for k in random.sample(["ab", "d", "\u00e9", "", "aa"], random.randrange(3)): out[k] = make(s["additionalProperties"], root, depth)
        return out
    if t == "array":
        p = s.get("prefixItems", [])
        n = random.randint(s.get("minItems", 0), s.get("maxItems", len(p) + 2))
        return [make(p[i] if i < len(p) else s.get("items", True), root, depth) for i in range(n)]
    if t == "integer": return random.choice([x for x in NUMBERS if isinstance(x, int)])
    if t == "number": return random.choice(NUMBERS)
    if t == "boolean": return random.random() < 0.5
    if t == "null": return None
    return random.choice(STRINGS)

def damage(v):
    v = copy.deepcopy(v)
    for _ in range(random.randint(1, 2)):
        if isinstance(v, dict) and v and random.random() < 0.7:
            k = random.choice(list(v))
            r = random.random()
            if r < 0.3: del v[k]
            elif r < 0.7: v[k] = damage(v[k])
            else: v[random.choice(STRINGS)] = anything(1)
        elif isinstance(v, list) and v and random.random() < 0.7:
            i = random.randrange(len(v))
            r = random.random()
            if r < 0.3: v.pop(i)
            elif r < 0.7: v[i] = damage(v[i])
            else: v.append(anything(1))
        else:
            v = anything(1)
    return v

out = {"jsonschema": importlib.metadata.version("jsonschema"), "seed": 5, "cases": []}
for s in SCHEMAS:
    check = jsonschema.Draft202012Validator(s, format_checker=jsonschema.FormatChecker())
    case = {"schema": s, "made": [], "damaged": []}
    for kind, n in (("made", 25), ("damaged", 40)):
        seen = set()
        for _ in range(n):
            v = make(s, s)
            for _ in range(200 if random.random() < 0.7 else 0):
                if check.is_valid(v): break
                v = make(s, s)
            if kind == "damaged": v = damage(v)
            text = json.dumps(v, ensure_ascii=kind == "damaged" and random.random() < 0.3, separators=random.choice([(",", ":"), (", ", ": ")]))
            if text not in seen:
                seen.add(text)
                case[kind].append([text, check.is_valid(json.loads(text))])
    out["cases"].append(case)
print(json.dumps(out))
