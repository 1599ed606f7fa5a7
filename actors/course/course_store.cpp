#include "actors/course/course_store.hpp"

#include <algorithm>
#include <stdexcept>

#include "actors/course/course_sql.hpp"
#include "stoa/columns.hpp"
#include "stoa/json.hpp"
#include "stoa/wire.hpp"

#define STOA_ORDERED_SECTIONS                                       \
  "ordered as (update section s set position = o.place from root, " \
  "unnest(:p4::uuid[]) with ordinality as o (id, place) "           \
  "where s.id = o.id and s.course_id = root.id and s.position <> o.place)"
#define STOA_ORDERED_LESSONS                                       \
  "ordered as (update lesson l set position = o.place from root, " \
  "unnest(:p4::uuid[]) with ordinality as o (id, place) "          \
  "where l.id = o.id and l.course_id = root.id and l.position <> o.place)"
#define STOA_NUMBER_COLUMNS                                                                                    \
  "coalesce(n.students, 0), coalesce(n.rating_count, 0), coalesce(n.rating_sum, 0), coalesce(n.rating_1, 0), " \
  "coalesce(n.rating_2, 0), coalesce(n.rating_3, 0), coalesce(n.rating_4, 0), coalesce(n.rating_5, 0)"
#define STOA_INSTRUCTOR_NUMBERS                                                                   \
  "coalesce(w.courses, i.courses), coalesce(w.students, i.students), "                            \
  "coalesce(case when w.instructor_id is null then i.rating_sum else w.rating_sum end::float8 / " \
  "nullif(case when w.instructor_id is null then i.rating_count else w.rating_count end, 0), 0)"
// Whoever has not been counted yet is summed up.
#define STOA_INSTRUCTOR_JOIN                                                                      \
  " left join instructor_numbers w on w.instructor_id = c.instructor_id "                         \
  "cross join lateral (select count(*) as courses, coalesce(sum(m.students), 0) as students, "    \
  "sum(m.rating_sum) as rating_sum, sum(m.rating_count) as rating_count "                         \
  "from course o left join course_numbers m on m.course_id = o.id where w.instructor_id is null " \
  "and o.instructor_id = c.instructor_id and o.status = 'published') i "
#define STOA_REVIEW_COLUMNS                                                                               \
  "r.id, r.course_id, r.user_id, u.first_name, u.last_name, u.avatar_url, r.rating, r.title, r.comment, " \
  "r.helpful_count, r.created_at, r.reply, r.replied_at"
// Courses by their ids, as many as there are. The planner must not see the ids: it would find the plan for these few
// cheaper than the one for any, and plan each time, which costs more than to run.
#define STOA_WANTED                                                                                                  \
  "(select unnest(given.ids) as id from (select :p1::uuid[] as ids offset 0) given) wanted join course c on c.id = " \
  "wanted.id"
#define STOA_RECENT                                                                                           \
  "(select coalesce(json_agg(json_build_array(" STOA_REVIEW_COLUMNS                                           \
  ") "                                                                                                        \
  "order by r.created_at desc, r.helpful_count desc, r.id), '[]') from "                                      \
  "(select * from review where course_id = c.id order by created_at desc, helpful_count desc, id limit 5) r " \
  "join account u on u.id = r.user_id)"
#define STOA_REVIEWS(ORDER)                                                      \
  "select " STOA_REVIEW_COLUMNS                                                  \
  " from review r join account u on u.id = r.user_id "                           \
  "where r.course_id = :p1::uuid and (:p2::int is null or r.rating = :p2::int) " \
  "order by " ORDER ", r.id limit :p3::bigint offset :p4::bigint"

