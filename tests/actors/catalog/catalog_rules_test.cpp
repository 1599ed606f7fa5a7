#include "actors/catalog/catalog_rules.hpp"

#include <catch2/catch.hpp>

#include "actors/catalog/catalog_columns.hpp"
#include "actors/catalog/page_cache.hpp"

namespace {

using namespace stoa;
namespace rules = stoa::actors::catalog_rules;

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

TEST_CASE("short words are looked up one by one, the others together", "[catalog]") {
  using parts = std::vector<std::string>;
  CHECK(rules::parts_of("web development") == parts{"web development"});
  CHECK(rules::parts_of("A b a") == parts{"a", "b"});
  CHECK(rules::parts_of("the C of Rust it's") == parts{"c", "of", "the rust its"});
  CHECK(rules::parts_of("\u00e9t \u00e9t\u00e9") == parts{"\u00e9t \u00e9t\u00e9"});
  CHECK(rules::parts_of("Research & Development") == parts{"research & development"});
  CHECK(rules::parts_of("C & c#") == parts{"c", "c#", "&"});
  CHECK(rules::parts_of(" ' ").empty());
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

TEST_CASE("kept pages have a weight, and none are kept where there is no room", "[catalog]") {
  actors::versioned_cache<int> cache(10, 100);
  cache.put("a", 1, 10, 60);
  cache.put("b", 1, 20, 30);
  CHECK(cache.size() == 2);
  cache.put("b", 1, 21, 40);
  CHECK(cache.find("b", 1) == 21);
  CHECK(cache.size() == 2);
  cache.put("c", 1, 30, 50);
  CHECK_FALSE(cache.find("a", 1));
  CHECK(cache.find("b", 1) == 21);
  CHECK(cache.find("c", 1) == 30);
  cache.put("d", 1, 40, 101);
  CHECK_FALSE(cache.find("d", 1));
  CHECK(cache.size() == 2);
  actors::versioned_cache<int> none(0);
  none.put("a", 1, 10);
  CHECK_FALSE(none.find("a", 1));
  CHECK(none.size() == 0);
}

TEST_CASE("a search without an order is ordered by relevance, and keeps the order it asks for", "[catalog]") {
  catalog_query q;
  q.search = "web";
  CHECK(rules::admit(q)->ordering.empty());
  q.ordering = "newest";
  CHECK(rules::admit(q)->ordering == "published_at");
  q.search = "  ";
  q.ordering = "";
  CHECK(rules::admit(q)->ordering == "-published_at");
}

TEST_CASE("every order is the one of its name", "[catalog]") {
  using actors::catalog_order;
  const std::vector<std::pair<const char*, catalog_order>> all{{"published_at", catalog_order::published_at},
                                                               {"title", catalog_order::title},
                                                               {"price", catalog_order::price},
                                                               {"rating", catalog_order::rating},
                                                               {"students", catalog_order::students},
                                                               {"review_count", catalog_order::review_count},
                                                               {"created_at", catalog_order::created_at},
                                                               {"updated_at", catalog_order::updated_at},
                                                               {"duration", catalog_order::duration}};
  REQUIRE(all.size() == rules::sort_keys().size());
  REQUIRE(all.size() == actors::catalog_orders);
  for (const auto& [name, order] : all) CHECK(rules::read_ordering(name)->key == static_cast<std::size_t>(order));
}
