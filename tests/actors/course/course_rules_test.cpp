#include "actors/course/course_rules.hpp"

#include <catch2/catch.hpp>

#include "actors/course/bestsellers.hpp"
#include "runtime/entity/unknown_identities.hpp"

namespace {

using namespace stoa;
namespace rules = stoa::actors::course_rules;

const timestamp noon = *parse_rfc3339("2026-01-27T12:00:00Z");

caller teacher(user_id id) {
  caller who;
  who.signed_in = true;
  who.user = id;
  who.roles.add(role::instructor);
  return who;
}

course draft_course(user_id owner) {
  course_draft d;
  d.title = "Bread";
  auto made = rules::create(d, course_id::make(), owner, noon);
  REQUIRE(made);
  return *made;
}

course with_section(const course& c, const std::string& title, std::optional<int> position = {}) {
  section_draft d;
  d.title = title;
  d.position = position;
  auto next = rules::add_section(c, section_id::make(), d, noon);
  REQUIRE(next);
  return *next;
}

course with_lesson(const course& c, const std::string& title, std::optional<int> position = {}) {
  lesson_draft d;
  d.title = title;
  d.position = position;
  auto next = rules::add_lesson(c, c.sections.front().id, lesson_id::make(), d, noon);
  REQUIRE(next);
  return *next;
}

std::string titles(const course& c) {
  std::string out;
  int place = 0;
  for (const auto& s : c.sections) {
    CHECK(s.position == ++place);
    out += s.title;
  }
  return out;
}

std::string lesson_titles(const course& c) {
  std::string out;
  int place = 0;
  for (const auto& l : c.sections.front().lessons) {
    CHECK(l.position == ++place);
    out += l.title;
  }
  return out;
}

std::vector<std::string> fields_of(const fault& f) {
  std::vector<std::string> out;
  for (const auto& e : f.fields) out.push_back(e.field);
  return out;
}

}  // namespace

TEST_CASE("slugs come from titles", "[course]") {
  CHECK(rules::slug_of("Complete Web Development Bootcamp 2026") == "complete-web-development-bootcamp-2026");
  CHECK(rules::slug_of("  React & Next.js -- The Guide! ") == "react-next-js-the-guide");
  CHECK(rules::slug_of("Don\u2019t Panic, it's C++") == "dont-panic-its-c");
  CHECK(rules::slug_of("Schwarzm\u00fcller \u00c9tude \u0141\u00f3d\u017a stra\u00dfe") ==
        "schwarzmuller-etude-lodz-strasse");
  CHECK(rules::slug_of("\u041a\u0443\u0440\u0441 \u042f\u0437\u044b\u043a\u0430") ==
        "\u043a\u0443\u0440\u0441-\u044f\u0437\u044b\u043a\u0430");
  CHECK(rules::slug_of("\u65e5\u672c\u8a9e \U0001F600") == "\u65e5\u672c\u8a9e");
  CHECK(rules::slug_of("!!! \U0001F600") == "course");
  CHECK(rules::slug_of(std::string(500, 'a')).size() <= 104);
  const auto slug = rules::slug_of("\u00c5ngstr\u00f6m & Co");
  CHECK(rules::slug_of(slug) == slug);
}

TEST_CASE("a taken slug gets a number, then something nobody has", "[course]") {
  const auto id = course_id::make();
  CHECK(rules::slug_attempt("bread", 0, id) == "bread");
  CHECK(rules::slug_attempt("bread", 1, id) == "bread-2");
  CHECK(rules::slug_attempt("bread", 2, id) == "bread-3");
  CHECK(rules::slug_attempt("bread", 3, id) == "bread-" + id.str().substr(24));
}

TEST_CASE("a course begins as its author's draft", "[course]") {
  const auto owner = user_id::make();
  course_draft d;
  d.title = "  Sourdough  ";
  d.price_minor = 8999;
  d.original_price_minor = std::optional<std::int64_t>(12999);
  const auto made = rules::create(d, course_id::make(), owner, noon);
  REQUIRE(made);
  CHECK(made->title == "Sourdough");
  CHECK(made->slug == "sourdough");
  CHECK(made->status == course_status::draft);
  CHECK(made->language == "English");
  CHECK(made->instructor.id == owner);
  CHECK(made->created_at == noon);
  CHECK_FALSE(made->published_at);
}

