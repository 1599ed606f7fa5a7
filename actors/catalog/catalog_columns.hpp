// The published courses as columns: what the catalogue filters and orders by, about two hundred bytes a course. Plain
// data, no threads: whoever owns it sees to it that nobody reads while it changes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/catalog/slots.hpp"
#include "actors/course/course_rules.hpp"
#include "stoa/areas/courses.hpp"

namespace stoa::actors {

/// What a catalogue can be ordered by. Ties are broken by the id, ascending in both directions.
enum class catalog_order : std::uint8_t {
  published_at,
  title,
  price,
  rating,
  students,
  review_count,
  created_at,
  updated_at,
  duration
};
inline constexpr std::size_t catalog_orders = 9;

/// What is known of one published course.
struct catalog_entry {
  course_id id;
  std::int64_t number = 0;
  std::int64_t version = 0;
  user_id instructor;
  category_id category;  ///< nil: none
  course_level level = course_level::beginner;
  std::string language;   ///< folded: compared as it is
  std::string title_key;  ///< in the order of these bytes the titles are ordered
  std::int64_t price_minor = 0, students = 0, rating_count = 0, rating_sum = 0;
  int minutes = 0;
  std::int64_t published_at = 0, created_at = 0, updated_at = 0;  ///< microseconds since 1970
  /// The transactions that wrote the course's row and that of its numbers; 0: not known.
  std::uint32_t row_mark = 0, numbers_mark = 0;
};

/// What passes. Empty members let everything pass.
struct catalog_filter {
  std::optional<category_id> category;
  std::optional<course_level> level;
  std::optional<std::int64_t> min_price, max_price;
  std::optional<double> rating_min;
  std::string language;  ///< folded
  std::optional<user_id> instructor;
  std::optional<bool> free, bestseller;

  bool any() const;
  std::string key() const;  ///< the same for the same filter
};

/// What a search found: all of it, and the part that was found in titles.
struct catalog_hits {
  slot_set all, in_title;
  bool words = true;  ///< false: there were only signs to look for, which is nothing to find and nothing to miss
};

/// A page of the catalogue as places in its columns.
struct catalog_slice {
  std::int64_t count = 0;
  std::vector<slot> slots;
};

/// How rows of 1024 consecutive numbers stand, to be compared with what the database says of them.
struct catalog_bucket {
  std::int64_t count = 0, sum = 0;
  friend bool operator==(const catalog_bucket&, const catalog_bucket&) = default;
};
inline constexpr std::int64_t numbers_in_bucket = 1024;
/// What a course adds to its bucket's sum; the store's check computes the same.
constexpr std::int64_t bucket_part(std::int64_t number, std::uint32_t row_mark, std::uint32_t numbers_mark) {
  return (number * 97 + std::int64_t{row_mark} * 1000003 + std::int64_t{numbers_mark} * 10007) % 2147483647;
}

class catalog_columns {
 public:
  /// Takes these entries in, new or in place of those of the same id, and takes those ids out. Large batches are cheap.
  void apply(const std::vector<catalog_entry>& put, const std::vector<course_id>& gone);

  std::size_t size() const noexcept { return by_id_.size(); }
  slot find(course_id id) const;  ///< no_slot where there is none
  slot numbered(std::int64_t number) const;
  catalog_entry entry(slot s) const;

  course_id id(slot s) const { return id_[s]; }
  std::int64_t version(slot s) const { return version_[s]; }
  std::int64_t students(slot s) const { return students_[s]; }
  std::int64_t rating_count(slot s) const { return rating_count_[s]; }
  std::int64_t rating_sum(slot s) const { return rating_sum_[s]; }
  bool teaches(user_id instructor) const;
  bool bestseller(slot s) const {
    return students_[s] >= std::max(course_rules::bestseller_students, marks_[category_[s]]);
  }

  /// Another number after every change, in all columns there are.
  std::int64_t generation() const noexcept { return generation_; }
  /// What passes: good for as long as the generation stays.
  slot_set passing(const catalog_filter& f) const;

  /// The page, and how many there are. With `among` only what a search found; `passed` is what `passing` said of `f`,
  /// where somebody has kept it.
  catalog_slice page(const catalog_filter& f, catalog_order order, bool descending, std::size_t offset,
                     std::size_t limit, const catalog_hits* among = nullptr, const slot_set* passed = nullptr) const;
  /// The same in the order of relevance: titles that are what was searched for, then what was found in titles, then the
  /// rest; the newest first in each.
  catalog_slice relevant(const catalog_filter& f, const catalog_hits& among, std::string_view exact_title_key,
                         std::size_t offset, std::size_t limit, const slot_set* passed = nullptr) const;

