#include "stoa/events.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "actors/all_events.hpp"

using namespace stoa;

namespace {

const timestamp now = *parse_rfc3339("2026-01-27T16:05:00Z");

event stored(std::string kind, const std::string& payload) {
  event e;
  e.id = event_id::make();
  e.kind = std::move(kind);
  e.user = user_id::make();
  e.entity = uuid::make_v7();
  e.payload = json::parse(payload).value();
  e.at = now;
  return e;
}

/// A connection that nobody asks.
struct no_connection final : connection {
  rows run(const statement&, const values&) override { return {}; }
};

template <class... E>
std::vector<std::string> kinds_in(event_list<E...>) {
  return kinds_of<E...>();
}

}  // namespace

TEST_CASE("an event's payload is its members, by their names", "[events]") {
  const auto course = course_id::make();
  const auto who = user_id::make();
  const enrollment_created told{course, "C++ \"now\"", enrollment_id::make()};
  const one_event e(now, who, told.enrollment_id, told);
  // A record of PostgreSQL: what is special in a quoted field is doubled.
  CHECK(e.text() == "(enrollment.created," + who.str() + "," + told.enrollment_id.str() + R"(,"{""course_id"":"")" +
                        course.str() + R"("",""course_title"":""C++ \\""now\\"""",""enrollment_id"":"")" +
                        told.enrollment_id.str() + R"(""}",2026-01-27T16:05:00Z))");
  CHECK(*value(event_rows(now)).text() == "{}");
  CHECK(*value(one_event(now, std::nullopt, uuid{}, told)).text() != e.text());
}

TEST_CASE("a stored event is read as its type, and as no other", "[events]") {
  const auto course = course_id::make();
  const auto e = stored("payment.completed", R"({"order_number":"ORD-1","total_minor":8999,"items":[{"course_id":")" +
                                                 course.str() + R"(","title":"A"}],"later":1})");
  const auto paid = as<payment_completed>(e);
  REQUIRE(paid);
  CHECK(paid->id == e.id);
  CHECK(paid->user == e.user);
  CHECK(paid->fact.order_number == "ORD-1");
  CHECK(paid->fact.total_minor == 8999);
  REQUIRE(paid->fact.items.size() == 1);
  CHECK(paid->fact.items[0].course_id == course);
  // Not told yet when it was stored.
  CHECK(paid->fact.currency.empty());
  CHECK_FALSE(as<order_created>(e));
  CHECK_FALSE(as<payment_completed>(stored("payment", "{}")));
}

TEST_CASE("a consumer of several kinds gets them in their order", "[events]") {
  std::vector<std::string> told;
  auto s = consume<lesson_completed, course_completed>(
      "both",
      [&](connection&, const batch_of<lesson_completed, course_completed>& batch) -> result<done> {
        for (const auto& e : batch) told.push_back(e.index() == 0 ? "lesson" : "course");
        return done{};
      },
      from::now);
  CHECK(s.kinds == std::vector<std::string>{"lesson.completed", "course.completed"});
  CHECK(s.begin == from::now);
  no_connection none;
  REQUIRE(s.handle(none, {stored("course.completed", "{}"), stored("other", "{}"), stored("lesson.completed", "{}")}));
  CHECK(told == std::vector<std::string>{"course", "lesson"});
}

TEST_CASE("an observer hears its kinds alone", "[events]") {
  int cleared = 0, added = 0;
  auto o = observe<cart_cleared, cart_item_added>("carts", [&](const auto& e) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(e)>, heard<cart_cleared>>)
      ++cleared;
    else
      ++added;
  });
  o.told(stored("cart.cleared", "{}"));
  o.told(stored("cart.item_added", "{}"));
  o.told(stored("cart.item_removed", "{}"));
  CHECK(cleared == 1);
  CHECK(added == 1);
}

TEST_CASE("the page about events says what the types say", "[events]") {
  std::ifstream in(STOA_SOURCE_DIR "/docs/events.md");
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  INFO("write it anew with: stoa events > docs/events.md");
  CHECK(page == events_document());
  const auto kinds = kinds_in(all_events{});
  CHECK(std::set<std::string>(kinds.begin(), kinds.end()).size() == kinds.size());
}
