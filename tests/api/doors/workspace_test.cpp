#include <atomic>
#include <thread>

#include "tests/api/doors/doors.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {
client apranova_as(const person& who) { return shared_server().client().below("/apranova/api").as(who.access); }
}  // namespace

TEST_CASE("apranova: a workspace where there is no engine", "[workspaces]") {
  const auto ada = apranova_as(fresh_account());
  const auto r = ada.post("/users/workspace/create/", "");
  REQUIRE_STATUS(r, 503);
  CHECK(r.text("error") == "Workspace feature not available");
  CHECK(r.text("message") == "Docker is not accessible from the backend container.");
  CHECK(r.text("details") == "Please contact your administrator to enable workspace provisioning.");
  CHECK(r.header("retry-after"));
  // What was not made is not counted.
  for (int i = 0; i < 12; ++i) REQUIRE_STATUS(ada.post("/users/workspace/create/", ""), 503);
  const auto shown = ada.get("/users/workspace/");
  REQUIRE_STATUS(shown, 200);
  CHECK(shown.text("state") == "none");
  for (const auto* name : {"url", "port", "created_at", "last_used_at"}) CHECK(shown.at(name).is_null());
}

TEST_CASE("apranova: a workspace needs a token, and one to stop or remove", "[workspaces]") {
  const auto nobody = shared_server().client().below("/apranova/api");
  REQUIRE_STATUS(nobody.post("/users/workspace/create/", ""), 401);
  REQUIRE_STATUS(nobody.get("/users/workspace/"), 401);
  const auto ada = apranova_as(fresh_account());
  REQUIRE_STATUS(ada.post("/users/workspace/stop/", ""), 404);
  REQUIRE_STATUS(ada.del("/users/workspace/"), 404);
  REQUIRE_STATUS(ada.del("/users/workspace/?volume=perhaps"), 400);
  REQUIRE_STATUS(ada.post("/users/workspace/create/", "{"), 400);
}
