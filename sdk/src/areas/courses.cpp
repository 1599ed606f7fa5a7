#include "stoa/areas/courses.hpp"

#include <algorithm>
namespace stoa {

std::string_view name_of(course_status s) noexcept {
  switch (s) {
    case course_status::draft:
      return "draft";
    case course_status::published:
      return "published";
    case course_status::archived:
      return "archived";
    case course_status::removed:
      return "removed";
  }
  return "";
}

std::optional<course_status> course_status_named(std::string_view name) noexcept {
  for (const auto s : {course_status::draft, course_status::published, course_status::archived, course_status::removed})
    if (name_of(s) == name) return s;
  return std::nullopt;
}

const std::string& content_of(const lesson& l, const lesson_contents& read) {
  const auto found = l.content_elsewhere > 0 ? read.find(l.id) : read.end();
  return found == read.end() ? l.content : found->second;
}

std::string_view name_of(course_level l) noexcept {
  switch (l) {
    case course_level::beginner:
      return "beginner";
    case course_level::intermediate:
      return "intermediate";
    case course_level::advanced:
      return "advanced";
  }
  return "";
}

std::string_view title_of(course_level l) noexcept {
  switch (l) {
    case course_level::beginner:
      return "Beginner";
    case course_level::intermediate:
      return "Intermediate";
    case course_level::advanced:
      return "Advanced";
  }
  return "";
}

std::optional<course_level> course_level_named(std::string_view name) noexcept {
  const auto same = [&](std::string_view word) {
    return std::equal(word.begin(), word.end(), name.begin(), name.end(),
                      [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b); });
  };
  for (const auto l : {course_level::beginner, course_level::intermediate, course_level::advanced})
    if (same(name_of(l))) return l;
  return std::nullopt;
}

int section::duration_minutes() const {
  int total = 0;
  for (const auto& l : lessons) total += l.duration_minutes;
  return total;
}

course_offer offer_of(const course& c) { return {c.id, c.title, c.price, c.status, c.total_lessons()}; }

int course::total_lessons() const {
  if (totals) return totals->lessons;
  std::size_t total = 0;
  for (const auto& s : sections) total += s.lessons.size();
  return static_cast<int>(total);
}

int course::total_minutes() const {
  if (totals) return totals->minutes;
  int total = 0;
  for (const auto& s : sections) total += s.duration_minutes();
  return total;
}

int course::duration_hours() const { return total_lessons() == 0 ? 0 : std::max(1, (total_minutes() + 30) / 60); }

const lesson* course::find_lesson(lesson_id id) const {
  for (const auto& s : sections)
    for (const auto& l : s.lessons)
      if (l.id == id) return &l;
  return nullptr;
}

std::vector<const lesson*> course::lessons_in_order() const {
  std::vector<const lesson*> all;
  for (const auto& s : sections)
    for (const auto& l : s.lessons) all.push_back(&l);
  return all;
}

courses::~courses() = default;

fault not_found(const course_id&) {
  return {fault_kind::not_found, "COURSE_NOT_FOUND", "The requested course does not exist"};
}

fault not_found(const section_id&) {
  return {fault_kind::not_found, "SECTION_NOT_FOUND", "The requested section does not exist"};
}

fault not_found(const lesson_id&) {
  return {fault_kind::not_found, "LESSON_NOT_FOUND", "The requested lesson does not exist"};
}

fault not_found(const review_id&) {
  return {fault_kind::not_found, "REVIEW_NOT_FOUND", "The requested review does not exist"};
}

}  // namespace stoa
