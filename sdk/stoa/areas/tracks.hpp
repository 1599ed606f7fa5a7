// Tracks: courses that learners are led through one after another, for one price. Operators edit them (`stoa track`).
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/areas/orders.hpp"
#include "stoa/ids.hpp"
#include "stoa/registry.hpp"
#include "stoa/result.hpp"
#include "stoa/task.hpp"

namespace stoa {

namespace areas {
inline constexpr area tracks{"tracks", 1};
}

/// A track as operators wrote it.
struct track {
  std::string code;  ///< `DP`: letters, digits, `_` and `-`; found in any case
  std::string title;
  std::string description;
  std::int64_t price_minor = 0;  ///< of all its courses together; 0: it is not sold, its courses are entered one by one
  std::string currency = "usd";
  bool open = true;                ///< whether learners may choose it now
  int position = 0;                ///< its place among the others
  std::vector<course_id> courses;  ///< in the order in which they are taken
};
BOOST_DESCRIBE_STRUCT(track, (), (code, title, description, price_minor, currency, open, position, courses))

/// Characters of a track's texts, and how many courses it may have.
struct track_limits {
  static constexpr std::size_t code = 32;
  static constexpr std::size_t title = 200;
  static constexpr std::size_t description = 5000;
  static constexpr std::size_t courses = 200;
  static constexpr std::int64_t price_minor = 9'999'999'999;
};

fault track_not_found();  ///< TRACK_NOT_FOUND

/// What of a track's courses is bought together: its price is for all of them.
bundle bundle_of(const track& t);

/// Faults: TRACK_NOT_FOUND (not_found), those of `put` (invalid, with fields), UNKNOWN_COURSE (invalid, field
/// `courses`), `unavailable` while the database is away.
/// Thread-safe. The core owns it and keeps it for as long as any plugin; who awaits goes on where it was begun.
class tracks {
 public:
  static constexpr interface_id interface { areas::tracks, "tracks" };
  virtual ~tracks();

  /// Those that learners may choose, in their order.
  virtual task<std::vector<track>> list() = 0;
  /// All of them, for operators.
  virtual task<std::vector<track>> all() = 0;
  /// One by its code in any case, open or not.
  virtual task<track> get(std::string code) = 0;
  /// Makes or replaces a track.
  virtual task<done> put(track t) = 0;
  /// Takes a track away; whoever is in it keeps its name. Orders and enrolments stay.
  virtual task<done> remove(std::string code) = 0;
};

}  // namespace stoa
