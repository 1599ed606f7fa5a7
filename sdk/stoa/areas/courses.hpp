// Courses: their content, reviews and numbers.
#pragma once

#include <boost/describe.hpp>
#include <string_view>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "stoa/events.hpp"
#include "stoa/ids.hpp"
#include "stoa/money.hpp"
#include "stoa/registry.hpp"
#include "stoa/routes.hpp"
#include "stoa/task.hpp"
#include "stoa/time.hpp"

namespace stoa {

namespace areas {
inline constexpr area courses{"courses", 1};
}

/// `archived`: off sale, for its author to keep, and for those who had entered it. `removed`: gone for everybody but
/// those.
enum class course_status { draft, published, archived, removed };
std::string_view name_of(course_status s) noexcept;
std::optional<course_status> course_status_named(std::string_view name) noexcept;

enum class course_level { beginner, intermediate, advanced };
/// `beginner`.
std::string_view name_of(course_level l) noexcept;
/// `Beginner`.
std::string_view title_of(course_level l) noexcept;
/// Any case.
std::optional<course_level> course_level_named(std::string_view name) noexcept;

/// What courses are sorted by; anybody who writes a course may name a new one, up to a bound.
struct category {
  category_id id;
  std::int64_t number = 0;
  std::string name;
  std::string slug;
};
BOOST_DESCRIBE_STRUCT(category, (), (id, number, name, slug))

/// A part of a section.
struct lesson {
  lesson_id id;
  std::int64_t number = 0;
  section_id section;
  std::string title;
  std::string description;
  std::string kind = "video";  ///< video, article, quiz
  int duration_minutes = 0;
  int position = 0;  ///< 1-based within its section
  bool is_preview = false;
  std::string video_url;  ///< paid content: only for the enrolled, the owner, admins; previews for all
  std::vector<std::string> resources;
  std::string content;                 ///< in what a writer is answered; a course read says only how much there is
  std::int64_t content_elsewhere = 0;  ///< bytes of a content that is not here: `courses::contents` reads it
  timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(lesson, (),
                      (id, number, section, title, description, kind, duration_minutes, position, is_preview, video_url,
                       resources, content, content_elsewhere, created_at))

/// What lessons hold beside what courses show of them, of those that hold anything.
using lesson_contents = std::unordered_map<lesson_id, std::string>;
using lesson_contents_ptr = std::shared_ptr<const lesson_contents>;
/// Where it is: in the lesson itself or among those that were read; empty where there is none.
const std::string& content_of(const lesson& l, const lesson_contents& read);

/// A part of a course, with its lessons in order.
struct section {
  section_id id;
  std::int64_t number = 0;
  std::string title;
  std::string description;
  int position = 0;  ///< 1-based
  std::vector<lesson> lessons;
  int duration_minutes() const;
};
BOOST_DESCRIBE_STRUCT(section, (), (id, number, title, description, position, lessons))

/// Computed from what learners did.
struct course_numbers {
  std::int64_t students = 0;
  std::int64_t rating_count = 0;
  std::int64_t rating_sum = 0;
  std::array<std::int64_t, 5> distribution{};  ///< [0] counts the ones
  double rating() const {
    return rating_count ? static_cast<double>(rating_sum) / static_cast<double>(rating_count) : 0;
  }
};
BOOST_DESCRIBE_STRUCT(course_numbers, (), (students, rating_count, rating_sum, distribution))

/// The instructor as shown with a course.
struct instructor {
  user_id id;
  std::int64_t number = 0;
  std::string first_name;
  std::string last_name;
  std::string email;
  std::string bio;
  std::string avatar_url;
  std::int64_t courses_count = 0;
  std::int64_t students_count = 0;
  double rating = 0;
};
BOOST_DESCRIBE_STRUCT(instructor, (),
                      (id, number, first_name, last_name, email, bio, avatar_url, courses_count, students_count,
                       rating))

/// What a learner thinks of a course: one of each learner, 1 to 5 stars.
struct review {
  review_id id;
  course_id course;
  user_id author;
  std::string author_first_name;
  std::string author_last_name;
  std::string author_avatar;
  int rating = 0;
  std::string title;
  std::string comment;
  std::int64_t helpful_count = 0;
  timestamp created_at;
  std::string reply;  ///< of the course's instructor; empty: none
  std::optional<timestamp> replied_at;
};
BOOST_DESCRIBE_STRUCT(review, (),
                      (id, course, author, author_first_name, author_last_name, author_avatar, rating, title, comment,
                       helpful_count, created_at, reply, replied_at))

/// What may be written about courses, wherever it comes from: characters of texts, items of lists, bounds of numbers.
struct course_limits {
  static constexpr std::size_t title = 200;  ///< of courses, sections, lessons and reviews; also of slugs
  static constexpr std::size_t short_description = 500;
  static constexpr std::size_t description = 20'000;
  static constexpr std::size_t category = 100;
  static constexpr std::size_t language = 50;
  static constexpr std::size_t listed_text = 500;        ///< an outcome, a requirement, a tag
  static constexpr std::size_t listed = 50;              ///< of each of these lists, and of a lesson's resources
  static constexpr std::size_t part_description = 5000;  ///< of sections and lessons
  static constexpr std::size_t content = 100'000;
  static constexpr int minutes = 6000;  ///< of a lesson
  static constexpr int course_minutes = 1'000'000;
  static constexpr int position = 1'000'000;
  static constexpr std::size_t comment = 5000;
  static constexpr int best_rating = 5;
};

fault not_found(const course_id&);   ///< COURSE_NOT_FOUND
fault not_found(const section_id&);  ///< SECTION_NOT_FOUND
fault not_found(const lesson_id&);   ///< LESSON_NOT_FOUND
fault not_found(const review_id&);   ///< REVIEW_NOT_FOUND

/// What a curriculum adds up to.
struct curriculum_totals {
  int lessons = 0;
  int minutes = 0;
  bool operator==(const curriculum_totals&) const = default;
};

/// One version of a course: immutable, shared by all readers.
struct course {
  course_id id;
  std::int64_t number = 0;
  std::int64_t version = 0;
  stoa::instructor instructor;
  std::string title;
  std::string slug;
  std::string short_description;
  std::string description;
  std::string detailed_description;
  std::optional<stoa::category> category;
  course_level level = course_level::beginner;
  std::string language;
  money price;
  std::optional<std::int64_t> original_price_minor;
  std::string thumbnail_url;
  std::string preview_video_url;
  bool certificate_included = true;
  std::vector<std::string> outcomes, requirements, target_audience, tags;
  int duration_weeks = 0;
  std::optional<int> estimated_minutes;  ///< what its author says it takes; see `minutes_to_take`
  course_status status = course_status::draft;
  std::vector<section> sections;  ///< in order, each with its lessons in order
  /// Present in the courses of a catalogue page only. Those hold what lists show: no sections, reviews, detailed
  /// description, preview, lists of texts or ratings by stars, and of the instructor the name and the picture.
  std::optional<curriculum_totals> totals;
  course_numbers numbers;
  bool is_bestseller = false;
  std::vector<review> recent_reviews;  ///< the newest few, most helpful first among equals
  timestamp created_at, updated_at;
  std::optional<timestamp> published_at;

