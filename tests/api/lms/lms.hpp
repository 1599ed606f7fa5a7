// What lms's tests share: its address, its courses and the shape of its refusals.
#pragma once

#include <string>
#include <vector>

#include "tests/api/learnflow/learnflow.hpp"

namespace stoa::testing {

/// lms's own address, for nobody and for somebody.
client lms();
client lms(const person& who);

/// Whether that answer is lms's envelope with that status and code: what is wrong with it, or nothing.
std::string not_refused_by_lms(const response& answer, int status, const std::string& code);
/// Whether it is the documented list of fields, this one among them.
std::string not_invalid(const response& answer, const std::string& field);

struct lms_course {
  std::string id, title;
  std::vector<std::string> lessons;
};
/// Builds a free course by lms's endpoints.
lms_course lms_course_of(const person& by, int lessons, bool published = true);
/// Somebody with the role of an administrator.
person administrator();

/// An id that nobody has.
inline constexpr const char* unknown_id = "3f0b7f7e-0000-7000-8000-000000000000";

}  // namespace stoa::testing

#define CHECK_LMS_REFUSED(answer, status, code) CHECK(not_refused_by_lms(answer, status, code) == "")
#define CHECK_INVALID(answer, field) CHECK(not_invalid(answer, field) == "")
