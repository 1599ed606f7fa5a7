#include "runtime/security/collation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using stoa::runtime::collation_key;

TEST_CASE("titles are ordered as people expect: accents beside their letters, case not at all", "[collation]") {
  std::vector<std::string> titles{"Zebra", "\u00c9cole",  "zoo",    "Eclair", "ecole",
                                  "apple", "\u00c9clair", "Banana", "ecology"};
  std::stable_sort(titles.begin(), titles.end(),
                   [](const auto& a, const auto& b) { return collation_key(a) < collation_key(b); });
  CHECK(titles == std::vector<std::string>{"apple", "Banana", "Eclair", "\u00c9clair", "ecole", "\u00c9cole", "ecology",
                                           "Zebra", "zoo"});
  CHECK(collation_key("Ecole") == collation_key("eCOLE"));
  CHECK(collation_key("Ecole") != collation_key("\u00c9cole"));
  CHECK(collation_key("e\u0301cole") == collation_key("\u00e9cole"));
  CHECK(collation_key("C") != collation_key("C++"));
}

TEST_CASE("a long text has its whole key", "[collation]") {
  const std::string a(1000, 'a');
  CHECK(collation_key(a + "a") < collation_key(a + "b"));
  CHECK(collation_key("").empty());
}