  bool published() const { return status == course_status::published; }
  bool free() const { return price.minor == 0; }
  /// Published within the last 30 days.
  bool is_new(timestamp now) const { return published() && published_at && now - *published_at < days{30}; }
  int total_lessons() const;
  int total_minutes() const;
  /// Whole hours, half up, at least 1 where there is any content.
  int duration_hours() const;
  /// What its author says it takes; where they say nothing, what its lessons add up to.
  int minutes_to_take() const { return estimated_minutes.value_or(total_minutes()); }
  const lesson* find_lesson(lesson_id id) const;
  /// Lessons in the order they are taken, across sections.
  std::vector<const lesson*> lessons_in_order() const;
  bool owned_by(const caller& who) const { return who.signed_in && (who.is_admin() || who.user == instructor.id); }
};

BOOST_DESCRIBE_STRUCT(course, (),
                      (id, number, version, instructor, title, slug, short_description, description,
                       detailed_description, category, level, language, price, original_price_minor, thumbnail_url,
                       preview_video_url, certificate_included, outcomes, requirements, target_audience, tags,
                       duration_weeks, estimated_minutes, status, sections, totals, numbers, is_bestseller,
                       recent_reviews, created_at, updated_at, published_at))

using course_ptr = std::shared_ptr<const course>;

/// What those need of a course who enter it, buy it or want it: little, and read without its texts and lessons.
struct course_offer {
  course_id id;
  std::string title;
  money price;
  course_status status = course_status::draft;
  int lessons = 0;

