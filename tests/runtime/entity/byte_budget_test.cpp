// Kinds that many read keep to a budget of bytes: the coldest snapshots go, with their entities.
#include <catch2/catch.hpp>

#include <future>
#include <sstream>

#include "runtime/entity/entities.hpp"
#include "runtime/observe/log.hpp"
#include "runtime/observe/metrics.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/scripted_database.hpp"

namespace stoa::testing {

/// Ten thousand characters.
struct page {
  std::string text;
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(page, (), (text, version))

struct touch_page {
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(touch_page, (), ())

struct page_kind {
  static constexpr const char* name = "page";
  static constexpr bool read_mostly = true;
  using key = uuid;
  using state = page;
  using commands = command_list<touch_page>;
};

inline constexpr statement load_page{"page.load", "load page"};

result<outcome<page, done>> decide(const page&, const touch_page&, const moment&) { return outcome<page, done>{}; }
bound_statement load(const page_kind&, const uuid& id) { return {&load_page, {id}}; }
result<page> read(const page_kind&, const uuid&, const rows&) { return page{std::string(10'000, 'p'), 1}; }

}  // namespace stoa::testing

using namespace stoa;
using namespace stoa::testing;

namespace {

uuid numbered(int n) { return uuid::from_name("page " + std::to_string(n)); }

struct pages_world {
  scripted_database db;
  std::ostringstream nowhere;
  std::shared_ptr<logger> log = runtime::make_logger({}, &nowhere);
  manual_clock time{timestamp{days{20'000}}};
  runtime::metrics_registry meters;
  runtime::actor_system system;
  runtime::entities<page_kind> pages;

  explicit pages_world(std::size_t budget)
      : system(
            {2, seconds{5}}, [](std::function<void()> f) { f(); }, *log),
        pages(system, runtime::entity_options{db, time, *log, 64, seconds{5}, [] {}, nullptr, budget, &meters}) {}
  ~pages_world() {
    db.join();
    pages.home().end_all();
    db.join();
  }

  bool read(int n) {
    auto outcome = std::make_shared<std::promise<bool>>();
    auto arrives = outcome->get_future();
    detach<std::shared_ptr<const page>>(pages.get(numbered(n)), [outcome](auto r) { outcome->set_value(r.ok()); });
    return arrives.wait_for(std::chrono::seconds{20}) == std::future_status::ready && arrives.get();
  }
};

}  // namespace

TEST_CASE("snapshots of a kind that many read keep to their budget", "[byte_budget]") {
  pages_world w(100'000);
  for (int n = 0; n < 200; ++n) {
    REQUIRE(w.read(n));
    CHECK(w.pages.weight() <= 100'000);
  }
  CHECK(w.pages.weight() > 50'000);
  // The actors go with their snapshots, and nothing is lost by it: who is asked for is loaded again.
  CHECK(eventually([&] { return w.pages.home().size() <= 10; }));
  CHECK(w.db.loads == 200);
  CHECK(w.read(0));
  CHECK(w.db.loads == 201);
  CHECK(w.meters.render().find(R"(stoa_entity_bytes{entity="page"})") != std::string::npos);
}

TEST_CASE("what is read again and again stays while others come and go", "[byte_budget]") {
  pages_world w(100'000);
  REQUIRE(w.read(0));
  for (int n = 1; n < 200; ++n) {
    REQUIRE(w.read(n));
    REQUIRE(w.pages.peek(numbered(0)));
  }
  CHECK(w.db.loads == 200);
}

TEST_CASE("without a budget all snapshots stay, and one larger than the budget is read all the same", "[byte_budget]") {
  pages_world all(0);
  for (int n = 0; n < 50; ++n) REQUIRE(all.read(n));
  CHECK(all.pages.weight() > 500'000);
  pages_world small(1000);
  CHECK(small.read(1));
  CHECK(small.read(1));
  CHECK(small.pages.weight() <= 1000);
}
