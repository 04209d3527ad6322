# SPDX-License-Identifier: LGPL-2.1-or-later
"""What --help, the manual page and the completions say of commands and options is the same."""

import json
import os
import re
import shutil
import subprocess

from pttree.cases import same
from pttree.runner import TOP
from pttree.program import Skip

from .cases import DOCS, Case, case_names

EVERYWHERE = {"--root", "--json", "--help"}
MANUAL = os.path.join(TOP, "man/ptctl.8")
COMPLETIONS = os.path.join(TOP, "completions")


def by_help(programs):
    """{command: its own options}, and under "" those of the program."""
    def options(*command):
        text = programs.ctl.run(*command, "--help").out
        return set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", text, re.MULTILINE)), text

    of_program, text = options()
    commands = re.findall(r"^  ([a-z]+) +[A-Z]", text.partition("Subcommands:")[2], re.MULTILINE)
    if len(commands) < 4:
        raise AssertionError(f"--help names few commands: {commands}")
    return {"": of_program} | {command: options(command)[0] - {"--help"} for command in commands}


def by_manual():
    with open(MANUAL, encoding="ascii") as file:
        text = file.read().replace("\\-", "-")
    def options(section):
        """What a paragraph with a tag defines, not what a sentence mentions."""
        tags = re.findall(r"^\.TP\n(.*)", section, re.MULTILINE)
        return {option for tag in tags for option in re.findall(r"--[a-z-]+", tag)}

    commands = re.split(r"^\.SS ptctl ", text.partition(".SH COMMANDS\n")[2].partition("\n.SH ")[0],
                        flags=re.MULTILINE)
    found = {section.split("\n", 1)[0]: options(section) for section in commands[1:]}
    general = text.partition("\n.SH OPTIONS\n")[2].partition("\n.SH ")[0]
    return {"": options(general)} | found


def check_help_and_manual_agree(programs):
    """The manual page has each command and each option of --help, and no other."""
    same("commands and options of the manual page", by_manual(), by_help(programs))


def check_help_fits_into_80_columns(programs):
    """No line of --help, of the program or of a command, is wider than 80 columns."""
    for command in by_help(programs):
        run = programs.ctl.run(*command.split(), "--help")
        same(f"{command}: exit code", run.code, 0)
        same(f"{command}: lines that are too wide",
             [line for line in run.out.splitlines() if len(line) > 80], [])


def check_manual_begins_with_each_command(programs):
    """The synopsis of the manual page has each command with its options."""
    with open(MANUAL, encoding="ascii") as file:
        synopsis = file.read().replace("\\-", "-").partition(".SH SYNOPSIS")[2].partition(".SH ")[0]
    for command, options in by_help(programs).items():
        if command:
            same(f"{command} is there", f".B ptctl {command}\n" in synopsis, True)
        for option in options:
            same(f"{option} of '{command}' is there", option in synopsis, True)