TEST_CASE("a draft names every field that is wrong", "[course]") {
  course_draft d;
  auto none = rules::create(d, course_id::make(), user_id::make(), noon);
  REQUIRE_FALSE(none);
  CHECK(fields_of(none.refusal()) == std::vector<std::string>{"title"});

  d.title = std::string(201, 'x');
  d.slug = "No Slug";
  d.thumbnail_url = "javascript:alert(1)";
  d.price_minor = -1;
  d.duration_weeks = 1000;
  d.outcomes = std::vector<std::string>{"fine", ""};
  const auto bad = rules::create(d, course_id::make(), user_id::make(), noon);
  REQUIRE_FALSE(bad);
  CHECK(bad.refusal().kind == fault_kind::invalid);
  CHECK(fields_of(bad.refusal()) ==
        std::vector<std::string>{"title", "slug", "thumbnail", "price", "outcomes", "duration_weeks"});
}

TEST_CASE("the original price never lies below the price", "[course]") {
  auto c = draft_course(user_id::make());
  course_draft d;
  d.price_minor = 5000;
  d.original_price_minor = std::optional<std::int64_t>(4000);
  const auto bad = rules::change(c, d, noon);
  REQUIRE_FALSE(bad);
  CHECK(fields_of(bad.refusal()) == std::vector<std::string>{"original_price"});
  d.original_price_minor = std::optional<std::int64_t>(6000);
  const auto good = rules::change(c, d, noon);
  REQUIRE(good);
  course_draft away;
  away.original_price_minor.emplace();
  const auto without = rules::change(*good, away, noon);
  REQUIRE(without);
  CHECK_FALSE(without->original_price_minor);
  CHECK(without->price.minor == 5000);
}

TEST_CASE("a new title leaves the slug", "[course]") {
  const auto c = draft_course(user_id::make());
  course_draft d;
  d.title = "Cake";
  const auto next = rules::change(c, d, noon + hours{1});
  REQUIRE(next);
  CHECK(next->slug == "bread");
  CHECK(next->updated_at == noon + hours{1});
}

TEST_CASE("only owners and admins change a course; strangers do not meet drafts", "[course]") {
  const auto owner = user_id::make();
  auto c = draft_course(owner);
  CHECK(rules::may_change(c, teacher(owner)));
  caller admin;
  admin.signed_in = true;
  admin.user = user_id::make();
  admin.roles.add(role::admin);
  CHECK(rules::may_change(c, admin));
  CHECK(rules::may_see(c, admin));
  const auto stranger = teacher(user_id::make());
  CHECK(rules::may_change(c, stranger).refusal().code == "COURSE_NOT_FOUND");
  CHECK(rules::may_see(c, stranger).refusal().code == "COURSE_NOT_FOUND");
  CHECK(rules::may_see(c, caller{}).refusal().code == "COURSE_NOT_FOUND");
  c.status = course_status::published;
  CHECK(rules::may_change(c, stranger).refusal().code == "PERMISSION_DENIED");
  CHECK(rules::may_see(c, caller{}));
}

TEST_CASE("only teachers begin courses", "[course]") {
  caller learner;
  learner.signed_in = true;
  learner.roles.add(role::student);
  CHECK(rules::may_create(learner).refusal().code == "PERMISSION_DENIED");
  CHECK(rules::may_create(teacher(user_id::make())));
}

TEST_CASE("a course is published with something to learn, and its first day counts", "[course]") {
  auto c = draft_course(user_id::make());
  CHECK(rules::publish(c, noon).refusal().code == "COURSE_NOT_READY");
  c = with_section(c, "A");
  CHECK(rules::publish(c, noon).refusal().code == "COURSE_NOT_READY");
  c = with_lesson(c, "a");
  auto published = rules::publish(c, noon);
  REQUIRE(published);
  CHECK(published->published());
  CHECK(published->published_at == noon);
  CHECK(published->is_new(noon + days{29}));
  CHECK_FALSE(published->is_new(noon + days{30}));
  const auto back = *rules::with_status(*published, course_status::draft, noon + days{1});
  CHECK(back.status == course_status::draft);
  const auto again = rules::publish(back, noon + days{40});
  REQUIRE(again);
  CHECK(again->published_at == noon);
}

