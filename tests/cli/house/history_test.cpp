// What was is told as it stands in the rows: each fact with the time of its event, page by page.
#include "stoa/areas/history.hpp"

#include "stoa/areas/enrollments.hpp"
#include "stoa/areas/orders.hpp"
#include "tests/cli/house/house_shop.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

struct past {
  test_house house;
  person teacher = teacher_at(house);

  stoa::history& history() { return house->areas().use<stoa::history>(); }
  caller somebody() {
    caller who;
    who.signed_in = true;
    who.user = user_id::parse(account_at(house.client()).id).value();
    return who;
  }
  course_id course(const std::string& price) { return course_id::parse(course_at(house, teacher, price)).value(); }
  enrollment enter(const caller& who, course_id course) {
    return wait_for<entrance>(house->areas().use<enrollments>().enroll(who, course)).value().enrollment;
  }
  lesson_completion finish(const caller& who, const enrollment& in) {
    const auto c = wait_for<course_ptr>(house->areas().use<courses>().get(in.course)).value();
    const auto first = c->sections.front().lessons.front().id;
    return wait_for<lesson_completion>(house->areas().use<enrollments>().complete_lesson(who.user, in.id, first))
        .value();
  }
  std::vector<past_study> studies(std::int64_t after, std::int64_t limit) {
    return wait_for<std::vector<past_study>>(history().studies(after, limit)).value();
  }
  std::vector<past_sale> sales(std::optional<past_sale> after, std::int64_t limit) {
    return wait_for<std::vector<past_sale>>(history().sales(std::move(after), limit)).value();
  }
};

}  // namespace

TEST_CASE("history: what was learnt, in the order of entering", "[areas][history]") {
  past p;
  const auto ada = p.somebody(), bob = p.somebody();
  const auto one = p.course("0"), other = p.course("0");
  CHECK(p.studies(0, 10).empty());
  const auto first = p.enter(ada, one);
  p.house.clock.advance(hours{1});
  const auto done = p.finish(ada, first);
  p.enter(bob, one);
  p.enter(ada, other);

  const auto all = p.studies(0, 10);
  REQUIRE(all.size() == 3);
  CHECK(all[0].user == ada.user);
  CHECK(all[0].course == one);
  CHECK(all[0].since == first.enrolled_at);
  REQUIRE(all[0].lessons.size() == 1);
  CHECK(all[0].lessons[0].lesson == done.lesson);
  CHECK(all[0].lessons[0].at == done.completed_at);
  CHECK(all[0].finished_at == done.completed_at);
  CHECK(all[1].user == bob.user);
  CHECK(all[1].lessons.empty());
  CHECK_FALSE(all[1].finished_at);
  CHECK(all[2].course == other);

  const auto page = p.studies(all[0].number, 1);
  REQUIRE(page.size() == 1);
  CHECK(page[0].number == all[1].number);
  CHECK(p.studies(all[2].number, 10).empty());
}

TEST_CASE("history: what was sold, in the order of time", "[areas][history]") {
  past p;
  auto& orders = p.house->areas().use<stoa::orders>();
  const auto one = p.course("30.00"), other = p.course("10.00"), free = p.course("0");
  const auto buy = [&](const std::vector<course_id>& what) {
    const auto who = account_at(p.house.client());
    for (const auto& c : what)
      REQUIRE_STATUS(signed_in_at(p.house, who).post("/cart/items/", object({{"course_id", c.str()}})), 201);
    const auto id = user_id::parse(who.id).value();
    const auto placed = wait_for<created_order>(orders.create_from_cart(id, std::nullopt)).value().order;
    if (placed.total_minor == 0) return placed;
    payment_receipt paid{"sandbox", "pi_" + placed.id.str(), placed.total_minor, placed.currency};
    return wait_for<order>(orders.complete(placed.id, std::move(paid))).value();
  };
  CHECK(p.sales({}, 10).empty());
  const auto first = buy({one, other});
  p.house.clock.advance(minutes{1});
  const auto second = buy({other});
  buy({free});

  const auto all = p.sales({}, 10);
  REQUIRE(all.size() == 2);
  CHECK(all[0].order == first.id);
  CHECK(all[0].at == first.completed_at);
  CHECK(all[0].currency == first.currency);
  REQUIRE(all[0].shares.size() == 2);
  CHECK(all[0].shares[0].minor + all[0].shares[1].minor == 4000);
  CHECK(all[1].order == second.id);
  CHECK(all[1].shares[0].course == other);
  CHECK(p.sales(all[0], 10).size() == 1);
  CHECK(p.sales(all[1], 10).empty());
  CHECK(p.sales({}, 1).size() == 1);
}

TEST_CASE("history: accounts by their days", "[areas][history]") {
  past p;
  const auto today = std::chrono::floor<days>(p.house.clock.now());
  p.somebody();
  p.house.clock.advance(days{1});
  p.somebody();
  p.somebody();
  const auto until = [&](timestamp t) {
    return wait_for<std::vector<day_count>>(p.history().registrations(t)).value();
  };
  const auto all = until(p.house.clock.now() + hours{1});
  REQUIRE(all.size() == 2);
  CHECK(all[0].day == today);
  CHECK(all[0].count == 2);  // the teacher, too
  CHECK(all[1].count == 2);
  CHECK(until(today + days{1}).size() == 1);
}
