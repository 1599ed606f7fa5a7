// U+0000 in a body, however deep: refused with the name of the field.
#include "tests/cli/house/house_shop.hpp"

using namespace stoa;
using namespace stoa::testing;

TEST_CASE("U+0000 is refused by name in texts and in documents that are kept as they are", "[house]") {
  test_house h;
  const auto who = account_at(h.client());
  const auto me = h.client().as(who.access);
  const auto preferences =
      me.put("/unpuzzle/api/v1/auth/profile/update/", R"({"preferences": {"a": ["x", {"b": "\u0000"}]}})");
  CHECK(preferences.status >= 400);
  CHECK(preferences.status < 500);
  CHECK(preferences.body.find("preferences.a.1.b") != std::string::npos);
  const auto key = me.put("/unpuzzle/api/v1/auth/profile/update/", R"({"preferences": {"a\u0000b": 1}})");
  CHECK(key.status == preferences.status);
  const auto bio = me.patch("/learnflow/api/v1/auth/me/", R"({"bio": "a\u0000b"})");
  CHECK_STATUS(bio, 422);
  CHECK(bio.body.find("bio") != std::string::npos);
  CHECK_STATUS(me.get("/unpuzzle/api/v1/auth/profile/"), 200);
}
