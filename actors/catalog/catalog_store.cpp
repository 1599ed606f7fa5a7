#include "actors/catalog/catalog_store.hpp"

#include <deque>
#include <string>

#include "actors/course/course_store.hpp"

namespace stoa::actors::catalog_store {
namespace {

// A filter that is not wanted is null and folds away when the statement is planned for its values.
constexpr const char* filters =
    " where c.status = 'published'"
    " and (:p1::uuid is null or c.category_id = :p1::uuid)"
    " and (:p2::text is null or c.level = :p2::text)"
    " and (:p3::bigint is null or c.price_minor >= :p3::bigint)"
    " and (:p4::bigint is null or c.price_minor <= :p4::bigint)"
    " and (:p5::float8 is null or (n.rating_count > 0 and n.rating_sum >= :p5::float8 * n.rating_count) or :p5::float8 "
    "<= 0)"
    " and (:p6::text is null or lower(c.language) = lower(:p6::text))"
    " and (:p7::uuid is null or c.instructor_id = :p7::uuid)"
    " and (:p8::boolean is null or (c.price_minor = 0) = :p8::boolean)"
    " and (:p9::boolean is null or (coalesce(n.students, 0) >= 5 and coalesce(n.students, 0) >= coalesce("
    "(select m.least from unnest(:p10::text[], :p11::bigint[]) as m (category, least)"
    " where m.category = coalesce(c.category_id::text, '')), 0)) = :p9::boolean)";

constexpr const char* with_search = " and c.search @@ to_tsquery('simple', :p12::text)";
constexpr const char* without_search = " and :p12::text is null";

// Every course has its numbers; where they give the order they lead, so that their index is followed.
constexpr const char* by_course = "course c left join course_numbers n on n.course_id = c.id";
constexpr const char* by_numbers = "course_numbers n join course c on c.id = n.course_id";

/// Statements live as long as the program: their texts are made once, for every order with and without a search.
struct all_statements {
  std::deque<std::string> texts;
  std::vector<statement> pages;
  std::vector<statement> counts;

  const char* keep(std::string text) { return texts.emplace_back(std::move(text)).c_str(); }

  all_statements() {
    for (const bool searching : {false, true}) {
      const std::string where = std::string(filters) + (searching ? with_search : without_search);
      const std::string suffix = searching ? "_search" : "";
      counts.push_back(
          {keep("catalog.count" + suffix),
           keep("select count(*) from course c left join course_numbers n on n.course_id = c.id" + where)});
      for (const auto& key : catalog_rules::sort_keys()) {
        for (const bool descending : {false, true}) {
          const std::string direction = descending ? " desc" : " asc";
          // First the ids alone, so that sorting carries no texts; then their rows in the same order.
          pages.push_back({keep("catalog.page_" + key.names.front() + (descending ? "_desc" : "") + suffix),
                           keep("with hit as materialized (select c.id, " + std::string(key.sql) +
                                " as sort_key from " + (key.of_numbers ? by_numbers : by_course) + where +
                                " order by sort_key" + direction + (key.of_numbers ? ", n.course_id" : ", c.id") +
                                " limit :p13::bigint offset :p14::bigint) "
                                "select " STOA_COURSE_COLUMNS ", c.lesson_count, c.lesson_minutes "
                                "from hit join course c on c.id = hit.id" STOA_COURSE_JOINS "order by hit.sort_key" +
                                direction + ", c.id")});
        }
      }
    }
  }
};

const all_statements& statements() {
  static const all_statements all;
  return all;
}

}  // namespace

values bind(const catalog_query& q, const filter& f) {
  std::optional<std::string> level, rating, language, search;
  if (q.level) level = name_of(*q.level);
  if (q.rating_min) rating = std::to_string(*q.rating_min);
  if (!q.language.empty()) language = q.language;
  if (!f.tsquery.empty()) search = f.tsquery;
  return {f.category,
          level,
          q.min_price,
          q.max_price,
          rating,
          language,
          q.instructor,
          q.free,
          q.bestseller,
          value::array(f.marked_categories),
          value::array(f.marks),
          search};
}

const statement& page(catalog_rules::sort_order order, bool searching) {
  const auto& all = statements();
  const auto half = all.pages.size() / 2;
  return all.pages[(searching ? half : 0) + order.key * 2 + (order.descending ? 1 : 0)];
}

const statement& count(bool searching) { return statements().counts[searching ? 1 : 0]; }

course read_item(const rows::row& r) {
  course c = course_store::read_row(r);
  c.totals = curriculum_totals{static_cast<int>(r.integer(course_store::course_columns)),
                               static_cast<int>(r.integer(course_store::course_columns + 1))};
  return c;
}

}  // namespace stoa::actors::catalog_store
