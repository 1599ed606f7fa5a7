#include "runtime/plugin/elf.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "stoa/build_facts.hpp"

using namespace stoa::runtime;
using Catch::Matchers::Contains;

namespace {

std::string sample(const std::string& variant) {
  std::ifstream in(STOA_SAMPLE_DIR "/libstoa_sample_" + variant + ".so", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("the facts of a library stand in its file, as its own compiler saw them", "[plugin][elf]") {
  const auto good = sample("good");
  REQUIRE(elf_trouble(good) == "");
  CHECK(facts_that_differ(STOA_BUILD_FACTS, elf_section(good, ".stoa_facts")) == "");
  const auto debug = sample("debug");
  REQUIRE(elf_trouble(debug) == "");
  CHECK(facts_that_differ(STOA_BUILD_FACTS, elf_section(debug, ".stoa_facts")) ==
        "_GLIBCXX_ASSERTIONS: off, found on; _GLIBCXX_DEBUG: off, found on");
  CHECK(elf_section(sample("no_entry"), ".stoa_facts").empty());
}

TEST_CASE("facts that are missing or other are named, all of them", "[plugin][elf]") {
  CHECK(facts_that_differ("a: 1\nb: 2\n", "b: 2\na: 1\n") == "");
  CHECK(facts_that_differ("a: 1\nb: 2\n", "a: 3\n") == "a: 1, found 3; b: 2, found nothing");
  CHECK(facts_that_differ("a: 1\n", "") == "a: 1, found nothing");
}

TEST_CASE("bytes that are no library of this machine are told apart", "[plugin][elf]") {
  auto good = sample("good");
  CHECK_THAT(elf_trouble(""), Contains("found none"));
  CHECK_THAT(elf_trouble("#!/bin/sh\nexit 0\n"), Contains("expected a shared library (ELF), found none"));
  for (std::size_t size = 4; size < good.size(); size += good.size() / 97)
    CHECK_THAT(elf_trouble(std::string_view(good).substr(0, size)), Contains("expected "));
  auto foreign = good;
  foreign[18] = 8;  // MIPS
  CHECK_THAT(elf_trouble(foreign), Contains("for this machine"));
  good[16] = 2;  // a program
  CHECK_THAT(elf_trouble(good), Contains("another kind of ELF file"));
}
