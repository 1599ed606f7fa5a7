// One description of a row yields the select list and the reader.
#include "stoa/columns.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

using namespace stoa;

namespace {

struct shelf_tag;
using shelf_id = id<shelf_tag>;

struct book {
  shelf_id id;
  shelf_id shelf;                        // column shelf_id
  std::optional<shelf_id> lent_from_id;  // already named as its column
  std::string title;
  std::optional<int> pages;
  bool lent = false;
  timestamp added_at;
  std::vector<std::string> authors;     // no column
  std::map<int, std::string> chapters;  // no column
};
BOOST_DESCRIBE_STRUCT(book, (), (id, shelf, lent_from_id, title, pages, lent, added_at, authors, chapters))

constexpr auto load_sql = "select " + columns<book, "b"> + " from book b";
constexpr statement load{"test.load", load_sql};
static_assert(std::string_view(load.sql) ==
              "select b.id, b.shelf_id, b.lent_from_id, b.title, b.pages, b.lent, b.added_at from book b");
static_assert(std::string_view(columns<book>) == "id, shelf_id, lent_from_id, title, pages, lent, added_at");
static_assert(column_count<book> == 7);

using cells = std::vector<std::optional<std::string>>;

/// Rows of a test.
class table final : public rows::source {
 public:
  explicit table(std::vector<cells> r) : rows_(std::move(r)) {}
  std::size_t count() const override { return rows_.size(); }
  bool null(std::size_t row, std::size_t column) const override { return !rows_.at(row).at(column); }
  std::string_view text(std::size_t row, std::size_t column) const override { return *rows_.at(row).at(column); }

 private:
  std::vector<cells> rows_;
};

rows of(std::vector<cells> r) { return rows(std::make_shared<table>(std::move(r))); }

const char* const one = "018f0000-0000-7000-8000-000000000001";
const char* const two = "018f0000-0000-7000-8000-000000000002";

}  // namespace

TEST_CASE("a described row is read in the order of its select list", "[columns]") {
  const auto found = of({{"ahead", one, two, std::nullopt, "Dune", "612", "t", "2026-01-27 16:05:00+00"},
                         {"ahead", two, two, one, "", std::nullopt, "f", "2026-01-27 16:05:00+00"}});
  const auto dune = read_columns<book>(found[0], 1);
  CHECK(dune.id == *shelf_id::parse(one));
  CHECK(dune.shelf == *shelf_id::parse(two));
  CHECK_FALSE(dune.lent_from_id);
  CHECK(dune.title == "Dune");
  CHECK(dune.pages == 612);
  CHECK(dune.lent);
  CHECK(rfc3339(dune.added_at) == "2026-01-27T16:05:00Z");
  CHECK(dune.authors.empty());
  const auto other = read_columns<book>(found[1], 1);
  CHECK(other.lent_from_id == *shelf_id::parse(one));
  CHECK_FALSE(other.pages);
}

TEST_CASE("a null or a value of another type where the row says otherwise is a mistake", "[columns]") {
  const cells good{one, two, std::nullopt, "Dune", "612", "t", "2026-01-27 16:05:00+00"};
  auto untitled = good, unshelved = good, endless = good;
  untitled[3] = std::nullopt;
  unshelved[1] = "nowhere";
  endless[4] = "many";
  CHECK_NOTHROW(read_columns<book>(of({good})[0]));
  for (const auto& bad : {untitled, unshelved, endless}) {
    const auto found = of({bad});
    CHECK_THROWS_AS(read_columns<book>(found[0]), std::runtime_error);
  }
}

TEST_CASE("a left join gives a part for each row that has one", "[columns]") {
  const cells nothing(8, std::nullopt);
  auto with = [](const char* title) {
    return cells{"root", one, two, std::nullopt, title, "1", "f", "2026-01-27 16:05:00+00"};
  };
  CHECK(read_joined<book>(of({nothing}), 1).empty());
  const auto found = of({with("first"), nothing, with("second")});
  const auto all = read_joined<book>(found, 1);
  REQUIRE(all.size() == 2);
  CHECK(all[0].title == "first");
  CHECK(all[1].title == "second");
}
