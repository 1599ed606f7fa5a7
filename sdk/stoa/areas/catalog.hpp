// The catalogue: finding published courses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stoa/areas/courses.hpp"
#include "stoa/ids.hpp"
#include "stoa/registry.hpp"
#include "stoa/task.hpp"

namespace stoa {

namespace areas {
inline constexpr area catalog{"catalog", 1};
}

/// A filter over published courses. Empty members do not filter.
struct catalog_query {
  std::string category;  ///< id, name (without case and accents) or slug
  std::optional<course_level> level;
  std::optional<std::int64_t> min_price, max_price;  ///< minor units, both inclusive
  std::optional<double> rating_min;
  std::string language;
  std::string search;
  std::optional<user_id> instructor;
  std::optional<bool> free, bestseller;
  std::optional<course_status> status;  ///< of what somebody teaches; the catalogue is of published courses
  /// A key of `orderings` with an optional leading `-`; empty: a search by relevance, anything else the newest first.
  std::string ordering;
  int page = 1;
  int page_size = 20;

  /// The same text for the same filter: the key of cached pages.
  std::string normalized() const;
};

/// One page of the catalogue: immutable.
struct catalog_page {
  std::int64_t count = 0;
  std::vector<course_ptr> courses;
  std::int64_t version = 0;  ///< of the catalogue it was made from
};
using catalog_page_ptr = std::shared_ptr<const catalog_page>;

/// Finding courses. Thread-safe; answers from memory, and `unavailable` until that is filled.
class catalog {
 public:
  static constexpr interface_id interface { areas::catalog, "catalog" };
  virtual ~catalog();
  /// Faults: INVALID_ORDERING (invalid, field `ordering`).
  virtual task<catalog_page_ptr> page(catalog_query query) = 0;
  /// What that person teaches, or without one everybody, drafts included, the newest first. Of the query count
  /// `category`, `level`, `search`, `status` and the page. Read from the database each time.
  virtual task<catalog_page_ptr> taught_by(std::optional<user_id> instructor, catalog_query query) = 0;
  virtual task<std::vector<category>> categories() = 0;
  /// Rises with every change that a page could show.
  virtual std::int64_t version() const noexcept = 0;
  /// The sort keys: title, price, rating, students, created_at, updated_at, duration, ...
  virtual const std::vector<std::string>& orderings() const = 0;
};

}  // namespace stoa
