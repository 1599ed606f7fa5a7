#include "actors/catalog/catalog_store.hpp"

#include <limits>

#include "actors/course/course_store.hpp"
#include "runtime/security/collation.hpp"
#include "runtime/security/normalize.hpp"
#include "stoa/columns.hpp"
#include "stoa/wire.hpp"

namespace stoa::actors::catalog_store {
namespace {

/// The columns of `course` that the catalogue filters and orders by.
struct entry_row {
  course_id id;
  std::int64_t number = 0, version = 0;
  user_id instructor;
  std::optional<category_id> category;
  course_level level = course_level::beginner;
  course_status status = course_status::draft;
  std::string language, title;
  std::int64_t price_minor = 0;
  int lesson_minutes = 0;
  std::optional<timestamp> published_at;
  timestamp created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(entry_row, (),
                      (id, number, version, instructor, category, level, status, language, title, price_minor,
                       lesson_minutes, published_at, created_at, updated_at))

/// Of `course_numbers`; a course without a row of them counts as nothing.
struct numbers_row {
  std::optional<std::int64_t> students, rating_count, rating_sum;
};
BOOST_DESCRIBE_STRUCT(numbers_row, (), (students, rating_count, rating_sum))

// The transactions that wrote the two rows: whoever changes one, by whatever means, leaves another there.
constexpr auto entry_columns = "select " + columns<entry_row, "c"> + ", " + columns<numbers_row, "n"> +
                               ", c.xmin::text::bigint, coalesce(n.xmin::text::bigint, 0) from ";
constexpr auto with_numbers = sql_text(" left join course_numbers n on n.course_id = c.id ");

constexpr auto load_sql = entry_columns + "course c" + with_numbers +
                          "where c.status = 'published' and c.number > :p1::bigint order by c.number limit :p2::bigint";
constexpr auto some_sql = entry_columns + "course c" + with_numbers + "where c.id = any(:p1::uuid[])";
constexpr auto in_buckets_sql =
    entry_columns + "unnest(:p1::bigint[]) b join course c on c.number >= b * 1024 and c.number < b * 1024 + 1024" +
    with_numbers + "where c.status = 'published'";
static_assert(numbers_in_bucket == 1024, "the statements say how many rows a bucket has");

/// The columns of `course` that lists show.
struct listed_row {
  course_id id;
  std::int64_t number = 0, version = 0;
  std::string title, slug, short_description, description;
  course_level level = course_level::beginner;
  std::string language;
  std::int64_t price_minor = 0;
  std::string currency;
  std::optional<std::int64_t> original_price_minor;
  std::string thumbnail_url;
  bool certificate_included = true;
  int duration_weeks = 0;
  std::optional<int> estimated_minutes;
  course_status status = course_status::draft;
  timestamp created_at, updated_at;
  std::optional<timestamp> published_at;
  int lesson_count = 0, lesson_minutes = 0;
};
BOOST_DESCRIBE_STRUCT(listed_row, (),
                      (id, number, version, title, slug, short_description, description, level, language, price_minor,
                       currency, original_price_minor, thumbnail_url, certificate_included, duration_weeks,
                       estimated_minutes, status, created_at, updated_at, published_at, lesson_count, lesson_minutes))

struct listed_teacher {
  user_id id;
  std::int64_t number = 0;
  std::string first_name, last_name, avatar_url;
};
BOOST_DESCRIBE_STRUCT(listed_teacher, (), (id, number, first_name, last_name, avatar_url))

constexpr auto listed_columns =
    columns<listed_row, "c"> + ", " + columns<listed_teacher, "a"> + ", " + columns<category, "k">;
constexpr auto listed_sql = "select " + listed_columns +
                            " from course c join account a on a.id = c.instructor_id"
                            " left join category k on k.id = c.category_id where c.id = any(:p1::uuid[])";
// A row at least, so that a page behind the end says how many there are, too.
template <std::size_t N>
constexpr auto written_sql(const char (&whose)[N]) {
  return sql_text(R"(with taught as (
    select id, created_at from course
    where )") +
         whose + R"( and status <> 'removed' and (:p2::uuid is null or category_id = :p2::uuid)
      and (:p3::text = '' or level = :p3::text) and (:p6::text = '' or status = :p6::text)
      and (:p7::text = '' or search @@ to_tsquery('simple', search_words(:p7::text)))),
  page as (select id from taught order by created_at desc, id limit :p4::bigint offset :p5::bigint)
  select (select count(*) from taught), )" +
         columns<numbers_row, "n"> + ", " + listed_columns +
         R"( from (select 1) one left join page on true left join course c on c.id = page.id
  left join account a on a.id = c.instructor_id left join category k on k.id = c.category_id
  left join course_numbers n on n.course_id = c.id order by c.created_at desc, c.id)";
}
constexpr auto taught_sql = written_sql("instructor_id = :p1::uuid");
constexpr auto all_sql = written_sql(":p1::uuid is null");

#define STOA_IN_TITLE "to_tsvector('simple', search_words(title)) @@ q"
#define STOA_NUMBERS "coalesce(string_agg(number::text, ' '), '')"

}  // namespace