namespace stoa::actors::course_store {
namespace {

/// A course's own columns, apart from its lists of texts.
struct course_row {
  course_id id;
  std::int64_t number = 0, version = 0;
  std::string title, slug, short_description, description, detailed_description;
  course_level level = course_level::beginner;
  std::string language;
  std::int64_t price_minor = 0;
  std::string currency;
  std::optional<std::int64_t> original_price_minor;
  std::string thumbnail_url, preview_video_url;
  bool certificate_included = true;
  int duration_weeks = 0;
  std::optional<int> estimated_minutes;
  course_status status = course_status::draft;
  timestamp created_at, updated_at;
  std::optional<timestamp> published_at;
};
BOOST_DESCRIBE_STRUCT(course_row, (),
                      (id, number, version, title, slug, short_description, description, detailed_description, level,
                       language, price_minor, currency, original_price_minor, thumbnail_url, preview_video_url,
                       certificate_included, duration_weeks, estimated_minutes, status, created_at, updated_at,
                       published_at))

/// What courses show of an account.
struct person_row {
  user_id id;
  std::int64_t number = 0;
  std::string first_name, last_name, email, bio, avatar_url;
};
BOOST_DESCRIBE_STRUCT(person_row, (), (id, number, first_name, last_name, email, bio, avatar_url))

/// A course without a row of numbers counts as nothing.
struct counts_row {
  std::optional<std::int64_t> students, rating_count, rating_sum, rating_1, rating_2, rating_3, rating_4, rating_5;
};
BOOST_DESCRIBE_STRUCT(counts_row, (),
                      (students, rating_count, rating_sum, rating_1, rating_2, rating_3, rating_4, rating_5))

// Where the parts of a loaded course begin.
constexpr std::size_t person_at = column_count<course_row>;
constexpr std::size_t category_at = person_at + column_count<person_row>;
constexpr std::size_t counts_at = category_at + column_count<category>;
constexpr std::size_t lists_at = counts_at + column_count<counts_row>;
constexpr std::size_t surroundings_at = lists_at + 4;
constexpr std::size_t sections_at = surroundings_at + 4;

constexpr auto load_sql =
    "select " + columns<course_row, "c"> + ", " + columns<person_row, "a"> + ", " + columns<category, "k"> + ", " +
    columns<counts_row, "n"> +
    ", array_to_json(c.outcomes), array_to_json(c.requirements), array_to_json(c.target_audience), "
    "array_to_json(c.tags), " STOA_INSTRUCTOR_NUMBERS ", " STOA_RECENT
    ", "
    "(select coalesce(json_agg(json_build_array(s.id, s.number, s.title, s.description) order by s.position, s.id), "
    "'[]') "
    "from section s where s.course_id = c.id), "
    "(select coalesce(json_agg(json_build_array(l.id, l.number, l.section_id, l.title, l.description, l.kind, "
    "l.duration_minutes, l.is_preview, l.video_url, l.resources, octet_length(l.content), l.created_at) "
    "order by l.position, l.id), "
    "'[]') "
    "from lesson l where l.course_id = c.id) "
    "from " STOA_WANTED
    " join account a on a.id = c.instructor_id left join category k on k.id = c.category_id "
    "left join course_numbers n on n.course_id = c.id" STOA_INSTRUCTOR_JOIN;

}  // namespace

const statement load{"course.load", load_sql};

const statement numbers{"course.numbers",
                        "select c.id, c.version, " STOA_NUMBER_COLUMNS ", " STOA_INSTRUCTOR_NUMBERS " from " STOA_WANTED
                        " left join course_numbers n on n.course_id = c.id" STOA_INSTRUCTOR_JOIN};

namespace {

/// The columns of a course that its offer shows.
struct offered {
  course_id id;
  std::string title;
  std::int64_t price_minor = 0;
  std::string currency;
  std::string status;
  int lesson_count = 0;
};
BOOST_DESCRIBE_STRUCT(offered, (), (id, title, price_minor, currency, status, lesson_count))

constexpr auto offer_sql = "select " + columns<offered, "c"> + " from " STOA_WANTED;

}  // namespace

const statement offers{"course.offers", offer_sql};

course_offer read_offer(const rows::row& r) {
  auto found = read_columns<offered>(r);
  course_offer out;
  out.id = found.id;
  out.title = std::move(found.title);
  out.price = money{found.price_minor, std::move(found.currency)};
  out.status = course_status_named(found.status).value_or(course_status::draft);
  out.lessons = found.lesson_count;
  return out;
}

const statement contents{"course.contents",
                         "select id, content from lesson where course_id = :p1::uuid and octet_length(content) > 0 "
                         "and (is_preview or :p2::boolean)"};
const statement find_slug{"course.find_slug", "select id from course where slug = :p1::text"};
const statement find_number{"course.find_number", "select id from course where number = :p1::bigint"};
// No index serves this, since every enrolment would write it: asked where a course that has no students goes.
const statement entered{"course.entered",
                        "select 1 from course c where c.id = :p1::uuid and exists "
                        "(select 1 from enrollment e where e.course_id = c.id)"};
const statement course_of_section{"course.of_section", "select course_id from section where id = :p1::uuid"};
const statement course_of_lesson{"course.of_lesson", "select course_id from lesson where id = :p1::uuid"};

const statement create{"course.create", R"(
  with root as (
    insert into course (id, instructor_id, category_id, title, slug, short_description, description, detailed_description, level,
                        language, price_minor, original_price_minor, currency, thumbnail_url, preview_video_url,
                        certificate_included, outcomes, requirements, target_audience, tags, duration_weeks,
                        estimated_minutes, created_at, updated_at)
    values (:p1::uuid, :p2::uuid, :p4::uuid, :p5::text, :p6::text, :p7::text, :p8::text, :p9::text, :p10::text,
            :p11::text, :p12::bigint, :p13::bigint, :p14::text, :p15::text, :p16::text,
            :p17::boolean, :p18::text[], :p19::text[], :p20::text[], :p21::text[], :p22::int, :p23::int,
            :p3::timestamptz, :p3::timestamptz)
    returning id, version),
  numbered as (insert into course_numbers (course_id) select id from root), )" STOA_TOLD(
                                            ":p24") " select version from root"};

