// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hook/options.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace {

using namespace pt;

// Options point into their arguments, which live as long as this.
struct Parsed {
    explicit Parsed(std::vector<std::string> words) : arguments(std::move(words)) {
        for (std::string& word : arguments) pointers.push_back(word.data());
        options = parse_options(pointers);
    }
    std::vector<std::string> arguments;
    std::vector<char*> pointers;
    Options options;
};

TEST_CASE("without arguments the program acts on the running system", "[options]") {
    const Options options = Parsed({}).options;
    CHECK_FALSE(options.dry_run);
    CHECK_FALSE(options.json);
    CHECK(options.root == std::string("/"));
    CHECK(options.cmdline == nullptr);
    CHECK(options.deadline_ms == 15000);
    CHECK(options.error.empty());
}

TEST_CASE("values follow their option, or stand behind '='", "[options]") {
    const Parsed a({"--root", "/x", "--cmdline", "a b", "--deadline", "3", "--json"});
    CHECK(a.options.root == std::string("/x"));
    CHECK(a.options.cmdline == std::string("a b"));
    CHECK(a.options.deadline_ms == 3000);
    CHECK(a.options.json);
    const Parsed b({"--dry-run", "--cmdline=pt.ids=1:2", "--deadline=3600", "--root="});
    CHECK(b.options.dry_run);
    CHECK(b.options.cmdline == std::string("pt.ids=1:2"));
    CHECK(b.options.deadline_ms == 3600000);
    CHECK(b.options.root == std::string());
    const Parsed c({"--cmdline", "--json"});
    CHECK(c.options.cmdline == std::string("--json"));
    CHECK_FALSE(c.options.json);
    CHECK(c.options.error.empty());
}

TEST_CASE("wrong arguments are named", "[options]") {
    struct Row {
        std::vector<std::string> arguments;
        std::string_view error;
    };
    const Row rows[] = {
        {{"--dry"}, "unknown option '--dry'"},
        {{"-x"}, "unknown option '-x'"},
        {{"--"}, "unknown option '--'"},
        {{"--rooty=/"}, "unknown option '--rooty'"},
        {{"pt.ids=1:2"}, "unexpected argument 'pt.ids=1:2'"},
        {{""}, "unexpected argument ''"},
        {{"--root"}, "no value behind '--root'"},
        {{"--dry-run=yes"}, "no value goes with '--dry-run'"},
        {{"--deadline", "0"}, "--deadline takes whole seconds from 1 to 3600, not '0'"},
        {{"--deadline", "3601"}, "--deadline takes whole seconds from 1 to 3600, not '3601'"},
        {{"--deadline", "1.5"}, "--deadline takes whole seconds from 1 to 3600, not '1.5'"},
        {{"--deadline", "-1"}, "--deadline takes whole seconds from 1 to 3600, not '-1'"},
        {{"--deadline="}, "--deadline takes whole seconds from 1 to 3600, not ''"},
        {{"--deadline", "99999999999"},
         "--deadline takes whole seconds from 1 to 3600, not '99999999999'"},
        {{"--dry", "--wet"}, "unknown option '--dry'"},
        {{"\x1b[2J"}, "unexpected argument '\\x1b[2J'"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.error);
        CHECK(Parsed(row.arguments).options.error == row.error);
    }
}

TEST_CASE("the help names every option that is understood", "[options]") {
    for (const std::string option :
         {"--dry-run", "--json", "--help", "--version", "--root", "--cmdline", "--deadline"}) {
        CAPTURE(option);
        CHECK(kUsage.find("  " + option + " ") != std::string_view::npos);
        CHECK(Parsed({option, "5"}).options.error.find("unknown") == std::string::npos);
    }
}

}  // namespace
