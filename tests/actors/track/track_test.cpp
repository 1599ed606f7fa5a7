#include <catch2/catch.hpp>

#include "actors/order/order_rules.hpp"
#include "actors/track/track_path.hpp"
#include "actors/track/track_rules.hpp"

using namespace stoa;
using namespace stoa::actors;
using order_rules::cart_line;
using order_rules::shares;

namespace {

track some_track() {
  track t;
  t.code = "DP";
  t.title = "  Data Professional ";
  t.price_minor = 99900;
  t.currency = "USD";
  return t;
}

std::vector<std::string> fields_of(const result<track>& r) {
  std::vector<std::string> out;
  for (const auto& f : r.refusal().fields) out.push_back(f.field);
  return out;
}

course_ptr course_of(int lessons) {
  auto c = std::make_shared<course>();
  c->id = course_id::make();
  section s;
  for (int i = 0; i < lessons; ++i) {
    lesson l;
    l.id = lesson_id::make();
    s.lessons.push_back(l);
  }
  c->sections.push_back(s);
  return c;
}

cart_line line(std::int64_t price, bool enrolled = false, bool published = true) {
  cart_line l;
  l.course = course_id::make();
  l.title = "Birds";
  l.price_minor = price;
  l.currency = "usd";
  l.enrolled = enrolled;
  l.published = published;
  return l;
}

bundle some_bundle(std::int64_t price) { return {"track:DP", "Data Professional", {}, price, "usd"}; }

}  // namespace

TEST_CASE("a track is kept trimmed, its currency in small letters") {
  const auto t = track_rules::admit(some_track());
  REQUIRE(t.ok());
  CHECK(t->title == "Data Professional");
  CHECK(t->currency == "usd");
}

TEST_CASE("all that is wrong with a track is said at once") {
  auto t = some_track();
  t.code = "D P";
  t.title = " ";
  t.price_minor = -1;
  t.currency = "dollars";
  const auto c = course_id::make();
  t.courses = {c, c};
  CHECK(fields_of(track_rules::admit(t)) == std::vector<std::string>{"code", "title", "price", "currency", "courses"});
}

TEST_CASE("a price is shared out to the last minor unit") {
  CHECK(shares(100, {1, 1, 1}) == std::vector<std::int64_t>{34, 33, 33});
  CHECK(shares(99900, {8999, 7999, 0}) == std::vector<std::int64_t>{52889, 47011, 0});
  CHECK(shares(10, {0, 0}) == std::vector<std::int64_t>{5, 5});
  CHECK(shares(10, {}).empty());
  // The larger remainder gets what is over, not the first.
  CHECK(shares(10, {1, 5}) == std::vector<std::int64_t>{2, 8});
}

TEST_CASE("a bundle costs its price, shared out over its courses") {
  std::vector<cart_line> lines{line(8999), line(7999)};
  const auto plan = order_rules::checkout(some_bundle(99900), lines, std::nullopt);
  REQUIRE(plan.ok());
  CHECK(plan->total_minor == 99900);
  CHECK(lines[0].price_minor + lines[1].price_minor == 99900);
}

TEST_CASE("what the buyer has of a bundle is not paid again") {
  std::vector<cart_line> lines{line(5000, true), line(5000)};
  const auto plan = order_rules::checkout(some_bundle(9000), lines, std::nullopt);
  REQUIRE(plan.ok());
  CHECK(plan->total_minor == 4500);
  REQUIRE(lines.size() == 1);
  CHECK_FALSE(lines[0].enrolled);

  std::vector<cart_line> all{line(5000, true)};
  CHECK(order_rules::checkout(some_bundle(9000), all, std::nullopt).refusal().code == "ALREADY_ENROLLED");
}

TEST_CASE("what cannot be bought is no part of a bundle") {
  std::vector<cart_line> lines{line(5000, false, false), line(5000)};
  const auto plan = order_rules::checkout(some_bundle(9000), lines, std::nullopt);
  REQUIRE(plan.ok());
  CHECK(plan->total_minor == 9000);
  CHECK(lines.size() == 1);

  std::vector<cart_line> none{line(5000, false, false)};
  CHECK(order_rules::checkout(some_bundle(9000), none, std::nullopt).refusal().code == "NOTHING_TO_BUY");
}

TEST_CASE("another sum than the buyer expects is refused, with what it is") {
  std::vector<cart_line> lines{line(5000)};
  auto wanted = some_bundle(9000);
  wanted.claimed_minor = 1;
  const auto plan = order_rules::checkout(wanted, lines, std::nullopt);
  REQUIRE_FALSE(plan.ok());
  CHECK(plan.refusal().code == "AMOUNT_MISMATCH");
  CHECK(plan.refusal().fields.front().field == "amount");
  CHECK(plan.refusal().fields.front().message.find("90.00 usd") != std::string::npos);
}

TEST_CASE("a learner's place on a track") {
  const auto first = course_of(2), second = course_of(2);
  learner who;
  enrollment e;
  e.id = enrollment_id::make();
  e.course = first->id;
  for (const auto* l : first->lessons_in_order()) e.lessons[l->id].completed_at = timestamp{};
  who.enrollments.push_back(e);
  const auto path = path_of({first, second}, &who);
  REQUIRE(path.steps.size() == 2);
  CHECK(path.steps[0].enrolled);
  CHECK(path.steps[0].progress.completed);
  CHECK_FALSE(path.steps[1].enrolled);
  CHECK(path.percent == 50);
  REQUIRE(path.next);
  CHECK(path.next->course == second);

  const auto stranger = path_of({first, second}, nullptr);
  CHECK(stranger.percent == 0);
  CHECK(stranger.next->course == first);
  CHECK(path_of({first}, &who).next == nullptr);
  CHECK(path_of({first}, &who).percent == 100);
}
