"""Every key of the configuration with what its schema says of it, from which good and bad values are made."""

from magbayes.workflow.configuration import Configuration

SCHEMA = Configuration.model_json_schema()


def resolved(schema):
    """A schema without references, and whether null is accepted beside it."""
    if reference := schema.get("$ref"):
        return resolved(SCHEMA["$defs"][reference.rpartition("/")[2]])
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if not choices:
        return schema, False
    others = [choice for choice in choices if choice.get("type") != "null"]
    return resolved(others[0])[0], len(others) < len(choices)


def keys(schema=SCHEMA, path=()):
    """Path, schema and whether null is accepted, of every section and value."""
    for name, inner in schema["properties"].items():
        found, optional = resolved(inner)
        yield (*path, name), found, optional
        if "properties" in found:
            yield from keys(found, (*path, name))


def nested(path, value):
    """Keys within each other that a path stands for."""
    for part in reversed(path):
        value = {part: value}
    return value


def ends(schema):
    """Numbers at the ends of what a schema accepts."""
    step = 1 if schema["type"] == "integer" else None
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None and (low := schema.get("exclusiveMinimum")) is not None:
        low = low + step if step else low + 1e-300
    if high is None and (high := schema.get("exclusiveMaximum")) is not None:
        high = high - step if step else high * (1 - 1e-12)
    return [end for end in (low, high) if end is not None]


def beyond(schema):
    """Numbers just outside of what a schema accepts."""
    numbers = [schema[name] for name in ("exclusiveMinimum", "exclusiveMaximum") if name in schema]
    for name, sign in (("minimum", -1), ("maximum", 1)):
        if (end := schema.get(name)) is not None:
            numbers.append(end + sign * (1 if schema["type"] == "integer" else abs(end) * 1e-3 + 1e-12 * (end == 0)))
    return numbers
