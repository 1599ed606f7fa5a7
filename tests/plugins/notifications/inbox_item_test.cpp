#include "plugins/notifications/inbox_item.hpp"

#include <catch2/catch.hpp>

#include "plugins/notifications/inbox_area.hpp"
#include "stoa/json.hpp"

using namespace stoa;
using namespace stoa_plugin::notifications;

TEST_CASE("a notification that leads nowhere shows null instead of an empty address", "[notifications]") {
  stored_notification n;
  n.what.title = "Maintenance on Sunday";
  auto shown = json::parse(wire::write(item_of(n))).value();
  CHECK(shown.find("action_url")->is_null());
  const auto numbered = json::parse(wire::write(wire::same_named<numbered_item, "id">(item_of(n)))).value();
  CHECK(numbered.find("action_url")->is_null());
  n.what.action_url = "/courses/c1/learn";
  shown = json::parse(wire::write(item_of(n))).value();
  CHECK(shown.find("action_url")->text() == "/courses/c1/learn");
}