def objects_of(schema, path="document"):
    """All parts of a schema that describe an object, each with its place."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield path, schema
        for key, part in schema.items():
            yield from objects_of(part, f"{path}/{key}")
    elif isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from objects_of(part, f"{path}/{index}")


def check_each_command_has_a_schema(programs):
    """Each command has a schema of its document, which tests hold it against: no member is optional
    or without a description, and none that is not described is let through."""
    commands = by_help(programs).keys() - {""}
    schemas = {name.removeprefix("ptctl-").removesuffix(".schema.json"): name
               for name in os.listdir(DOCS) if name.startswith("ptctl-")}
    same("commands with a schema", set(schemas), commands)
    held = {run["args"].split()[0] for name in case_names() for run in Case(name).data["run"]
            if not run.get("no_json")}
    same("commands without a test of their schema", commands - held - {"capture"}, set())
    for name in schemas.values():
        with open(os.path.join(DOCS, name), encoding="utf-8") as file:
            schema = json.load(file)
        same(f"{name}: has the version", "version" in schema["required"], True)
        for path, part in objects_of(schema):
            members = part.get("properties", {})
            same(f"{name}: {path}: is closed", part.get("additionalProperties"), False)
            same(f"{name}: {path}: members that may be left out",
                 members.keys() - part.get("required", []), set())
            same(f"{name}: {path}: members that are not described",
                 [key for key, member in members.items() if "description" not in member], [])


def complete(line):
    """What bash offers for a line that ends where the cursor is."""
    script = ('source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; COMP_WORDBREAKS=$\' \\t\\n"\\047><=;|&(:\';'
              ' _ptctl; printf "%s\\n" "${COMPREPLY[@]}"')
    result = subprocess.run(["bash", "-c", script, "bash", f"{COMPLETIONS}/ptctl.bash", line],
                            check=False, capture_output=True, text=True)
    same(f"errors at '{line}'", result.stderr, "")
    return set(result.stdout.split())


def check_completion_of_bash(programs):
    """bash offers each command and each option of --help, and no other."""
    for command, options in by_help(programs).items():
        line = f"ptctl {command} " if command else "ptctl "
        same(f"options at '{line}-'", complete(line + "-"), options | EVERYWHERE)
    same("commands", complete("ptctl "), by_help(programs).keys() - {""})
    same("commands behind options", complete("ptctl --json --root /x "),
         by_help(programs).keys() - {""})
    same("the value of a word", complete("ptctl plan pt.gpus=s"), {"secondary"})
    same("words", complete("ptctl plan pt.wi"), {"pt.with="})


def check_completion_of_zsh(programs):
    """zsh offers each command and each option of --help, and no other."""
    with open(f"{COMPLETIONS}/_ptctl", encoding="ascii") as file:
        text = file.read()
    own = set(re.findall(r"--[a-z-]+", text.partition("options=(")[2].partition("\n    )")[0]))
    same("options everywhere", own, EVERYWHERE)
    found = {"": own | set(re.findall(r"'(--[a-z-]+)\[", text.partition("_arguments -C")[2]
                                      .partition("*::")[0]))}
    for command, rest in re.findall(r"^        ([a-z]+)\) _arguments \$options(.*?);;", text,
                                    re.MULTILINE | re.DOTALL):
        found[command] = set(re.findall(r"--[a-z-]+", rest))
    same("commands and options", found, by_help(programs))
    same("described commands", set(re.findall(r"^        '([a-z]+):", text, re.MULTILINE)),
         found.keys() - {""})
    parse_by("zsh", "_ptctl")


def check_completion_of_fish(programs):
    """fish offers each command and each option of --help, and no other."""
    with open(f"{COMPLETIONS}/ptctl.fish", encoding="ascii") as file:
        text = file.read()
    found = {"": EVERYWHERE | {"--version"}}
    same("options everywhere", set(re.findall(r"^complete -c ptctl (?:-s h )?(?:-n \$none )?-l (\w+)",
                                              text, re.MULTILINE)), {"root", "json", "help",
                                                                     "version"})
    for command in re.findall(r"-n \$none -a ([a-z]+)", text):
        found[command] = {f"--{option}" for option in re.findall(
            rf"seen_subcommand_from {command}' -l ([a-z-]+)", text)}
    same("commands and options", found, by_help(programs))
    same("commands that end the choice of one",
         set(re.search(r"not __fish_seen_subcommand_from (.*)'", text)[1].split()),
         found.keys() - {""})
    parse_by("fish", "ptctl.fish")


def parse_by(shell, name):
    if shutil.which(shell) is None:
        raise Skip(f"the text agrees; there is no {shell} to parse it")
    result = subprocess.run([shell, "-n", f"{COMPLETIONS}/{name}"], check=False,
                            capture_output=True, text=True)
    same(f"what {shell} -n says", result.stderr, "")


def check_manual_fits_a_terminal(_):
    """The manual pages have no errors, and no line that is wider than 80 columns."""
    if shutil.which("man") is None:
        raise Skip("there is no man")
    pages = os.path.join(TOP, "man")
    for name in sorted(os.listdir(pages)):
        page = subprocess.run(["man", "--warnings", "--local-file", os.path.join(pages, name)],
                              check=False, capture_output=True, text=True,
                              env=os.environ | {"MANWIDTH": "80", "MAN_KEEP_FORMATTING": ""})
        same(f"{name}: warnings", page.stderr, "")
        lines = [line for line in page.stdout.splitlines() if len(line) > 80]
        same(f"{name}: lines that are too wide", lines, [])
