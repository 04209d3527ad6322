# SPDX-License-Identifier: LGPL-2.1-or-later
"""The sentences of the programs that many cases expect, each of which stands in one place only.

Files named sentences.toml give them names. An expected text has "{bind vfio-pci}" for the sentence
`bind = "bind to {1}"`: the words behind the name take the places of {1}, {2} and so on, and the last
one takes all that is left. Such a text is compared whole, as any other.
"""

import functools
import os
import re
import tomllib

TESTS = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
files = [os.path.join(TESTS, part, "sentences.toml") for part in ("tree", "ctl")]
LETTER = r"(?:[^{}\n]|\{[A-Za-z-]+\})"  # of a word; {EIO} is one, and {no-sense}
SOLID = r"[^\s{}]"
REFERENCE = re.compile(r"\{([a-z][a-z-]*)(?: (" + LETTER + r"*))?\}")
PLACE = re.compile(r"\{(\d)\}")


@functools.cache
def sentences():
    return Sentences()


class Sentences:
    def __init__(self):
        self.by_name = {}
        self.file_of = {}
        for file in files:
            with open(file, "rb") as stream:
                for name, sentence in tomllib.load(stream).items():
                    if name in self.by_name:
                        raise ValueError(f"two sentences are called {name}")
                    self.by_name[name] = sentence
                    self.file_of[name] = file

    def references(self, text):
        """The matches of REFERENCE that name a sentence."""
        return [match for match in REFERENCE.finditer(text) if match[1] in self.by_name]

    def fill(self, name, rest, sentence=None):
        sentence = self.by_name[name] if sentence is None else sentence
        number = max(map(int, PLACE.findall(sentence)), default=0)
        words = self.expand(rest).split(" ", max(number - 1, 0)) if rest else []
        if len(words) != number:
            raise ValueError(f"{{{name} {rest}}}: the sentence has {number} places")
        return PLACE.sub(lambda place: words[int(place[1]) - 1], sentence)

    def expand(self, text):
        for match in reversed(self.references(text)):
            text = text[:match.start()] + self.fill(match[1], match[2]) + text[match.end():]
        return text

    def contract(self, text):
        """The text with names for the sentences that are in it, however their lines are broken.
        Of what it gives `expand` makes the text again, but for the breaks."""
        longest_first = sorted(self.by_name.items(), key=lambda item: -len(item[1]))
        for name, sentence in longest_first:
            def refer(match, name=name, sentence=sentence):
                groups = [match[f"p{place}"] for place in sorted(set(PLACE.findall(sentence)))]
                found = " ".join([name, *groups])
                if REFERENCE.fullmatch("{" + found + "}") is None or \
                        self.fill(name, " ".join(groups)) != re.sub(r"\n\s*", " ", match[0]):
                    return match[0]
                return "{" + found + "}"
            text = re.sub(pattern_of(sentence), refer, text)
        return text


def pattern_of(sentence):
    """A regular expression that finds a sentence, with a group for each of its places in order."""
    number = max(map(int, PLACE.findall(sentence)), default=0)
    seen = {}
    pattern = ""
    parts = PLACE.split(sentence)
    for index, part in enumerate(parts):
        if index % 2 == 0:
            pattern += r"\s+".join(map(re.escape, part.split(" ")))
        elif part in seen:
            pattern += f"(?P=p{part})"
        else:
            seen[part] = True
            if parts[index + 1] == "":
                pattern += f"(?P<p{part}>[^\\s{{}},;]+)"
            else:
                pattern += f"(?P<p{part}>{LETTER if int(part) == number else SOLID}+?)"
    return pattern
