// The demo's handwritten texts: categories, people, courses, what reviewers say.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "stoa/areas/courses.hpp"

namespace stoa::demo {

struct category_text {
  std::string_view slug, name;
  std::string_view requirement;  ///< what every course of the category asks for
  std::string_view audience;     ///< whom it is for, as the object of "for"
};

struct person_text {
  std::string_view first_name, last_name;
  std::string_view email;  ///< empty: made of the names
  std::string_view country, timezone;
  std::string_view bio;
};

/// How well a course is liked: what its ratings are drawn from.
enum class appeal { mixed, good, loved };

/// Ages count days before the load; `draft` courses were never published.
inline constexpr int draft = -1;

struct course_text {
  std::string_view category;
  course_level level;
  std::string_view language;
  std::string_view title;
  std::string_view summary;
  std::array<std::string_view, 5> topics;  ///< noun phrases: sections, and the subjects of lessons
  std::array<std::string_view, 3> outcomes;
  std::string_view requirement;
  std::int64_t price_minor;
  std::int64_t original_minor;  ///< 0: none
  int instructor;               ///< index into `instructors()`
  appeal liked;
  int age_days;
};

/// How titles of lessons and the description are put together in a language; `{}` is the topic.
struct phrasing {
  std::string_view language;
  std::array<std::string_view, 8> lessons;
  std::array<std::string_view, 8> alternatives;
  std::string_view covers;  ///< introduces the list of topics
  std::string_view conjunction;
  std::string_view section;                   ///< describes a section
  std::string_view video, exercise, article;  ///< describe a lesson
};

struct review_text {
  int rating;
  std::string_view title, comment;  ///< `{}` is one of the course's topics
};

std::span<const category_text> categories();
std::span<const person_text> instructors();
std::span<const person_text> students();
std::span<const course_text> courses();
std::span<const review_text> review_texts();
const phrasing& phrasing_of(std::string_view language);
/// What the titles of generated courses begin with.
std::span<const std::string_view> variations();

}  // namespace stoa::demo