  bool published() const { return status == course_status::published; }
  bool free() const { return price.minor == 0; }
};
BOOST_DESCRIBE_STRUCT(course_offer, (), (id, title, price, status, lessons))
course_offer offer_of(const course& c);

/// What an instructor writes. Empty optionals leave a member as it is (or at its default in a new course).
struct course_draft {
  std::optional<std::string> title, slug, short_description, description, detailed_description, category, language,
      thumbnail_url, preview_video_url;
  std::optional<course_level> level;
  std::optional<std::int64_t> price_minor;
  /// Present and empty takes the original price away.
  std::optional<std::optional<std::int64_t>> original_price_minor;
  std::optional<std::string> currency;
  std::optional<bool> certificate_included;
  std::optional<std::vector<std::string>> outcomes, requirements, target_audience, tags;
  std::optional<int> duration_weeks;
  /// Present and empty: what the lessons add up to.
  std::optional<std::optional<int>> estimated_minutes;
  /// Of a course that there is; what it takes to be published holds.
  std::optional<course_status> status;
};
BOOST_DESCRIBE_STRUCT(course_draft, (),
                      (title, slug, short_description, description, detailed_description, category, language,
                       thumbnail_url, preview_video_url, level, price_minor, original_price_minor, currency,
                       certificate_included, outcomes, requirements, target_audience, tags, duration_weeks,
                       estimated_minutes, status))

/// A new section, or a change of one.
struct section_draft {
  std::optional<std::string> title, description;
  std::optional<int> position;  ///< 1-based; others move; absent: at the end
};
BOOST_DESCRIBE_STRUCT(section_draft, (), (title, description, position))

/// A new lesson, or a change of one.
struct lesson_draft {
  std::optional<std::string> title, description, kind, video_url, content;
  std::optional<int> duration_minutes, position;
  std::optional<bool> is_preview;
  std::optional<std::vector<std::string>> resources;
};
BOOST_DESCRIBE_STRUCT(lesson_draft, (),
                      (title, description, kind, video_url, content, duration_minutes, position, is_preview, resources))

/// A review as its author sends it.
struct review_draft {
  int rating = 0;
  std::string title;
  std::string comment;
};
BOOST_DESCRIBE_STRUCT(review_draft, (), (rating, title, comment))

enum class review_order { newest, oldest, most_helpful, highest, lowest };

/// One page of a course's reviews; `count` is of all pages.
struct review_page {
  std::int64_t count = 0;
  std::vector<review> reviews;
};

/// Faults: COURSE_NOT_FOUND, SECTION_NOT_FOUND, LESSON_NOT_FOUND, REVIEW_NOT_FOUND (not_found), PERMISSION_DENIED
/// (forbidden), SLUG_TAKEN, REVIEW_EXISTS, COURSE_HAS_LEARNERS (conflict), NOT_ENROLLED (forbidden), COURSE_NOT_READY
/// (rejected: nothing to publish). Every writer checks that `who` owns the course or is an admin; a draft answers
/// strangers like an unknown id. Thread-safe. The core owns it and keeps it for as long as any plugin; who awaits goes
/// on where it was begun.
class courses {
 public:
  static constexpr interface_id interface { areas::courses, "courses" };
  virtual ~courses();

