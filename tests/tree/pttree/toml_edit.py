# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes single values of a TOML file and leaves all else as it is: comments, order and quotes."""

import re
import tomllib

BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
KEY = re.compile(r"""[ \t]*("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*""")
SCALAR = re.compile(r'''"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|'''
                    r"[^\s,\[\]{}#]+", re.DOTALL)


class Places:
    """Where the values of a text stand: {("run", 0, "out"): (begin, end)}."""

    def __init__(self, text):
        self.text = text
        self.at = 0
        self.found = {}
        table = ()
        numbers = {}
        while True:
            self.skip(BLANK)
            if self.at == len(text):
                return
            if text.startswith("[[", self.at):
                self.at += 2
                table = self.resolve(self.key(), numbers)
                numbers[table] = numbers.get(table, -1) + 1
                table += (numbers[table],)
                self.take("]]")
            elif text[self.at] == "[":
                self.at += 1
                table = self.resolve(self.key(), numbers)
                self.take("]")
            else:
                path = table + self.key()
                self.take("=")
                self.value(path)

    @staticmethod
    def resolve(key, numbers):
        """The name of a table, with the numbers of the arrays that it goes through."""
        path = ()
        for index, part in enumerate(key):
            path += (part,)
            if path in numbers and index + 1 < len(key):
                path += (numbers[path],)
        return path

    def skip(self, pattern):
        self.at = pattern.match(self.text, self.at).end()

    def take(self, word):
        if not self.text.startswith(word, self.at):
            raise ValueError(f"no {word} at {self.text[self.at:self.at + 20]!r}")
        self.at += len(word)

    def key(self):
        parts = ()
        while True:
            match = KEY.match(self.text, self.at)
            self.at = match.end()
            parts += tuple(tomllib.loads(f"{match[1]} = 0"))
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def value(self, path):
        self.skip(BLANK)
        first = self.text[self.at]
        if first not in "[{":
            match = SCALAR.match(self.text, self.at)
            self.found[path] = match.span()
            self.at = match.end()
            return
        self.at += 1
        number = 0
        while True:
            self.skip(BLANK)
            if self.text[self.at] in "]}":
                self.at += 1
                return
            if first == "[":
                self.value(path + (number,))
                number += 1
            else:
                key = self.key()
                self.take("=")
                self.value(path + key)
            self.skip(BLANK)
            if self.text[self.at] == ",":
                self.at += 1


def set_value(text, path, value):
    """The text with another value at this path, written in quotes of the kind that stand there."""
    begin, end = Places(text).found[tuple(path)]
    new = text[:begin] + written(value, text[begin:end]) + text[end:]
    found = tomllib.loads(new)
    for part in path:
        found = found[part]
    if found != value:
        raise ValueError(f"{path}: {value!r} cannot be written in place of {text[begin:end]}")
    return new


def written(value, old):
    if not isinstance(value, str):
        return str(value).lower()
    is_literal = old.startswith("'")
    if is_literal and (re.search(r"[\x00-\x08\x0b-\x1f\x7f]", value) or "'''" in value or
                       value.endswith("'") or "'" in value and "\n" not in value):
        is_literal = False
    if "\n" in value:
        quotes = "'''" if is_literal else '"""'
        return f"{quotes}\n{value if is_literal else escaped(value)}{quotes}"
    quote = "'" if is_literal else '"'
    return quote + (value if is_literal else escaped(value).replace('"', '\\"')) + quote


def escaped(text):
    text = text.replace("\\", "\\\\").replace('"""', '""\\"')
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", lambda match: f"\\u{ord(match[0]):04x}", text)
