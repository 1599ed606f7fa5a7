#include "stoa/footprint.hpp"

#include <catch2/catch.hpp>

#include "stoa/areas/courses.hpp"

using namespace stoa;

TEST_CASE("a footprint counts what lies outside a value, wherever in it", "[footprint]") {
  CHECK(footprint(7) == sizeof(int));
  CHECK(footprint(std::string("short")) == sizeof(std::string));
  CHECK(footprint(std::string(1000, 'x')) >= sizeof(std::string) + 1000);
  CHECK(footprint(std::vector<std::string>{std::string(1000, 'x'), std::string(1000, 'y')}) >= 2000);
  CHECK(footprint(std::optional<std::string>(std::string(1000, 'x'))) >= 1000);
  CHECK(footprint(std::map<int, std::string>{{1, std::string(1000, 'x')}}) >= 1000);
}

TEST_CASE("a course's footprint holds its texts and its lessons'", "[footprint]") {
  course c;
  const auto bare = footprint(c);
  c.description = std::string(20'000, 'd');
  section s;
  lesson l;
  l.content = std::string(50'000, 'c');
  s.lessons.push_back(l);
  c.sections.push_back(s);
  const auto full = footprint(c);
  CHECK(full >= bare + 70'000);
  CHECK(full < bare + 80'000);
}
