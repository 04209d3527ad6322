#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""schema_test.py SCHEMA PROGRAM

Holds what PROGRAM prints, a report in each line, against the schema. The schema must also be strict:
it describes each member, it refuses each report with one member more or less, and each of its
members and of its enumerated values occurs in some report.
"""

import copy
import json
import subprocess
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    sys.exit("Python's jsonschema is missing (Debian: python3-jsonschema): run scripts/setup unit")


def objects_of(value, path=()):
    """All objects within a JSON value, with the keys that lead to each."""
    if isinstance(value, dict):
        yield path
        for key, member in value.items():
            yield from objects_of(member, (*path, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from objects_of(member, (*path, index))


def at(value, path):
    for key in path:
        value = value[key]
    return value


class Test:
    def __init__(self, schema):
        self.schema = schema
        self.validator = Draft202012Validator(schema)
        self.problems = []
        # (name of the object's schema, member) to the values that were seen
        self.seen = {}

    def check(self, good, message):
        if not good:
            self.problems.append(message)

    def resolve(self, schema):
        """A schema and the name by which problems call it."""
        for alternative in schema.get("oneOf", []):
            if "$ref" in alternative:
                schema = alternative
        if "$ref" not in schema:
            return schema, None
        name = schema["$ref"].removeprefix("#/$defs/")
        return self.schema["$defs"][name], name

    def note(self, schema, value, name):
        """Remembers which members and values of the schema occur."""
        schema, reference = self.resolve(schema)
        name = reference or name
        if isinstance(value, list):
            for item in value:
                self.note(schema["items"], item, f"{name} item")
        elif isinstance(value, dict):
            for key, member in value.items():
                self.note(schema["properties"][key], member, f"{name}.{key}")
        self.seen.setdefault(name, set()).add(json.dumps(value))

    def expect_seen(self, schema, name):
        schema, reference = self.resolve(schema)
        name = reference or name
        seen = self.seen.get(name, set())
        self.check(seen, f"no report has {name}")
        for value in schema.get("enum", []):
            self.check(json.dumps(value) in seen, f"no report has {name} = {value}")
        if schema.get("type") == "boolean":
            self.check(len(seen) == 2, f"{name} is always the same")
        types = schema.get("type", [])
        if "null" in types and isinstance(types, list):
            self.check("null" in seen and len(seen) > 1, f"{name} is always, or never, null")
        if "items" in schema:
            self.expect_seen(schema["items"], f"{name} item")
        for key, member in schema.get("properties", {}).items():
            self.check("description" in self.resolve(member)[0], f"{name}.{key} is not described")
            self.expect_seen(member, f"{name}.{key}")
        if schema.get("type") == "object":
            self.check(schema.get("additionalProperties") is False, f"{name} is open")

    def check_report(self, number, report):
        for error in self.validator.iter_errors(report):
            where = "/".join(str(key) for key in error.absolute_path)
            self.problems.append(f"report {number}: {where}: {error.message[:300]}")
        if not self.problems:
            self.note(self.schema, report, "report")

    def check_strictness(self, report):
        """No member may be added, left out or replaced by a value of another kind."""
        count = 0
        for path in objects_of(report):
            for key in [None, *at(report, path)]:
                changed = copy.deepcopy(report)
                target = at(changed, path)
                if key is None:
                    target["surprise"] = 1
                else:
                    del target[key]
                good = self.validator.is_valid(changed)
                # without any steps the report is like one of a dry run
                if path == () and key == "steps":
                    continue
                what = "one member more" if key is None else f"no {key}"
                self.check(not good, f"valid with {what} in /{'/'.join(map(str, path))}")
                count += 1
                if key is None:
                    continue
                target[key] = 1.5
                self.check(not self.validator.is_valid(changed), f"valid with {key} = 1.5")
                count += 1
        return count


def main():
    schema_path, program = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    output = subprocess.run([program], check=True, capture_output=True).stdout
    reports = [json.loads(line) for line in output.decode("ascii").splitlines()]
    test = Test(schema)
    test.check(reports, "there are no reports")
    for number, report in enumerate(reports, 1):
        test.check_report(number, report)
    changes = 0
    if not test.problems:
        test.expect_seen(schema, "report")
        changes = sum(test.check_strictness(report) for report in reports)
    for problem in test.problems:
        print(problem)
    print(f"{len(reports)} reports, {changes} changed ones, {len(test.problems)} problems")
    return 1 if test.problems else 0


if __name__ == "__main__":
    sys.exit(main())
