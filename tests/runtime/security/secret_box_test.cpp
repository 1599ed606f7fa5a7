#include "runtime/security/secret_box.hpp"

#include <catch2/catch.hpp>

using namespace stoa;
using namespace stoa::runtime;

namespace {

const std::string key = "a key of thirty-two bytes or more, for tests";
const std::string other = "another key of more than thirty-two bytes too";

}  // namespace

TEST_CASE("what is sealed opens with its key, its purpose and its context alone", "[secret_box]") {
  const secret_box box(key, {}, "second factors");
  for (const auto& secret : {std::string(), std::string("x"), std::string("\0\xff twenty bytes of it", 22)}) {
    const auto sealed = box.seal(secret, "user 1");
    const auto open = box.open(sealed, "user 1");
    REQUIRE(open);
    CHECK(open->secret == secret);
    CHECK_FALSE(open->by_older_key);
    CHECK_FALSE(box.open(sealed, "user 2"));
    CHECK_FALSE(secret_box(key, {}, "something else").open(sealed, "user 1"));
    CHECK_FALSE(secret_box(other, {}, "second factors").open(sealed, "user 1"));
  }
}

TEST_CASE("the same secret is sealed in another way each time, and never shows", "[secret_box]") {
  const secret_box box(key, {}, "second factors");
  const auto first = box.seal("JBSWY3DPEHPK3PXP", "user 1");
  CHECK(first != box.seal("JBSWY3DPEHPK3PXP", "user 1"));
  CHECK(first.find("JBSW") == std::string::npos);
}

TEST_CASE("what was changed does not open", "[secret_box]") {
  const secret_box box(key, {}, "second factors");
  const auto sealed = box.seal("a secret", "user 1");
  for (std::size_t i = 2; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(box.open(changed, "user 1"));
  }
  for (const auto* none : {"", "1.", "2.AAAA", "1.AAAA", "a secret"}) CHECK_FALSE(box.open(none, "user 1"));
}

TEST_CASE("an older key opens what it sealed, and says that it is the older one", "[secret_box]") {
  const auto sealed = secret_box(key, {}, "second factors").seal("a secret", "user 1");
  const secret_box box(other, {key}, "second factors");
  const auto open = box.open(sealed, "user 1");
  REQUIRE(open);
  CHECK(open->secret == "a secret");
  CHECK(open->by_older_key);
  CHECK_FALSE(box.open(box.seal("a secret", "user 1"), "user 1")->by_older_key);
}
