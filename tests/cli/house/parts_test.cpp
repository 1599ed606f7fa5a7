#include "cli/parts.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

using stoa::cli::parts;

namespace {

const auto nobody_complains = [](const std::string& part, const char* why) { FAIL(part << ": " << why); };

}  // namespace

TEST_CASE("parts start in their order and end in the reverse one", "[house]") {
  std::string seen;
  parts all;
  for (const char* name : {"a", "b", "c"})
    all.add({.name = name, .start = [&, name] { seen += name; }, .stop = [&, name] { seen += name; }});
  CHECK(all.unready() == std::vector<std::string>{"a", "b", "c"});
  all.start();
  CHECK(all.unready().empty());
  all.stop(nobody_complains);
  all.stop(nobody_complains);
  CHECK(seen == "abccba");
}

TEST_CASE("a part that starts early may end right before a later one", "[house]") {
  std::string seen;
  parts all;
  const auto add = [&](const char* name, std::string ends_before = {}) {
    all.add({.name = name,
             .start = [&, name] { seen += name; },
             .stop = [&, name] { seen += name; },
             .ends_before = std::move(ends_before)});
  };
  add("a"), add("b", "d"), add("c"), add("d"), add("e");
  CHECK(all.starting() == std::vector<std::string>{"a", "b", "c", "d", "e"});
  CHECK(all.ending() == std::vector<std::string>{"e", "b", "d", "c", "a"});
  SECTION("when all were started") {
    all.start();
    all.stop(nobody_complains);
    CHECK(seen == "abcdeebdca");
  }
  SECTION("in its own place where that one was not") {
    parts fewer;
    fewer.add({.name = "a", .start = [&] { seen += "a"; }, .stop = [&] { seen += "A"; }, .ends_before = "c"});
    fewer.add({.name = "b", .start = [&] { seen += "b"; }, .stop = [&] { seen += "B"; }});
    fewer.add({.name = "c", .start = [] { throw std::runtime_error("no"); }});
    CHECK_THROWS(fewer.start());
    CHECK(seen == "abBA");
  }
}

TEST_CASE("a part that does not start ends those before it and nothing else", "[house]") {
  std::string seen;
  parts all;
  all.add({.name = "a", .start = [&] { seen += "a"; }, .stop = [&] { seen += "A"; }});
  all.add({.name = "b", .start = [] { throw std::runtime_error("no"); }, .stop = [&] { seen += "B"; }});
  all.add({.name = "c", .start = [&] { seen += "c"; }, .stop = [&] { seen += "C"; }});
  CHECK_THROWS_WITH(all.start(), "no");
  CHECK(seen == "aA");
}

TEST_CASE("a part is unready until it is started and says so itself", "[house]") {
  bool warm = false;
  parts all;
  std::vector<std::string> while_starting;
  all.add({.name = "a", .ready = [&] { return warm; }});
  all.add({.name = "b", .start = [&] { while_starting = all.unready(); }});
  all.start();
  CHECK(while_starting == std::vector<std::string>{"a", "b"});
  CHECK(all.unready() == std::vector<std::string>{"a"});
  warm = true;
  CHECK(all.unready().empty());
}

TEST_CASE("a part that does not end well keeps no other from ending", "[house]") {
  std::string seen, complaint;
  parts all;
  all.add({.name = "a", .stop = [&] { seen += "a"; }});
  all.add({.name = "b", .stop = [] { throw std::runtime_error("stuck"); }});
  all.start();
  all.stop([&](const std::string& part, const char* why) { complaint = part + ": " + why; });
  CHECK(seen == "a");
  CHECK(complaint == "b: stuck");
}