const statement update{"course.update", R"(
  with root as (
    update course set version = version + 1, updated_at = :p3::timestamptz, category_id = :p4::uuid, title = :p5::text,
      slug = :p6::text, short_description = :p7::text, description = :p8::text, detailed_description = :p9::text,
      level = :p10::text, language = :p11::text, price_minor = :p12::bigint, original_price_minor = :p13::bigint,
      currency = :p14::text, thumbnail_url = :p15::text, preview_video_url = :p16::text, certificate_included = :p17::boolean,
      outcomes = :p18::text[], requirements = :p19::text[], target_audience = :p20::text[], tags = :p21::text[],
      duration_weeks = :p22::int, estimated_minutes = :p23::int, status = :p24::text, published_at = :p25::timestamptz
    where id = :p1::uuid and version = :p2::bigint
    returning id, version), )" STOA_TOLD(":p26") " select version from root"};

const statement set_status{"course.set_status", R"(
  with root as (
    update course set version = version + 1, updated_at = :p3::timestamptz, status = :p4::text, published_at = :p5::timestamptz
    where id = :p1::uuid and version = :p2::bigint
    returning id, version), )" STOA_TOLD(":p6") " select version from root"};

const statement add_section{
    "course.add_section",
    "with " STOA_ROOT ", " STOA_ORDERED_SECTIONS
    ", "
    "made as (insert into section (id, course_id, title, description, position, created_at, updated_at) "
    "select :p5::uuid, id, :p6::text, :p7::text, :p8::int, :p3::timestamptz, :p3::timestamptz from root returning "
    "number), " STOA_TOLD(":p9") " select root.version, made.number from root, made"};

// One statement may touch a row once only: the section itself gets its place here, its siblings above.
const statement update_section{
    "course.update_section",
    "with " STOA_ROOT ", " STOA_ORDERED_SECTIONS
    ", "
    "made as (update section s set title = :p6::text, description = :p7::text, position = "
    ":p8::int, updated_at = :p3::timestamptz "
    "from root where s.id = :p5::uuid and s.course_id = root.id), " STOA_TOLD(":p9") " select version from root"};

const statement remove_section{
    "course.remove_section",
    "with " STOA_ROOT ", " STOA_ORDERED_SECTIONS
    ", "
    "gone as (delete from section s using root where s.id = :p5::uuid and s.course_id = root.id), " STOA_TOLD(
        ":p6") " select version from root"};

