#include "actors/catalog/catalog_rules.hpp"

#include <catch2/catch.hpp>

#include <set>

#include "actors/catalog/catalog_store.hpp"
#include "actors/catalog/catalog_version.hpp"
#include "actors/catalog/page_cache.hpp"

namespace {

using namespace stoa;
namespace rules = stoa::actors::catalog_rules;

const timestamp noon = *parse_rfc3339("2026-01-27T12:00:00Z");

}  // namespace

TEST_CASE("the same filter is the same key", "[catalog]") {
  catalog_query a, b;
  CHECK(a.normalized() == b.normalized());
  a.category = " Development ";
  b.category = "development";
  a.search = "  Web   DEV ";
  b.search = "web dev";
  CHECK(a.normalized() == b.normalized());
  b.page = 2;
  CHECK(a.normalized() != b.normalized());
  CHECK(rules::filter_key(a) == rules::filter_key(b));
  catalog_query c, d;
  c.category = "x";
  d.search = "x";
  CHECK(c.normalized() != d.normalized());
  c = {};
  d = {};
  c.free = false;
  CHECK(c.normalized() != d.normalized());
  d.free = true;
  CHECK(c.normalized() != d.normalized());
}

TEST_CASE("orderings are a closed list", "[catalog]") {
  const auto newest = rules::read_ordering("");
  REQUIRE(newest);
  CHECK(rules::sort_keys()[newest->key].names.front() == "published_at");
  CHECK(newest->descending);
  const auto rating = rules::read_ordering("-rating");
  REQUIRE(rating);
  CHECK(rating->descending);
  CHECK(rules::sort_keys()[rating->key].names.front() == "rating");
  const auto students = rules::read_ordering("student_count");
  REQUIRE(students);
  CHECK_FALSE(students->descending);
  for (const char* name :
       {"title", "-price", "created_at", "-last_updated", "updated_at", "duration", "-review_count", "students"})
    CHECK(rules::read_ordering(name));
  for (const char* name : {"password", "-", "--price", "price;drop table course", " price"}) {
    const auto bad = rules::read_ordering(name);
    REQUIRE_FALSE(bad);
    CHECK(bad.refusal().kind == fault_kind::invalid);
    CHECK(bad.refusal().code == "INVALID_ORDERING");
    REQUIRE(bad.refusal().fields.size() == 1);
    CHECK(bad.refusal().fields[0].field == "ordering");
  }
}

TEST_CASE("synonyms of an ordering are one query", "[catalog]") {
  catalog_query a, b;
  a.ordering = "-student_count";
  b.ordering = "-students";
  CHECK(rules::admit(a)->normalized() == rules::admit(b)->normalized());
  a.ordering = "";
  b.ordering = "-published_at";
  CHECK(rules::admit(a)->normalized() == rules::admit(b)->normalized());
}

TEST_CASE("a query is kept within bounds", "[catalog]") {
  catalog_query q;
  q.page = -3;
  q.page_size = 1000;
  q.search = "  x ";
  auto in = rules::admit(q);
  REQUIRE(in);
  CHECK(in->page == 1);
  CHECK(in->page_size == 100);
  CHECK(in->search == "x");
  q.search = std::string(300, 'x');
  CHECK(rules::admit(q).refusal().kind == fault_kind::invalid);
}

TEST_CASE("words of a search are prefixes that all must be there", "[catalog]") {
  CHECK(rules::tsquery_of("web development") == "'web':* & 'development':*");
  CHECK(rules::tsquery_of("  next.js\t") == "'next.js':*");
  CHECK(rules::tsquery_of("it's \\ a'b") == "'its':* & 'ab':*");
  CHECK(rules::tsquery_of("& | !") == "'&':* & '|':* & '!':*");
  CHECK(rules::tsquery_of(" ' ") == "");
  std::string many;
  for (int i = 0; i < 50; ++i) many += "w ";
  const auto few = rules::tsquery_of(many);
  CHECK(std::count(few.begin(), few.end(), '&') == 11);
}

TEST_CASE("a category goes by name, slug or id", "[catalog]") {
  std::vector<category> all{{category_id::make(), 1, "Data Science", "data-science"},
                            {category_id::make(), 2, "Development", "dev"}};
  CHECK(rules::find_category(all, "DATA science")->number == 1);
  CHECK(rules::find_category(all, "Data-Science")->number == 1);
  CHECK(rules::find_category(all, " dev ")->number == 2);
  CHECK(rules::find_category(all, all[1].id.str())->number == 2);
  CHECK(rules::find_category(all, "cooking") == nullptr);
}

TEST_CASE("every order has its own statement, with and without a search", "[catalog]") {
  std::set<std::string> names;
  for (std::size_t k = 0; k < rules::sort_keys().size(); ++k)
    for (bool descending : {false, true})
      for (bool searching : {false, true}) {
        const auto& s = actors::catalog_store::page({k, descending}, searching);
        CHECK(names.insert(s.name).second);
        const std::string sql = s.sql;
        CHECK((sql.find("to_tsquery") != sql.npos) == searching);
        CHECK((sql.find("order by sort_key desc") != sql.npos) == descending);
        CHECK(sql.find(rules::sort_keys()[k].sql) != sql.npos);
      }
  CHECK(std::string(actors::catalog_store::count(true).name) != actors::catalog_store::count(false).name);
}

TEST_CASE("kept pages belong to one version, and the oldest goes first", "[catalog]") {
  actors::versioned_cache<int> cache(2);
  cache.put("a", 1, 10);
  CHECK(cache.find("a", 1) == 10);
  CHECK_FALSE(cache.find("a", 2));
  cache.put("a", 2, 11);
  CHECK(cache.find("a", 2) == 11);
  cache.put("b", 2, 20);
  CHECK(cache.find("a", 2) == 11);
  cache.put("c", 2, 30);
  CHECK_FALSE(cache.find("b", 2));
  CHECK(cache.find("a", 2) == 11);
  CHECK(cache.find("c", 2) == 30);
  CHECK(cache.size() == 2);
}

TEST_CASE("numbers alone raise the version at most once in an interval", "[catalog]") {
  manual_clock time(noon);
  actors::catalog_version version(time, seconds{1});
  const auto first = version.current();
  version.changed(false);
  CHECK(version.current() == first + 1);
  version.changed(true);
  CHECK(version.current() == first + 2);
  version.changed(true);
  CHECK(version.current() == first + 2);
  version.changed(true);
  time.advance(milliseconds{999});
  CHECK(version.current() == first + 2);
  time.advance(milliseconds{1});
  CHECK(version.current() == first + 3);
  CHECK(version.current() == first + 3);
  version.changed(false);
  CHECK(version.current() == first + 4);
}

TEST_CASE("numbers leave the content's version", "[catalog]") {
  manual_clock time(noon);
  actors::catalog_version version(time, seconds{1});
  const auto first = version.content();
  version.changed(true);
  CHECK(version.current() > 0);
  CHECK(version.content() == first);
  version.changed(false);
  CHECK(version.content() == first + 1);
}