  /// Measures anew what makes a bestseller: the tenth of each category with most students.
  void measure_bestsellers();

  /// By number / 1024.
  std::unordered_map<std::int64_t, catalog_bucket> buckets() const;
  std::vector<course_id> in_bucket(std::int64_t bucket) const;

  std::size_t bytes() const;

 private:
  using permutation = std::vector<slot>;

  /// A text of up to 65,535 bytes behind one pointer.
  class short_text {
   public:
    short_text() = default;
    explicit short_text(std::string_view t) : data_(std::make_unique_for_overwrite<char[]>(t.size() + 2)) {
      const auto n = static_cast<std::uint16_t>(t.size());
      std::memcpy(data_.get(), &n, 2);
      std::memcpy(data_.get() + 2, t.data(), t.size());
    }
    std::string_view view() const {
      if (!data_) return {};
      std::uint16_t n;
      std::memcpy(&n, data_.get(), 2);
      return {data_.get() + 2, n};
    }

   private:
    std::unique_ptr<char[]> data_;
  };

  /// Values that many courses share, by index. Index 0 is the nil value.
  template <class T>
  struct shared_values {
    std::vector<T> values{T{}};
    std::unordered_map<T, std::uint32_t> known{{T{}, 0}};

    std::uint32_t take(const T& v) {
      const auto [it, fresh] = known.try_emplace(v, static_cast<std::uint32_t>(values.size()));
      if (fresh) values.push_back(v);
      return it->second;
    }
    std::optional<std::uint32_t> find(const T& v) const {
      const auto it = known.find(v);
      if (it == known.end()) return std::nullopt;
      return it->second;
    }
  };

  std::int64_t number_key(catalog_order o, slot s) const;
  std::int64_t key_of(catalog_order o, const catalog_entry& e) const;
  bool same_key(catalog_order o, slot a, slot b) const;
  bool before(catalog_order o, slot a, slot b) const;
  bool moves(catalog_order o, slot s, const catalog_entry& e) const;
  void write(slot s, const catalog_entry& e);
  slot make_slot();
  void clear(slot s);
  void sort(catalog_order o, permutation& all) const;
  void take_out(std::size_t order, const permutation& those);
  void put_in(std::size_t order, permutation those);
  permutation& ordered(std::size_t order) { return order < catalog_orders ? by_[order] : by_id_; }
  bool in_order(std::size_t order, slot a, slot b) const {
    return order < catalog_orders ? before(static_cast<catalog_order>(order), a, b) : id_[a] < id_[b];
  }

  void changed();
  std::ptrdiff_t nth(const permutation& p, const slot_set* of, std::size_t n, std::size_t count) const;
  std::pair<std::ptrdiff_t, std::ptrdiff_t> equals(catalog_order o, const permutation& p, std::ptrdiff_t at) const;
  void take(catalog_order o, bool descending, const slot_set* of, std::size_t count, std::size_t offset,
            std::size_t limit, std::vector<slot>& into) const;
  void take_few(catalog_order o, bool descending, const slot_set& of, std::size_t offset, std::size_t limit,
                std::vector<slot>& into) const;

  // One value a slot. A slot that is free has the nil id.
  std::vector<course_id> id_;
  std::vector<std::int64_t> number_, version_, price_, published_, created_, updated_;
  std::vector<std::int32_t> students_, rating_count_, minutes_;
  std::vector<std::int64_t> rating_sum_;
  std::vector<std::uint32_t> category_, language_, instructor_, row_mark_, numbers_mark_;
  std::vector<course_level> level_;
  std::vector<short_text> title_;

  std::int64_t generation_ = 0;
  std::vector<slot> free_;
  slot_set live_;
  std::array<permutation, catalog_orders> by_;
  permutation by_id_;
  shared_values<category_id> categories_;
  shared_values<std::string> languages_;
  shared_values<user_id> instructors_;
  std::vector<std::int64_t> marks_{0};  ///< by category: students of the last within the best tenth
  std::unordered_map<std::int64_t, std::unique_ptr<std::array<slot, numbers_in_bucket>>> numbered_;
};

}  // namespace stoa::actors