TEST_CASE("a course is archived for its author to keep, and removed for good", "[course]") {
  const auto owner = teacher(user_id::make()), other = teacher(user_id::make());
  const auto ready = with_lesson(with_section(draft_course(owner.user), "A"), "a");
  const auto archived = *rules::with_status(*rules::publish(ready, noon), course_status::archived, noon + days{1});
  CHECK(archived.status == course_status::archived);
  CHECK(archived.updated_at == noon + days{1});
  CHECK(archived.published_at == noon);
  CHECK(rules::may_see(archived, owner));
  CHECK(rules::may_change(archived, owner));
  CHECK(rules::may_see(archived, other).refusal().code == "COURSE_NOT_FOUND");
  CHECK(rules::may_change(archived, other).refusal().code == "COURSE_NOT_FOUND");
  CHECK(rules::with_status(archived, course_status::published, noon + days{2})->published());
  const auto removed = *rules::with_status(archived, course_status::removed, noon);
  CHECK(rules::may_see(removed, owner).refusal().code == "COURSE_NOT_FOUND");
  CHECK(rules::may_change(removed, owner).refusal().code == "COURSE_NOT_FOUND");
}

TEST_CASE("a change with a status is made as a whole or not at all", "[course]") {
  const auto bare = draft_course(user_id::make());
  course_draft d;
  d.title = "Rolls";
  d.status = course_status::published;
  CHECK(rules::change(bare, d, noon).refusal().code == "COURSE_NOT_READY");
  const auto ready = with_lesson(with_section(bare, "A"), "a");
  const auto changed = rules::change(ready, d, noon);
  REQUIRE(changed);
  CHECK(changed->published());
  CHECK(changed->title == "Rolls");
  d.title = std::string(201, 'x');
  CHECK(rules::change(ready, d, noon).refusal().kind == fault_kind::invalid);
  const auto same = rules::with_status(*changed, course_status::published, noon + days{9});
  CHECK(same->updated_at == changed->updated_at);
}

TEST_CASE("sections and lessons keep their places", "[course]") {
  auto c = draft_course(user_id::make());
  c = with_section(c, "A");
  c = with_section(c, "B");
  c = with_section(c, "C", 1);
  CHECK(titles(c) == "CAB");
  c = with_section(c, "D", 99);
  CHECK(titles(c) == "CABD");
  section_draft move;
  move.position = 3;
  auto moved = rules::change_section(c, c.sections[0].id, move, noon);
  REQUIRE(moved);
  CHECK(titles(*moved) == "ABCD");
  section_draft rename;
  rename.title = "b";
  moved = rules::change_section(*moved, moved->sections[1].id, rename, noon);
  REQUIRE(moved);
  CHECK(titles(*moved) == "AbCD");
  const auto gone = rules::remove_section(*moved, moved->sections[0].id, noon);
  REQUIRE(gone);
  CHECK(titles(*gone) == "bCD");
  CHECK(rules::remove_section(*gone, section_id::make(), noon).refusal().code == "SECTION_NOT_FOUND");
  section_draft bad;
  bad.title = "x";
  bad.position = 0;
  CHECK(fields_of(rules::add_section(c, section_id::make(), bad, noon).refusal()) == std::vector<std::string>{"order"});

  auto l = with_lesson(with_lesson(with_lesson(*gone, "1"), "2"), "0", 1);
  CHECK(lesson_titles(l) == "012");
  lesson_draft last;
  last.position = 3;
  const auto turned = rules::change_lesson(l, l.sections.front().lessons[0].id, last, noon);
  REQUIRE(turned);
  CHECK(lesson_titles(*turned) == "120");
  const auto less = rules::remove_lesson(*turned, turned->sections.front().lessons[1].id, noon);
  REQUIRE(less);
  CHECK(lesson_titles(*less) == "10");
  CHECK(rules::change_lesson(*less, lesson_id::make(), last, noon).refusal().code == "LESSON_NOT_FOUND");
}

TEST_CASE("a published course keeps a lesson", "[course]") {
  auto c = with_lesson(with_section(draft_course(user_id::make()), "A"), "a");
  c = *rules::publish(c, noon);
  CHECK(rules::remove_lesson(c, c.sections[0].lessons[0].id, noon).refusal().code == "COURSE_NOT_READY");
  CHECK(rules::remove_section(c, c.sections[0].id, noon).refusal().code == "COURSE_NOT_READY");
}

