#include "actors/course/course_size.hpp"

#include <catch2/catch.hpp>

#include "actors/course/categories.hpp"
#include "actors/course/course.hpp"

namespace {

using namespace stoa;
namespace rules = stoa::actors::course_rules;

const timestamp noon = *parse_rfc3339("2026-01-27T12:00:00Z");
const timestamp later = noon + hours{1};

caller teacher() {
  caller who;
  who.signed_in = true;
  who.user = user_id::make();
  return who;
}

course course_of(const caller& who) {
  course_draft d;
  d.title = "A course";
  d.description = "What it is about.";
  d.tags = {"one", "two"};
  auto c = rules::create(d, course_id::make(), who.user, noon).value();
  c = rules::add_section(c, section_id::make(), {"Part", "Words", {}}, noon).value();
  lesson_draft l;
  l.title = "First";
  l.content = std::string(1000, 'x');
  return rules::add_lesson(c, c.sections[0].id, lesson_id::make(), l, noon).value();
}

constexpr std::int64_t plenty = 1 << 20;

}  // namespace

TEST_CASE("a change that changes nothing is not written, and its answer is what there is", "[course]") {
  const auto who = teacher();
  const auto c = course_of(who);
  const moment m{later, uuid::make_v7()};

  actors::change_course told;
  told.who = who;
  told.most_bytes = plenty;
  told.draft.title = "A course";
  told.draft.tags = {"one", "two"};
  told.named_category.emplace();
  CHECK_FALSE(decide(c, told, m)->next);
  told.draft.tags = {"two", "one"};
  REQUIRE(decide(c, told, m)->next);
  CHECK(decide(c, told, m)->next->updated_at == later);

  actors::put_section part{who, c.sections[0].id, {"Part", {}, 1}, plenty};
  const auto same_part = decide(c, part, m);
  REQUIRE(same_part);
  CHECK_FALSE(same_part->next);
  CHECK(same_part->reply.title == "Part");
  part.draft.description = "Other words";
  CHECK(decide(c, part, m)->next);

  actors::put_lesson step;
  step.who = who;
  step.id = c.sections[0].lessons[0].id;
  step.most_bytes = plenty;
  step.draft.content = std::string(1000, 'x');
  CHECK_FALSE(decide(c, step, m)->next);
  step.draft.is_preview = true;
  CHECK(decide(c, step, m)->next);
}

TEST_CASE("a course that grows beyond its bytes is refused, one that shrinks is not", "[course]") {
  const auto who = teacher();
  const auto c = course_of(who);
  const moment m{later, uuid::make_v7()};
  const auto size = rules::bytes_of(c);
  CHECK(size > 1000);

  actors::put_lesson step;
  step.who = who;
  step.section = c.sections[0].id;
  step.draft.title = "Second";
  step.draft.content = std::string(5000, 'y');
  step.most_bytes = size + 4000;
  const auto refused = decide(c, step, m);
  REQUIRE_FALSE(refused);
  CHECK(refused.refusal().code == "COURSE_TOO_LARGE");
  CHECK(refused.refusal().kind == fault_kind::rejected);
  step.most_bytes = size + 8000;
  CHECK(decide(c, step, m)->next);

  actors::change_course told;
  told.who = who;
  told.draft.description = std::string(5000, 'z');
  told.most_bytes = size;
  CHECK(decide(c, told, m).refusal().code == "COURSE_TOO_LARGE");
  actors::put_section part{who, std::nullopt, {"More", std::string(4000, 's'), {}}, size};
  CHECK(decide(c, part, m).refusal().code == "COURSE_TOO_LARGE");

  // The bound was lowered: what is too large may still become smaller.
  step = {};
  step.who = who;
  step.id = c.sections[0].lessons[0].id;
  step.draft.content = std::string(500, 'x');
  step.most_bytes = 100;
  CHECK(decide(c, step, m)->next);
  step.draft.content = std::string(1500, 'x');
  CHECK(decide(c, step, m).refusal().code == "COURSE_TOO_LARGE");
}

TEST_CASE("categories whose names differ in signs have addresses of their own", "[course]") {
  CHECK(actors::category_slug("C") == "c");
  CHECK(actors::category_slug("C++") == "cplusplus");
  CHECK(actors::category_slug("C#") == "csharp");
  CHECK(actors::category_slug(".NET") == "dotnet");
  CHECK(actors::category_slug("Net") == "net");
  CHECK(actors::category_slug("Caf\u00e9 & Bar") == "cafe-bar");
  CHECK(actors::category_slug("Data Science") == "data-science");
  CHECK(actors::category_slug("Item #3") == "item-3");
  CHECK(actors::category_slug("???") == "category");
  CHECK(actors::category_slug("Course") == "course");
}
