// What classic's tests share: its address, its courses, its shapes and the shape of its refusals.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/api/learnflow/learnflow.hpp"

namespace stoa::testing {

/// classic's own address, for nobody and for somebody.
client classic();
client classic(const person& who);

/// Whether that answer is classic's envelope with that status and code: what is wrong with it, or nothing.
std::string not_refused_by_classic(const response& answer, int status, const std::string& code);
/// Whether it is a 400 whose details name that field.
std::string not_invalid_for_classic(const response& answer, const std::string& field);

struct classic_course {
  std::int64_t id = 0;
  std::string title, path;
  std::vector<std::int64_t> lessons;
};
/// Builds a free course by classic's endpoints.
classic_course classic_course_of(const person& by, int lessons, bool published = true);
/// Enters it; the enrolment's number.
std::int64_t enter(const person& who, const classic_course& into);
/// Whether a page of courses shows that one.
bool lists(const response& page, std::int64_t id);

/// A number that nobody has.
inline constexpr const char* unknown_number = "987654321098765";

}  // namespace stoa::testing

#define CHECK_CLASSIC_REFUSED(answer, status, code) CHECK(not_refused_by_classic(answer, status, code) == "")
#define CHECK_CLASSIC_INVALID(answer, field) CHECK(not_invalid_for_classic(answer, field) == "")