  /// Any course, drafts included: for rules inside. COURSE_NOT_FOUND where there is none.
  virtual task<course_ptr> get(course_id id) = 0;
  /// A course as `who` may see it: drafts only for their owner and admins.
  virtual task<course_ptr> visible(course_id id, caller who) = 0;
  /// The snapshot in memory, without waiting; null where it is not loaded.
  virtual course_ptr peek(course_id id) const = 0;
  /// What the lessons of that course hold: those of its previews, or all. Long texts, read when they are shown.
  virtual task<lesson_contents_ptr> contents(course_ptr course, bool all) = 0;
  /// What is offered under that id, drafts included. COURSE_NOT_FOUND where there is nothing.
  virtual task<course_offer> offer(course_id id) = 0;
  /// The course of that slug, whatever its status. COURSE_NOT_FOUND where there is none.
  virtual task<course_id> find_slug(std::string slug) = 0;
  /// The same of its number.
  virtual task<course_id> find_number(std::int64_t number) = 0;
  /// The course that a lesson belongs to, whatever its status: lessons never move. LESSON_NOT_FOUND where there is
  /// none.
  virtual task<course_id> home_of(lesson_id id) = 0;

  /// Changes are the instructor's and admins'; the faults stand above. Each is durable when its task ends.
  virtual task<course_ptr> create(caller who, course_draft draft) = 0;
  virtual task<course_ptr> update(caller who, course_id id, course_draft draft) = 0;
  /// Puts it on sale; `rejected` where something that a published course has is missing.
  virtual task<course_ptr> publish(caller who, course_id id) = 0;
  /// Takes it off sale; those who have it keep it.
  virtual task<course_ptr> unpublish(caller who, course_id id) = 0;
  /// Takes it away for good: from now on it answers like an unknown id, but to those who had entered it.
  virtual task<done> remove(caller who, course_id id) = 0;
  /// The same of a course that nobody has entered: COURSE_HAS_LEARNERS where somebody has.
  virtual task<done> remove_unlearnt(caller who, course_id id) = 0;

  virtual task<section> add_section(caller who, course_id course, section_draft draft) = 0;
  virtual task<section> update_section(caller who, section_id id, section_draft draft) = 0;
  /// With its lessons.
  virtual task<done> remove_section(caller who, section_id id) = 0;
  virtual task<lesson> add_lesson(caller who, section_id section, lesson_draft draft) = 0;
  /// A lesson behind all others, in the last section; one is begun where there is none with room.
  virtual task<lesson> append_lesson(caller who, course_id course, lesson_draft draft) = 0;
  virtual task<lesson> update_lesson(caller who, lesson_id id, lesson_draft draft) = 0;
  /// All lessons of the course in the order in which they are to be taken. Sections keep their numbers of lessons, so
  /// that one may move to another section. `invalid` (field `lesson_ids`) unless each is named exactly once.
  virtual task<course_ptr> order_lessons(caller who, course_id course, std::vector<lesson_id> order) = 0;
  virtual task<done> remove_lesson(caller who, lesson_id id) = 0;

  virtual task<review_page> reviews(course_id course, std::optional<int> rating, review_order order, int page,
                                    int page_size) = 0;
  /// One per enrolled learner.
  virtual task<review> post_review(caller who, course_id course, review_draft draft) = 0;
  /// Counts once per person, never for one's own review; returns the review as it then stands.
  virtual task<review> vote_helpful(caller who, course_id course, review_id review) = 0;
  /// What the course's instructor answers to a review, 1 to `course_limits::comment` characters; another answer takes
  /// its place, none takes it back. Tells the reviewer.
  virtual task<review> reply_to_review(caller who, course_id course, review_id review,
                                       std::optional<std::string> reply) = 0;

