// People and courses in a house of the test's own process, made through the front door.
#pragma once

#include <string>

#include "tests/support/house.hpp"

namespace stoa::testing {

inline const std::string learnflow_base = "/learnflow/api/v1";

/// A client of learnflow for somebody, signed in just now: the clock may have been moved since the last time.
inline testing::client signed_in_at(const test_house& h, const person& who) {
  const auto in =
      h.client().post(learnflow_base + "/auth/login/", object({{"email", who.email}, {"password", who.password}}));
  REQUIRE_STATUS(in, 200);
  return h.client().as(in.text("access_token")).below(learnflow_base);
}

/// Somebody who may write courses.
inline person teacher_at(const test_house& h) {
  const auto who = account_at(h.client());
  REQUIRE_STATUS(h.client().as(who.access).post("/apranova/api/users/update-role/", object({{"role", "trainer"}})),
                 200);
  return who;
}

/// A published course with one lesson; its id.
inline std::string course_at(const test_house& h, const person& teacher, const std::string& price) {
  const auto author = signed_in_at(h, teacher);
  const auto course = author.post("/courses/", object({{"title", "A course for " + price},
                                                       {"description", "A course that somebody wants."},
                                                       {"short_description", "Somebody wants it."},
                                                       {"category", "Development"},
                                                       {"level", "beginner"},
                                                       {"language", "English"},
                                                       {"price", price}}));
  REQUIRE_STATUS(course, 201);
  const auto id = course.text("id");
  const auto part = author.post("/courses/" + id + "/sections/", object({{"title", "One"}}));
  REQUIRE_STATUS(part, 201);
  REQUIRE_STATUS(
      author.post("/sections/" + part.text("id") + "/lessons/", object({{"title", "First"}, {"duration_minutes", 10}})),
      201);
  REQUIRE_STATUS(author.post("/courses/" + id + "/publish/", "{}"), 200);
  return id;
}

}  // namespace stoa::testing