const statement add_lesson{
    "course.add_lesson",
    "with " STOA_ROOT ", " STOA_ORDERED_LESSONS
    ", "
    "made as (insert into lesson (id, course_id, section_id, title, description, kind, duration_minutes, position, "
    "is_preview, "
    "video_url, resources, content, created_at, updated_at) "
    "select :p5::uuid, id, :p6::uuid, :p7::text, :p8::text, :p9::text, :p10::int, :p11::int, :p12::boolean, "
    ":p13::text, "
    ":p14::text[], :p15::text, :p3::timestamptz, :p3::timestamptz from root returning number), " STOA_TOLD(
        ":p16") " select root.version, made.number from root, made"};

const statement update_lesson{
    "course.update_lesson",
    "with " STOA_ROOT ", " STOA_ORDERED_LESSONS
    ", "
    "made as (update lesson l set section_id = :p6::uuid, title = :p7::text, description = :p8::text, kind = "
    ":p9::text, "
    "duration_minutes = :p10::int, position = :p11::int, is_preview = :p12::boolean, video_url = :p13::text, "
    "resources = :p14::text[], content = coalesce(:p15::text, l.content), updated_at = :p3::timestamptz "
    "from root where l.id = :p5::uuid and l.course_id = root.id), " STOA_TOLD(":p16") " select version from root"};

const statement remove_lesson{
    "course.remove_lesson",
    "with " STOA_ROOT ", " STOA_ORDERED_LESSONS
    ", "
    "gone as (delete from lesson l using root where l.id = :p5::uuid and l.course_id = root.id), " STOA_TOLD(
        ":p6") " select version from root"};

// A review leaves the course's time of change alone.
const statement add_review{"course.add_review", R"(
  with root as (
    update course set version = version + 1 where id = :p1::uuid and version = :p2::bigint
    returning id, version),
  made as (
    insert into review (id, course_id, user_id, rating, title, comment, created_at)
    select :p4::uuid, id, :p5::uuid, :p6::smallint, :p7::text, :p8::text, :p3::timestamptz from root returning user_id),
  counted as (
    insert into course_numbers (course_id, rating_count, rating_sum, rating_1, rating_2, rating_3, rating_4, rating_5)
    select id, 1, :p6::smallint, (:p6::smallint = 1)::int, (:p6::smallint = 2)::int, (:p6::smallint = 3)::int,
           (:p6::smallint = 4)::int, (:p6::smallint = 5)::int from root
    on conflict (course_id) do update set
      rating_count = course_numbers.rating_count + 1, rating_sum = course_numbers.rating_sum + excluded.rating_sum,
      rating_1 = course_numbers.rating_1 + excluded.rating_1, rating_2 = course_numbers.rating_2 + excluded.rating_2,
      rating_3 = course_numbers.rating_3 + excluded.rating_3, rating_4 = course_numbers.rating_4 + excluded.rating_4,
      rating_5 = course_numbers.rating_5 + excluded.rating_5),
  told as (
    )" STOA_TELL(":p9") R"(, root)
  select root.version, u.first_name, u.last_name, u.avatar_url from root join account u on u.id = :p5::uuid)"};

// The vote counts when its row is new, and answers with the review either way.
const statement vote_helpful{
    "course.vote_helpful",
    "with vote as (insert into review_vote (review_id, user_id) "
    "select id, :p3::uuid from review where id = :p2::uuid and course_id = :p1::uuid and user_id <> :p3::uuid "
    "on conflict do nothing returning review_id), "
    "counted as (update review set helpful_count = helpful_count + 1 from vote where review.id = vote.review_id "
    "returning review.id), "
    "told as (" STOA_TELL(":p4") ", counted) "
    "select r.id, r.course_id, r.user_id, u.first_name, u.last_name, u.avatar_url, r.rating, r.title, r.comment, "
    "r.helpful_count + (select count(*) from counted), r.created_at, r.reply, r.replied_at "
    "from review r join account u on u.id = r.user_id where r.id = :p2::uuid and r.course_id = :p1::uuid"};

const statement one_review{"course.review", "select " STOA_REVIEW_COLUMNS
                                            " from review r join account u on u.id = r.user_id "
                                            "where r.id = :p2::uuid and r.course_id = :p1::uuid"};