  /// Tells a loaded course that rows it shows were changed by another owner's transaction. Returns at once.
  virtual void refresh(course_id id) = 0;
};

// -- events

/// What every event of a course tells, as the course stands then.
struct course_facts {
  stoa::course_id course_id;
  std::string title;
  std::string slug;
  std::string status;
  user_id instructor_id;
};
BOOST_DESCRIBE_STRUCT(course_facts, (), (course_id, title, slug, status, instructor_id))

/// An event: an instructor began a course.
struct course_created : course_facts {
  static constexpr std::string_view kind = "course.created";
  static constexpr std::string_view about = "An instructor began a course.";
  static constexpr std::string_view entity = "the course";
};
BOOST_DESCRIBE_STRUCT(course_created, (course_facts), ())

/// An event: a course, its curriculum or its status changed.
struct course_updated : course_facts {
  static constexpr std::string_view kind = "course.updated";
  static constexpr std::string_view about = "A course, its curriculum or its status changed.";
  static constexpr std::string_view entity = "the course";
};
BOOST_DESCRIBE_STRUCT(course_updated, (course_facts), ())

/// An event: a course got a lesson; `status` says whether anybody can take it.
struct lesson_added : course_facts {
  static constexpr std::string_view kind = "lesson.added";
  static constexpr std::string_view about = "A course got a lesson; `status` says whether anybody can take it.";
  static constexpr std::string_view entity = "the course";
  stoa::lesson_id lesson_id;
  std::string lesson_title;
};
BOOST_DESCRIBE_STRUCT(lesson_added, (course_facts), (lesson_id, lesson_title))

/// An event: a course can be found in the catalogue from now on.
struct course_published : course_facts {
  static constexpr std::string_view kind = "course.published";
  static constexpr std::string_view about = "A course can be found in the catalogue from now on.";
  static constexpr std::string_view entity = "the course";
};
BOOST_DESCRIBE_STRUCT(course_published, (course_facts), ())

/// An event: what learners did was added to the numbers that courses and instructors show. Without courses: the
/// instructors' own sums were made anew.
struct course_numbers_counted {
  static constexpr std::string_view kind = "course.numbers_counted";
  static constexpr std::string_view about =
      "What learners did was added to the numbers that courses and instructors show. Without courses: the instructors' "
      "own sums were made anew.";
  static constexpr std::string_view entity = "none: the nil id";
  std::vector<stoa::course_id> course_ids;
  std::vector<user_id> instructor_ids;
};
BOOST_DESCRIBE_STRUCT(course_numbers_counted, (), (course_ids, instructor_ids))

/// An event: somebody reviewed a course.
struct review_posted {
  static constexpr std::string_view kind = "review.posted";
  static constexpr std::string_view about = "Somebody reviewed a course.";
  static constexpr std::string_view entity = "the course";
  stoa::course_id course_id;
  std::string title;
  std::string slug;
  user_id instructor_id;
  stoa::review_id review_id;
  std::int64_t rating = 0;
};
BOOST_DESCRIBE_STRUCT(review_posted, (), (course_id, title, slug, instructor_id, review_id, rating))

/// An event: somebody found a review helpful.
struct review_voted {
  static constexpr std::string_view kind = "review.voted";
  static constexpr std::string_view about = "Somebody found a review helpful.";
  static constexpr std::string_view entity = "the course";
  stoa::course_id course_id;
  stoa::review_id review_id;
};
BOOST_DESCRIBE_STRUCT(review_voted, (), (course_id, review_id))

/// An event: a course's instructor answered a review, or took the answer back.
struct review_replied {
  static constexpr std::string_view kind = "review.replied";
  static constexpr std::string_view about = "A course's instructor answered a review, or took the answer back.";
  static constexpr std::string_view entity = "the course";
  stoa::course_id course_id;
  std::string title;
  stoa::review_id review_id;
  bool taken_back = false;
};
BOOST_DESCRIBE_STRUCT(review_replied, (), (course_id, title, review_id, taken_back))

/// An event: a category was named for the first time.
struct category_created {
  static constexpr std::string_view kind = "category.created";
  static constexpr std::string_view about = "A category was named for the first time.";
  static constexpr std::string_view entity = "the category";
  stoa::category_id category_id;
  std::string name;
  std::string slug;
};
BOOST_DESCRIBE_STRUCT(category_created, (), (category_id, name, slug))

}  // namespace stoa