TEST_CASE("lessons are checked", "[course]") {
  const auto c = with_section(draft_course(user_id::make()), "A");
  lesson_draft d;
  d.title = "x";
  d.kind = "opera";
  d.video_url = "ftp://x";
  d.duration_minutes = -1;
  d.resources = std::vector<std::string>{"nothing"};
  const auto bad = rules::add_lesson(c, c.sections[0].id, lesson_id::make(), d, noon);
  REQUIRE_FALSE(bad);
  CHECK(fields_of(bad.refusal()) == std::vector<std::string>{"kind", "video_url", "duration_minutes", "resources"});
}

TEST_CASE("learners review what they are enrolled in", "[course]") {
  const auto c = draft_course(user_id::make());
  learner who;
  who.id = user_id::make();
  review_draft d{5, "Good", "Very"};
  CHECK(rules::write_review(c, who, d, review_id::make(), noon).refusal().code == "NOT_ENROLLED");
  enrollment e;
  e.course = c.id;
  who.enrollments.push_back(e);
  const auto r = rules::write_review(c, who, d, review_id::make(), noon);
  REQUIRE(r);
  CHECK(r->rating == 5);
  d.rating = 6;
  CHECK(fields_of(rules::write_review(c, who, d, review_id::make(), noon).refusal()) ==
        std::vector<std::string>{"rating"});
  who.id = c.instructor.id;
  CHECK(rules::write_review(c, who, d, review_id::make(), noon).refusal().code == "PERMISSION_DENIED");

  caller author;
  author.user = r->author;
  CHECK(rules::may_vote(*r, author).refusal().code == "PERMISSION_DENIED");
  author.user = user_id::make();
  CHECK(rules::may_vote(*r, author));
}

TEST_CASE("a review is answered by the course's instructor alone", "[course]") {
  auto c = draft_course(user_id::make());
  c.status = course_status::published;
  review r;
  r.id = review_id::make();
  r.author = user_id::make();
  caller who;
  who.signed_in = true;
  who.user = r.author;
  CHECK(rules::with_reply(r, c, who, "Thanks", noon).refusal().code == "PERMISSION_DENIED");
  who.user = c.instructor.id;
  const auto answered = rules::with_reply(r, c, who, "Thanks", noon);
  REQUIRE(answered);
  CHECK(answered->reply == "Thanks");
  CHECK(answered->replied_at == noon);
  CHECK(fields_of(rules::with_reply(r, c, who, std::string(5001, 'x'), noon).refusal()) ==
        std::vector<std::string>{"reply"});
  const auto back = rules::with_reply(*answered, c, who, std::nullopt, noon);
  REQUIRE(back);
  CHECK(back->reply.empty());
  CHECK_FALSE(back->replied_at);
}

TEST_CASE("a review counts", "[course]") {
  auto c = draft_course(user_id::make());
  for (int rating : {5, 4, 4, 1, 5, 5}) {
    review r;
    r.id = review_id::make();
    r.rating = rating;
    c = rules::with_review(c, r);
    CHECK(c.recent_reviews.front().id == r.id);
  }
  CHECK(c.numbers.rating_count == 6);
  CHECK(c.numbers.rating_sum == 24);
  CHECK(c.numbers.rating() == 4);
  CHECK(c.numbers.distribution == std::array<std::int64_t, 5>{1, 0, 0, 2, 3});
  CHECK(c.recent_reviews.size() == rules::recent_reviews);
}

TEST_CASE("bestsellers have most students of their category, and at least five", "[course]") {
  auto c = draft_course(user_id::make());
  c.numbers.students = 10;
  CHECK_FALSE(rules::bestseller(c, 0));
  c.status = course_status::published;
  CHECK(rules::bestseller(c, 10));
  CHECK_FALSE(rules::bestseller(c, 11));
  c.numbers.students = 4;
  CHECK_FALSE(rules::bestseller(c, 0));
}

TEST_CASE("what was missing is asked for again after a while", "[course]") {
  manual_clock time(noon);
  runtime::unknown_identities<std::string> missing(time);
  missing.add("x");
  CHECK(missing.contains("x"));
  CHECK_FALSE(missing.contains("y"));
  time.advance(seconds{5});
  CHECK_FALSE(missing.contains("x"));
  for (int i = 0; i < 10000; ++i) missing.add(std::to_string(i));
  CHECK(missing.contains("9999"));
  missing.remove("9999");
  CHECK_FALSE(missing.contains("9999"));
}
