# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds what is found against what a case expects, and notes what it would have to expect instead."""

import difflib

from .program import crashes, without_words
from .sentences import sentences

COLUMNS = 80


def same(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what}:\n  found  {show(found)}\n  wanted {show(wanted)}")


def show(value):
    if isinstance(value, list):
        return "".join(f"\n    {line}" for line in value) or "nothing"
    return repr(value)


class Judge:
    """`accepts` is whether what is found may be noted, where the case expects something else. It is
    in `changes` then, {path of the value in the case: what it would have to be}, and in `pairs` are
    the expected texts with what is found in their place."""

    def __init__(self, accepts=False):
        self.accepts = accepts
        self.changes = {}
        self.pairs = []
        self.first = None  # what differs first

    def note(self, what, found, wanted, path, value):
        """Remembers another value; AssertionError where that may not be."""
        try:
            same(what, found, wanted)
        except AssertionError as error:
            if not self.accepts or crashes:
                raise
            self.first = self.first or error
            self.changes[path] = value

    def value(self, what, found, data, key, default, path=()):
        """A value that the case has under this key, or not."""
        if isinstance(data.get(key), str) and isinstance(found, str):
            self.note(what, found, sentences().expand(data[key]), (*path, key),
                      sentences().contract(found))
        elif key in data and type(found) is type(data[key]):
            self.note(what, found, data[key], (*path, key), found)
        else:
            same(what, found, data.get(key, default))

    def lines(self, what, program, found, data, key, path=()):
        """Lines, of which the case has the text under this key, or none."""
        if key not in data:
            same(what, found, [])
            return
        raw = data[key].splitlines()
        wanted = program.words(data[key]).splitlines()
        if found == wanted:
            return
        new = []
        blocks = difflib.SequenceMatcher(None, wanted, found, autojunk=False).get_opcodes()
        for kind, begin, end, first, last in blocks:
            if kind == "equal":
                new += raw[begin:end]
            else:
                new += [contracted(line) for line in found[first:last]]
            if kind == "replace" and end - begin == last - first:
                self.pairs += zip(raw[begin:end], found[first:last])
        self.note(what, found, wanted, (*path, key), joined(new, data[key]))


def unbroken_like(raw, text):
    """The text with each paragraph in one line, if `raw` names sentences, which have any length."""
    return unbroken(text) if sentences().references(raw) else text


def unbroken(text):
    """The text without the line breaks that are there because a word would not fit any more. A row of
    a table goes on in lines that begin with spaces only."""
    lines = []
    last = ""
    for line in text.splitlines():
        word = (line.split() or [""])[0]
        may_go_on = line.startswith(" ") or not ("  " in last.strip() or line.startswith(("+", "-")))
        if word and may_go_on and len(last) <= COLUMNS < len(last) + 1 + len(word):
            lines[-1] += " " + line.lstrip()
        else:
            lines.append(line)
        last = line
    return "".join(line + "\n" for line in lines)


def contracted(text):
    return sentences().contract(without_words(text))


def joined(lines, old):
    """Lines as a text that ends as the old one does."""
    end = "\n" if old.endswith("\n") or len(lines) > 1 else ""
    return "\n".join(lines) + (end if lines else "")