const statement load{"catalog.load", load_sql};
const statement some{"catalog.some", some_sql};
const statement in_buckets{"catalog.in_buckets", in_buckets_sql};
const statement listed{"catalog.listed", listed_sql};
const statement taught{"catalog.taught", taught_sql};
const statement all{"catalog.all", all_sql};

const statement check{"catalog.check", R"(
  select c.number / 1024, count(*),
         sum((c.number * 97 + c.xmin::text::bigint * 1000003 + coalesce(n.xmin::text::bigint, 0) * 10007) % 2147483647)::bigint
  from course c left join course_numbers n on n.course_id = c.id
  where c.status = 'published' group by 1)"};

const statement search{"catalog.search",
                       "with asked as (select to_tsquery('simple', search_words(:p1::text)) as q) "
                       "select (select " STOA_NUMBERS
                       " from course where status = 'published' and search @@ q), "
                       "(select " STOA_NUMBERS " from course where status = 'published' and " STOA_IN_TITLE
                       "), numnode(q) from asked"};
const statement search_among{
    "catalog.search_among",
    "with asked as (select to_tsquery('simple', search_words(:p1::text)) as q), "
    "rewritten as (select number, title, search from course where id = any(:p2::uuid[]) and status = 'published') "
    "select (select " STOA_NUMBERS
    " from rewritten where search @@ q), "
    "(select " STOA_NUMBERS " from rewritten where " STOA_IN_TITLE ") from asked"};

const statement alike{"catalog.alike", "select " STOA_NUMBERS " from courses_alike(:p1::text)"};
const statement has_trigrams{"catalog.has_trigrams", "select count(*) from pg_proc where proname = 'courses_alike'"};

namespace {

std::string folded(const std::string& language) { return runtime::fold_identifier(language).value_or(language); }

}  // namespace

found_entry read_entry(const rows::row& r) {
  auto row = read_columns<entry_row>(r);
  const auto numbers = read_columns<numbers_row>(r, column_count<entry_row>);
  found_entry out;
  out.published = row.status == course_status::published;
  auto& e = out.entry;
  e.id = row.id;
  e.number = row.number;
  e.version = row.version;
  e.instructor = row.instructor;
  e.category = row.category.value_or(category_id{});
  e.level = row.level;
  e.language = folded(row.language);
  e.title_key = runtime::collation_key(row.title);
  e.price_minor = row.price_minor;
  e.students = numbers.students.value_or(0);
  e.rating_count = numbers.rating_count.value_or(0);
  e.rating_sum = numbers.rating_sum.value_or(0);
  e.minutes = row.lesson_minutes;
  e.published_at = row.published_at ? unix_us(*row.published_at) : std::numeric_limits<std::int64_t>::max();
  e.created_at = unix_us(row.created_at);
  e.updated_at = unix_us(row.updated_at);
  constexpr auto marks = column_count<entry_row> + column_count<numbers_row>;
  e.row_mark = static_cast<std::uint32_t>(r.integer(marks));
  e.numbers_mark = static_cast<std::uint32_t>(r.integer(marks + 1));
  return out;
}

catalog_entry entry_of(const course& c) {
  catalog_entry e;
  e.id = c.id;
  e.number = c.number;
  e.version = c.version;
  e.instructor = c.instructor.id;
  if (c.category) e.category = c.category->id;
  e.level = c.level;
  e.language = folded(c.language);
  e.title_key = runtime::collation_key(c.title);
  e.price_minor = c.price.minor;
  e.students = c.numbers.students;
  e.rating_count = c.numbers.rating_count;
  e.rating_sum = c.numbers.rating_sum;
  e.minutes = c.total_minutes();
  e.published_at = c.published_at ? unix_us(*c.published_at) : std::numeric_limits<std::int64_t>::max();
  e.created_at = unix_us(c.created_at);
  e.updated_at = unix_us(c.updated_at);
  return e;
}

course read_listed(const rows::row& r, std::size_t at) {
  auto row = read_columns<listed_row>(r, at);
  auto c = wire::same_named<course>(row);
  c.price = money{row.price_minor, std::move(row.currency)};
  c.totals = curriculum_totals{row.lesson_count, row.lesson_minutes};
  at += column_count<listed_row>;
  c.instructor = wire::same_named<instructor>(read_columns<listed_teacher>(r, at));
  at += column_count<listed_teacher>;
  if (!r.null(at)) c.category = read_columns<category>(r, at);
  return c;
}

catalog_page read_taught(const rows& found) {
  constexpr std::size_t numbers_at = 1, course_at = numbers_at + column_count<numbers_row>;
  catalog_page out;
  for (auto r : found) {
    out.count = r.integer(0);
    if (r.null(course_at)) continue;
    auto c = read_listed(r, course_at);
    const auto numbers = read_columns<numbers_row>(r, numbers_at);
    c.numbers.students = numbers.students.value_or(0);
    c.numbers.rating_count = numbers.rating_count.value_or(0);
    c.numbers.rating_sum = numbers.rating_sum.value_or(0);
    out.courses.push_back(std::make_shared<const course>(std::move(c)));
  }
  return out;
}

}  // namespace stoa::actors::catalog_store
