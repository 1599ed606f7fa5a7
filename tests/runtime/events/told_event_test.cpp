// Events come out of the outbox as they were told, whatever is in their texts.
#include <catch2/catch.hpp>

#include "runtime/store/migrate.hpp"
#include "runtime/store/store.hpp"
#include "stoa/events.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

struct said {
  static constexpr std::string_view kind = "test.said";
  static constexpr std::string_view about = "Somebody said something.";
  static constexpr std::string_view entity = "nothing";
  std::string words;
};
BOOST_DESCRIBE_STRUCT(said, (), (words))

constexpr statement tell_all{"test.tell_all", STOA_TELL(":p1")};
constexpr statement tell_one{"test.tell_one", STOA_TELL_ONE(":p1")};
constexpr statement heard_words{"test.heard",
                                "select payload->>'words', user_id, entity, at from outbox where kind = 'test.said' "
                                "order by xid, position"};
constexpr statement forget{"test.forget", "delete from outbox"};

}  // namespace

TEST_CASE("an event's text comes back as it was told, alone and among others", "[outbox]") {
  const auto connection = test_postgres::shared().fresh_database();
  runtime::migrate_options m;
  m.connection = connection;
  m.folder = STOA_SOURCE_DIR "/migrations";
  runtime::migrate(m);
  runtime::store_options o;
  o.connection = connection;
  runtime::store store(std::move(o));

  const auto who = user_id::make();
  const auto what = uuid::make_v7();
  const auto at = *parse_rfc3339("2026-01-27T12:00:00.123456Z");
  const std::vector<std::string> texts{"plain",
                                       "",
                                       R"(a "quoted" \ back\\slash)",
                                       "{braces}, (round), [square]",
                                       "it's, NULL, null",
                                       "line\nbreak\ttab",
                                       "\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x92\xa1",
                                       R"(\u0041 \")",
                                       "  blanks  "};

  event_rows all(at);
  for (const auto& t : texts) all.tell(who, what, said{t});
  REQUIRE(run_now(store, tell_all, {all}, lane::commands));
  auto heard = run_now(store, heard_words);
  REQUIRE(heard);
  REQUIRE(heard->size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) CHECK((*heard)[i].text(0) == texts[i]);

  for (const auto& t : texts) {
    REQUIRE(run_now(store, forget, {}, lane::commands));
    REQUIRE(run_now(store, tell_one, {one_event(at, std::nullopt, what, said{t})}, lane::commands));
    heard = run_now(store, heard_words);
    REQUIRE(heard);
    REQUIRE(heard->size() == 1);
    CHECK(heard->front().text(0) == t);
    CHECK(heard->front().null(1));
    CHECK(heard->front().as_uuid(2) == what);
    CHECK(heard->front().time(3) == at);
  }
  REQUIRE(run_now(store, forget, {}, lane::commands));
  REQUIRE(run_now(store, tell_all, {event_rows(at)}, lane::commands));
  CHECK(run_now(store, heard_words)->empty());
}