const statement reply_to_review{
    "course.reply_to_review",
    "with answered as (update review set reply = :p3::text, replied_at = :p4::timestamptz "
    "where id = :p2::uuid and course_id = :p1::uuid returning *), "
    "told as (" STOA_TELL(":p5") ", answered) "
    "select " STOA_REVIEW_COLUMNS " from answered r join account u on u.id = r.user_id"};

const statement& reviews(review_order order) {
  static constexpr statement newest{"course.reviews_newest", STOA_REVIEWS("r.created_at desc")};
  static constexpr statement oldest{"course.reviews_oldest", STOA_REVIEWS("r.created_at")};
  static constexpr statement helpful{"course.reviews_helpful", STOA_REVIEWS("r.helpful_count desc, r.created_at desc")};
  static constexpr statement highest{"course.reviews_highest", STOA_REVIEWS("r.rating desc, r.created_at desc")};
  static constexpr statement lowest{"course.reviews_lowest", STOA_REVIEWS("r.rating, r.created_at desc")};
  switch (order) {
    case review_order::oldest:
      return oldest;
    case review_order::most_helpful:
      return helpful;
    case review_order::highest:
      return highest;
    case review_order::lowest:
      return lowest;
    case review_order::newest:
      break;
  }
  return newest;
}

constexpr auto courses_showing_sql =
    "select c.id, true, " + columns<person_row, "a"> +
    " from account a join course c on c.instructor_id = a.id where a.id = any(:p1::uuid[])"
    " union all select r.course_id, false, " +
    columns<person_row, "a"> + " from account a join review r on r.user_id = a.id where a.id = any(:p1::uuid[])";
const statement courses_showing{"course.courses_showing", courses_showing_sql};

namespace {

const json& member(const json& row, std::size_t index) {
  if (row.items().size() <= index) throw std::runtime_error("a part of a course has too few members");
  return row.items()[index];
}

uuid id_in(const json& v) {
  if (auto id = uuid::parse(v.text())) return *id;
  throw std::runtime_error("a part of a course has a bad id");
}

std::int64_t number_in(const json& v) { return v.as_integer().value_or(0); }

json parse_parts(std::string_view text) {
  json::limits all;
  all.values = 2'000'000;
  auto parsed = json::parse(text, all);
  if (!parsed) throw std::runtime_error("the parts of a course are no JSON");
  return std::move(parsed).value();
}

std::vector<std::string> texts(const json& list) {
  std::vector<std::string> out;
  for (const auto& item : list.items()) out.push_back(item.text());
  return out;
}

void read_counts(const rows::row& r, std::size_t first, course_numbers& into) {
  into.students = r.integer(first);
  into.rating_count = r.integer(first + 1);
  into.rating_sum = r.integer(first + 2);
  for (std::size_t i = 0; i < 5; ++i) into.distribution[i] = r.integer(first + 3 + i);
}

/// The instructor's three numbers and the recent reviews.
void read_surroundings(const rows::row& r, std::size_t first, course& into) {
  into.instructor.courses_count = r.integer(first);
  into.instructor.students_count = r.integer(first + 1);
  into.instructor.rating = r.real(first + 2);
  const auto recent = parse_parts(r.raw(first + 3));
  for (const auto& row : recent.items()) {
    review v;
    v.id = review_id{id_in(member(row, 0))};
    v.course = into.id;
    v.author = user_id{id_in(member(row, 2))};
    v.author_first_name = member(row, 3).text();
    v.author_last_name = member(row, 4).text();
    v.author_avatar = member(row, 5).text();
    v.rating = static_cast<int>(number_in(member(row, 6)));
    v.title = member(row, 7).text();
    v.comment = member(row, 8).text();
    v.helpful_count = number_in(member(row, 9));
    if (auto at = parse_rfc3339(member(row, 10).text())) v.created_at = *at;
    v.reply = member(row, 11).text();
    if (member(row, 12).is_string()) v.replied_at = parse_rfc3339(member(row, 12).text());
    into.recent_reviews.push_back(std::move(v));
  }
}

}  // namespace

