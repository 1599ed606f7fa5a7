#include "tests/durability/shop.hpp"

namespace stoa::testing {
namespace {

std::string publish_course(const client& teacher, int number, double price) {
  auto made =
      teacher.post("/learnflow/api/v1/courses/", object({{"title", "Course " + std::to_string(number)},
                                                         {"short_description", "One of many"},
                                                         {"description", "A course to be bought, again and again."},
                                                         {"level", "Beginner"},
                                                         {"price", price}}));
  REQUIRE_STATUS(made, 201);
  const auto id = made.text("id");
  auto section = teacher.post("/learnflow/api/v1/courses/" + id + "/sections/", object({{"title", "All of it"}}));
  REQUIRE_STATUS(section, 201);
  for (int lesson = 1; lesson <= 6; ++lesson) {
    auto added = teacher.post("/learnflow/api/v1/sections/" + section.text("id") + "/lessons/",
                              object({{"title", "Lesson " + std::to_string(lesson)}, {"duration_minutes", 10}}));
    REQUIRE_STATUS(added, 201);
  }
  auto published = teacher.post("/learnflow/api/v1/courses/" + id + "/publish/");
  REQUIRE_STATUS(published, 200);
  return id;
}

}  // namespace

shop open_shop(const server& at, int count) {
  shop goods;
  goods.teacher = fresh_instructor(at);
  const auto teacher = at.client().as(goods.teacher.access);
  for (int i = 0; i < count; ++i) goods.paid.push_back(publish_course(teacher, i, 49.99));
  goods.free.push_back(publish_course(teacher, count, 0));
  return goods;
}

}  // namespace stoa::testing
