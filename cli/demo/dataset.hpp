// The rows of the demo, as they go into the tables, before anything is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stoa/ids.hpp"
#include "stoa/time.hpp"

namespace stoa::demo {

struct account_row {
  uuid id;
  std::string email, username;  ///< in lower case, so they are their own keys
  std::string first_name, last_name, bio, avatar_url, country, timezone;
  unsigned roles = 0;
  std::optional<int> target_hours;  ///< of the learner's root
  timestamp created_at;
};

struct category_row {
  uuid id;
  std::string slug, name;
};

struct course_row {
  uuid id, instructor;
  std::int64_t number = 0;  ///< 0: the next one
  std::string category_slug;
  std::string title, slug, short_description, description, detailed_description, level, language;
  std::int64_t price_minor = 0;
  std::optional<std::int64_t> original_minor;
  std::string thumbnail_url, preview_video_url;
  std::vector<std::string> outcomes, requirements, target_audience, tags;
  int duration_weeks = 0;
  timestamp created_at, updated_at;
  std::optional<timestamp> published_at;  ///< none: a draft
  // What course_numbers gets; kept in step with the enrolments and reviews of the same dataset.
  std::int64_t students = 0;
  std::int64_t ratings[5]{};
};

struct section_row {
  uuid id, course;
  std::int64_t number = 0;
  std::string title, description;
  int position = 0;
  timestamp created_at, updated_at;
};

struct lesson_row {
  uuid id, course, section;
  std::int64_t number = 0;
  std::string title, description, kind, video_url, content;
  std::vector<std::string> resources;
  int minutes = 0;
  int position = 0;
  bool preview = false;
  timestamp created_at, updated_at;
};

struct order_row {
  uuid id, buyer;
  std::string status;
  std::int64_t total_minor = 0;
  timestamp created_at;
  std::optional<timestamp> completed_at;
};

struct order_item_row {
  uuid id, order, buyer, course;
  std::string title;
  std::int64_t price_minor = 0;
  int position = 0;
};

struct enrollment_row {
  uuid id, user, course;
  std::optional<uuid> order;
  timestamp enrolled_at, last_accessed_at;
  std::optional<timestamp> completed_at;
};

struct progress_row {
  uuid enrollment, lesson, user;
  std::optional<timestamp> completed_at;
  std::int64_t watch_seconds = 0;
  timestamp updated_at;
};

struct review_row {
  uuid id, course, user;
  int rating = 0;
  std::string title, comment;
  std::int64_t helpful = 0;
  timestamp created_at;
};

struct vote_row {
  uuid review, user;
};

/// A course that lies in a cart or on a wishlist.
struct kept_row {
  uuid id, user, course;
  timestamp added_at;
};

struct dataset {
  std::vector<account_row> accounts;
  std::vector<category_row> categories;
  std::vector<course_row> courses;
  std::vector<section_row> sections;
  std::vector<lesson_row> lessons;
  std::vector<order_row> orders;
  std::vector<order_item_row> order_items;
  std::vector<enrollment_row> enrollments;
  std::vector<progress_row> progress;
  std::vector<review_row> reviews;
  std::vector<vote_row> votes;
  std::vector<kept_row> cart_items, wishlist_items;
};

}  // namespace stoa::demo