course read_loaded(const rows::row& r) {
  auto row = read_columns<course_row>(r);
  auto c = wire::same_named<course>(row);
  c.price = money{row.price_minor, std::move(row.currency)};
  c.instructor = wire::same_named<instructor>(read_columns<person_row>(r, person_at));
  if (!r.null(category_at)) c.category = read_columns<category>(r, category_at);

  const auto counts = read_columns<counts_row>(r, counts_at);
  c.numbers.students = counts.students.value_or(0);
  c.numbers.rating_count = counts.rating_count.value_or(0);
  c.numbers.rating_sum = counts.rating_sum.value_or(0);
  std::size_t stars = 0;
  for (const auto& n : {counts.rating_1, counts.rating_2, counts.rating_3, counts.rating_4, counts.rating_5})
    c.numbers.distribution[stars++] = n.value_or(0);

  std::size_t list = lists_at;
  for (auto* into : {&c.outcomes, &c.requirements, &c.target_audience, &c.tags})
    *into = texts(parse_parts(r.raw(list++)));
  read_surroundings(r, surroundings_at, c);
  const auto sections = parse_parts(r.raw(sections_at));
  for (const auto& row : sections.items()) {
    section s;
    s.id = section_id{id_in(member(row, 0))};
    s.number = number_in(member(row, 1));
    s.title = member(row, 2).text();
    s.description = member(row, 3).text();
    s.position = static_cast<int>(c.sections.size() + 1);
    c.sections.push_back(std::move(s));
  }
  const auto lessons = parse_parts(r.raw(sections_at + 1));
  for (const auto& row : lessons.items()) {
    lesson l;
    l.id = lesson_id{id_in(member(row, 0))};
    l.number = number_in(member(row, 1));
    l.section = section_id{id_in(member(row, 2))};
    l.title = member(row, 3).text();
    l.description = member(row, 4).text();
    l.kind = member(row, 5).text();
    l.duration_minutes = static_cast<int>(number_in(member(row, 6)));
    l.is_preview = member(row, 7).as_boolean();
    l.video_url = member(row, 8).text();
    l.resources = texts(member(row, 9));
    l.content_elsewhere = number_in(member(row, 10));
    if (const auto at = parse_rfc3339(member(row, 11).text())) l.created_at = *at;
    for (auto& s : c.sections) {
      if (s.id != l.section) continue;
      l.position = static_cast<int>(s.lessons.size() + 1);
      s.lessons.push_back(std::move(l));
      break;
    }
  }
  return c;
}

show_numbers read_numbers(const rows::row& r) {
  show_numbers out;
  out.version = r.integer(1);
  read_counts(r, 2, out.numbers);
  out.instructor_courses = r.integer(10);
  out.instructor_students = r.integer(11);
  out.instructor_rating = r.real(12);
  return out;
}

bool shows_otherwise(const course& c, const rows::row& r) {
  const bool teaches = r.boolean(1);
  const auto is = read_columns<person_row>(r, 2);
  const auto& i = c.instructor;
  if (teaches)
    return i.id == is.id && (i.first_name != is.first_name || i.last_name != is.last_name || i.email != is.email ||
                             i.bio != is.bio || i.avatar_url != is.avatar_url);
  return std::any_of(c.recent_reviews.begin(), c.recent_reviews.end(), [&](const review& v) {
    return v.author == is.id && (v.author_first_name != is.first_name || v.author_last_name != is.last_name ||
                                 v.author_avatar != is.avatar_url);
  });
}

review read_review(const rows::row& r, std::size_t first) {
  review v;
  v.id = r.as<review_id>(first);
  v.course = r.as<course_id>(first + 1);
  v.author = r.as<user_id>(first + 2);
  v.author_first_name = r.text(first + 3);
  v.author_last_name = r.text(first + 4);
  v.author_avatar = r.text(first + 5);
  v.rating = static_cast<int>(r.integer(first + 6));
  v.title = r.text(first + 7);
  v.comment = r.text(first + 8);
  v.helpful_count = r.integer(first + 9);
  v.created_at = r.time(first + 10);
  v.reply = r.text(first + 11);
  if (!r.null(first + 12)) v.replied_at = r.time(first + 12);
  return v;
}

}  // namespace stoa::actors::course_store
