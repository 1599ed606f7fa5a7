// learnflow: how courses and reviews look, and their bodies kept encoded.
//
// A body is encoded once per course version and visibility, with holes for the flags and the progress that are one
// person's own; they hold those of somebody who has touched nothing.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/catalog/page_cache.hpp"
#include "api/domain.hpp"
#include "stoa/routes.hpp"
#include "stoa/wire_url.hpp"

namespace stoa::learnflow {

struct course_teacher {
  user_id id;
  std::string first_name, last_name;
};
BOOST_DESCRIBE_STRUCT(course_teacher, (), (id, first_name, last_name))

/// One person's own of a course in a list.
struct course_flags {
  bool enrolled = false, in_cart = false, in_wishlist = false;
  bool any() const { return enrolled || in_cart || in_wishlist; }
};
BOOST_DESCRIBE_STRUCT(course_flags, (), (enrolled, in_cart, in_wishlist))

/// A course in a list.
struct course_item {
  course_id id;
  std::string title, slug, short_description, category;
  course_teacher instructor;
  wire::shown_url thumbnail;
  wire::rounded<1> rating;
  std::int64_t rating_count = 0, student_count = 0, review_count = 0;
  int duration_hours = 0;
  std::string level, language;
  wire::decimal price;
  std::optional<wire::decimal> original_price;
  int discount_percent = 0;
  bool is_bestseller = false, is_new = false, is_published = false;
  timestamp last_updated;
  wire::hole<course_flags> own;
};
BOOST_DESCRIBE_STRUCT(course_item, (),
                      (id, title, slug, short_description, category, instructor, thumbnail, rating, rating_count,
                       student_count, review_count, duration_hours, level, language, price, original_price,
                       discount_percent, is_bestseller, is_new, is_published, last_updated, own))

struct teacher_profile {
  std::string bio;
  wire::shown_url profile_picture;
  std::int64_t courses_count = 0, students_count = 0;
  wire::rounded<1> rating;
};
BOOST_DESCRIBE_STRUCT(teacher_profile, (), (bio, profile_picture, courses_count, students_count, rating))

struct detailed_teacher {
  user_id id;
  std::string first_name, last_name, email;
  teacher_profile profile;
};
BOOST_DESCRIBE_STRUCT(detailed_teacher, (), (id, first_name, last_name, email, profile))

/// One person's own of a lesson.
struct lesson_progress {
  bool completed = false;
  std::int64_t watch_time_seconds = 0;
};
BOOST_DESCRIBE_STRUCT(lesson_progress, (), (completed, watch_time_seconds))

struct lesson_view {
  lesson_id id;
  std::string title, description, kind;
  int duration_minutes = 0, order = 0;
  bool is_preview = false;
  std::optional<std::string> video_url;
  std::optional<std::vector<std::string>> resources;
  std::optional<std::string> content;
  wire::hole<lesson_progress> own;
};
BOOST_DESCRIBE_STRUCT(lesson_view, (),
                      (id, title, description, kind, duration_minutes, order, is_preview, video_url, resources, content,
                       own))

struct section_view {
  section_id id;
  std::string title, description;
  int order = 0, total_lessons = 0, total_duration_minutes = 0;
  std::vector<lesson_view> lessons;
};
BOOST_DESCRIBE_STRUCT(section_view, (), (id, title, description, order, total_lessons, total_duration_minutes, lessons))

struct review_author {
  user_id id;
  std::string first_name, last_name;
  wire::shown_url avatar;
};
BOOST_DESCRIBE_STRUCT(review_author, (), (id, first_name, last_name, avatar))

struct review_view {
  review_id id;
  review_author author;
  int rating = 0;
  std::string title, comment;
  std::int64_t helpful_count = 0;
  std::string created_at;  ///< in words in lists, RFC 3339 where the review was just written
  timestamp created_at_iso;
  std::optional<std::string> reply;  ///< of the course's instructor
  std::optional<timestamp> replied_at;
};
BOOST_DESCRIBE_STRUCT(review_view, (),
                      (id, author, rating, title, comment, helpful_count, created_at, created_at_iso, reply,
                       replied_at))

struct review_block {
  std::int64_t count = 0;
  wire::rounded<1> average_rating;
  std::map<std::string, std::int64_t> distribution;
  std::vector<review_view> recent;
};
BOOST_DESCRIBE_STRUCT(review_block, (), (count, average_rating, distribution, recent))

struct user_status {
  bool enrolled = false;
  std::optional<int> progress;
  bool in_cart = false, in_wishlist = false;
  std::optional<timestamp> enrollment_date;
};
BOOST_DESCRIBE_STRUCT(user_status, (), (enrolled, progress, in_cart, in_wishlist, enrollment_date))

struct own_status {
  learnflow::user_status user_status;
};
BOOST_DESCRIBE_STRUCT(own_status, (), (user_status))

/// A course with everything.
struct course_detail {
  course_id id;
  std::string title, slug, description, short_description, category;
  detailed_teacher instructor;
  wire::shown_url thumbnail, preview_video_url;
  wire::rounded<1> rating;
  std::int64_t rating_count = 0, student_count = 0, review_count = 0;
  int duration_hours = 0;
  std::string level, language;
  wire::decimal price;
  std::optional<wire::decimal> original_price;
  int discount_percent = 0;
  bool is_bestseller = false, is_new = false, is_published = false;
  timestamp last_updated;
  bool certificate_included = false;
  std::vector<std::string> outcomes, requirements, target_audience, tags;
  std::vector<section_view> curriculum;
  review_block reviews;
  wire::hole<own_status> own;
};
BOOST_DESCRIBE_STRUCT(course_detail, (),
                      (id, title, slug, description, short_description, category, instructor, thumbnail,
                       preview_video_url, rating, rating_count, student_count, review_count, duration_hours, level,
                       language, price, original_price, discount_percent, is_bestseller, is_new, is_published,
                       last_updated, certificate_included, outcomes, requirements, target_audience, tags, curriculum,
                       reviews, own))

course_item to_item(const course& c, timestamp now);
/// `entitled` shows the content of lessons that are no previews.
course_detail to_detail(const course& c, bool entitled, timestamp now, const lesson_contents& contents = {});
lesson_view to_view(const lesson& l, bool entitled, const lesson_contents& contents = {});
section_view to_view(const section& s, bool entitled, const lesson_contents& contents = {});
/// With `created_at` in words.
review_view to_view(const review& r, timestamp now);

/// What the person who asks has to do with courses; null members for somebody anonymous.
struct personal {
  learner_ptr learner;
  cart_ptr cart;
  wishlist_ptr wishlist;
};
/// From the snapshots in memory; loads what is not there.
task<personal> personal_of(stoa::domain& domain, const caller& who);

/// An encoded course, cut where the person's own status belongs.
struct detail_body {
  std::weak_ptr<const course> of;  ///< kept bodies keep no snapshot in memory
  timestamp made_at, good_until;
  std::shared_ptr<const std::string> text;                        ///< up to that place
  std::string behind;                                             ///< from there on
  std::vector<std::pair<lesson_id, json_writer::hole>> progress;  ///< of each lesson, in the text's order
};
std::shared_ptr<const detail_body> encode_detail(const course_ptr& c, bool entitled, timestamp now,
                                                 const lesson_contents& contents = {});
/// The whole answer for one person.
reply detail_reply(const detail_body& body, const course& c, const personal& mine, int status = 200);

/// The encoded results of a catalogue page, without the envelope.
struct page_body {
  catalog_page_ptr of;
  timestamp made_at, good_until;
  std::shared_ptr<const std::string> text;
  std::vector<json_writer::hole> flags;  ///< of each course
};
std::shared_ptr<const page_body> encode_page(const catalog_page_ptr& p, timestamp now);
/// `text` with the flags of one person; the shared text itself where nothing is theirs.
body_piece page_results(const page_body& body, const personal& mine);

/// Encoded bodies beside their snapshots. Thread-safe; within budgets of bytes, those go first that were asked for
/// longest ago.
class course_bodies {
 public:
  /// The body that is kept; null where it has to be made, by `detail`.
  std::shared_ptr<const detail_body> ready(const course_ptr& c, bool entitled, timestamp now);
  std::shared_ptr<const detail_body> detail(const course_ptr& c, bool entitled, timestamp now,
                                            const lesson_contents& contents = {});
  std::shared_ptr<const page_body> page(const catalog_page_ptr& p, timestamp now);

 private:
  using details = actors::versioned_cache<std::shared_ptr<const detail_body>, course_id>;

  static constexpr std::size_t detail_bytes = 64u << 20;
  static constexpr std::size_t page_bytes = 32u << 20;
  static constexpr std::size_t most_pages = 512;
  static constexpr std::size_t shards = 16;

  details& shard_of(course_id id, bool entitled) {
    return details_[(std::hash<course_id>{}(id) >> 7) % shards * 2 + (entitled ? 1 : 0)];
  }

  template <std::size_t... I>
  static std::array<details, sizeof...(I)> sharded(std::index_sequence<I...>) {
    return {((void)I, details(~std::size_t{0}, detail_bytes / sizeof...(I)))...};
  }

  std::array<details, shards* 2> details_ = sharded(std::make_index_sequence<shards * 2>());
  /// A body keeps its page alive: no other one gets its address.
  actors::versioned_cache<std::shared_ptr<const page_body>, const catalog_page*> pages_{most_pages, page_bytes};
};

}  // namespace stoa::learnflow
