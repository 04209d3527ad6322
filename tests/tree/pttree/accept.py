# SPDX-License-Identifier: LGPL-2.1-or-later
"""--accept: what was found becomes what is expected, in the text of the case, or of a sentence."""

import collections
import difflib
import os
import re
import sys

from .program import without_words
from .sentences import PLACE, sentences
from .toml_edit import set_value


def settle(runner, results):
    """Accepts what can be: of a sentence that reads otherwise wherever it is used the new words, else
    new text in the case that has it. Returns the results after that."""
    failed = {name for name, result in results.items() if result.changes}
    if not failed:
        return results
    if any(candidates(results[name].pairs) for name in failed):
        cases = [name for name, test in runner.tests.items() if hasattr(test, "path")]
        results |= runner.run([name for name in cases if name not in results], True, True)
        results |= accept_sentences(runner, results, cases)
    changed = [name for name, result in results.items() if result.changes]
    for name in changed:
        put(runner.tests[name].path, results[name].changes)
        runner.tests[name].read()
    failed = [name for name, result in results.items() if result.status == "failed"]
    return results | (runner.run(failed) if failed else {})


def accept_sentences(runner, results, cases):
    """Tries the new words of each sentence; they hold if they mend cases and break none."""
    tried = set()
    while True:
        pairs = [pair for name in cases for pair in results[name].pairs]
        counts = collections.Counter(found for pair in pairs for found in candidates([pair]))
        new = next((found for found, _ in counts.most_common() if found not in tried), None)
        if new is None:
            return {name: results[name] for name in cases}
        tried.add(new)
        name, words = new
        file = sentences().file_of[name]
        with open(file, encoding="utf-8") as stream:
            before = stream.read()
        write(file, set_value(before, (name,), words))
        sentences.cache_clear()
        again = runner.run(cases, True, True)
        if weight(again) < weight(results) and not any(
                again[case].status == "failed" and results[case].status == "passed"
                for case in cases):
            show_difference(file, before, set_value(before, (name,), words))
            results = results | again
        else:
            write(file, before)
            sentences.cache_clear()


def weight(results):
    """How much there is that differs."""
    return sum(len(result.pairs) for result in results.values())


def candidates(pairs):
    """(name, new sentence) of each sentence whose new words alone would explain a pair."""
    found = set()
    for raw, text in pairs:
        references = sentences().references(raw)
        for name in {reference[1] for reference in references}:
            new = new_sentence(name, references, raw, without_words(text))
            if new is not None and new != sentences().by_name[name]:
                found.add((name, new))
    return found


def new_sentence(name, references, raw, text):
    pattern = ""
    at = 0
    own = [reference for reference in references if reference[1] == name]
    for reference in own:
        pattern += re.escape(sentences().expand(raw[at:reference.start()])) + "(.+?)"
        at = reference.end()
    match = re.fullmatch(pattern + re.escape(sentences().expand(raw[at:])), text)
    new = set()
    for reference, words in zip(own, match.groups() if match else ()):
        old = sentences().by_name[name]
        number = max(map(int, PLACE.findall(old)), default=0)
        for place, word in enumerate(sentences().expand(reference[2] or "").split(" ", max(number - 1, 0)), 1):
            if f"{{{place}}}" in old:
                spots = re.findall(rf"(?<![\w.:]){re.escape(word)}(?![\w:])", words)
                if len(spots) != old.count(f"{{{place}}}"):
                    return None
                words = re.sub(rf"(?<![\w.:]){re.escape(word)}(?![\w:])", f"{{{place}}}", words)
        new.add(words)
    return new.pop() if len(new) == 1 else None


def put(path, values):
    with open(path, encoding="utf-8") as stream:
        text = before = stream.read()
    for place, value in values.items():
        text = set_value(text, place, value)
    show_difference(path, before, text)
    write(path, text)


def write(path, text):
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)


def show_difference(path, before, after):
    name = os.path.relpath(path)
    sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True),
                                               name, f"{name} (accepted)", n=1))
    sys.stdout.flush()
