// Two plugins offer the point at which mail leaves: the settings choose who is asked.
#include "runtime/store/plain.hpp"
#include "tests/cli/house/trouble_house.hpp"
#include "tests/support/mailed.hpp"

using namespace stoa;
using namespace stoa::testing;
using Catch::Matchers::Contains;

namespace {

const std::string offering = "plugins.trouble.fault=offer_mailer";

/// Asks for a new password: a mail that the core gives to whoever carries mail.
void ask_for_mail(test_house& h) {
  const auto who = account_at(h.client());
  const auto& door = mailed_doors()[0];
  REQUIRE_STATUS(h.client().below(door.own().prefix).post(door.reset, object({{"email", who.email}})), 200);
}

/// How many mails the mail plugin has sent.
int sent(const std::string& database) {
  runtime::plain_connection db(database);
  db.run("set stoa.acting = 'system'");
  return std::stoi(*db.run("select count(*) from plugin_mail.sent").front()[0]);
}

}  // namespace

TEST_CASE("of two plugins that offer a point the one that is chosen is asked", "[house][points]") {
  const auto database = test_postgres::shared().fresh_database();
  trouble_house h({offering, "points.mailer=trouble", "accounts.verify_email=false"}, database);
  CHECK(h->client().get("/ready").body == R"({"status":"ready"})");
  ask_for_mail(*h);
  CHECK(eventually([&] { return h.control()->begun("mail") == 1; }));
  CHECK(sent(database) == 0);
}

TEST_CASE("the other one is asked where it is chosen", "[house][points]") {
  const auto database = test_postgres::shared().fresh_database();
  trouble_house h({offering, "points.mailer=mail", "accounts.verify_email=false"}, database);
  ask_for_mail(*h);
  CHECK(eventually([&] { return sent(database) == 1; }));
  CHECK(h.control()->begun("mail") == 0);
}

TEST_CASE("where nothing is chosen the second is set aside, and the answer says how one chooses", "[house][points]") {
  const auto database = test_postgres::shared().fresh_database();
  trouble_house h({offering, "accounts.verify_email=false"}, database);
  CHECK_THAT(h->client().get("/ready").body, Contains("degraded") && Contains("trouble"));
  ask_for_mail(*h);
  CHECK(eventually([&] { return sent(database) == 1; }));
}

TEST_CASE("a choice that nobody can fill stops the server", "[house][points]") {
  CHECK_THROWS_WITH(trouble_house({"points.mailer=owl"}),
                    Contains("[points] mailer") && Contains("owl") && Contains("mail"));
}
