// What the host owes every kind: single load, order, bounds, races, the one rule about memory and snapshot,
// passivation. The database is a script.
#include "runtime/entity/entities.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <sstream>

#include "runtime/observe/log.hpp"
#include "runtime/observe/metrics.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/scripted_database.hpp"

namespace stoa::testing {

struct counted {
  int sum = 0;
  std::int64_t version = 0;
};

struct count_up {
  int by = 0;
  using reply = int;
};
BOOST_DESCRIBE_STRUCT(count_up, (), (by))

struct count_kind {
  static constexpr const char* name = "count";
  using key = uuid;
  using state = counted;
  using commands = command_list<count_up>;
};

inline constexpr statement load_count{"count.load", "load"};
inline constexpr statement write_count{"count.write", "write"};

/// Adding nothing changes nothing; adding less than nothing is a mistake in the program.
result<outcome<counted, int>> decide(const counted& now, const count_up& told, const moment&) {
  if (told.by < 0) throw std::runtime_error("a mistake in the program");
  if (told.by == 0) return outcome<counted, int>{std::nullopt, now.sum};
  if (told.by > 1000) return fault(fault_kind::rejected, "TOO_MUCH", "That is too much.");
  counted next = now;
  next.sum += told.by;
  return outcome<counted, int>{next, next.sum};
}
bound_statement save(const counted& before, const counted& after, const count_up&, const moment&) {
  return {&write_count, {before.version, after.sum}};
}
bound_statement load(const count_kind&, const uuid& id) { return {&load_count, {id}}; }
result<counted> read(const count_kind&, const uuid&, const rows& found) {
  if (found.empty()) return fault(fault_kind::not_found, "COUNT_NOT_FOUND", "There is no such count.");
  return counted{static_cast<int>(found.front().integer(0)), 1};
}

/// Of these, one statement loads as many as wait.
struct flock_kind {
  static constexpr const char* name = "flock";
  using key = uuid;
  using state = counted;
  using commands = command_list<count_up>;
};
inline constexpr statement load_flock{"flock.load", "load"};
bound_statement load_all(const flock_kind&, const std::vector<uuid>& ids) {
  std::vector<std::string> texts;
  for (const auto& id : ids) texts.push_back(id.str());
  return {&load_flock, {value::array(texts)}};
}
result<counted> read(const flock_kind&, const uuid& id, const rows& found) {
  if (found.empty()) return fault(fault_kind::not_found, "COUNT_NOT_FOUND", "There is no such count.");
  return counted{found.front().as_uuid(0) == id ? 1 : -1, 1};
}

/// A row for each id, which is all it says.
class id_rows final : public rows::source {
 public:
  explicit id_rows(const std::vector<uuid>& ids) {
    for (const auto& id : ids) texts_.push_back(id.str());
  }
  std::size_t count() const override { return texts_.size(); }
  bool null(std::size_t, std::size_t) const override { return false; }
  std::string_view text(std::size_t row, std::size_t) const override { return texts_[row]; }

 private:
  std::vector<std::string> texts_;
};

}  // namespace stoa::testing

using namespace stoa;
using namespace stoa::testing;

namespace {

const uuid somebody = uuid::from_name("somebody");

fault away() { return fault::unavailable("The database is not available."); }

struct counts_world {
  scripted_database db;
  std::shared_ptr<logger> log = [] {
    static std::ostringstream nowhere;
    return runtime::make_logger({}, &nowhere);
  }();
  manual_clock time{*parse_rfc3339("2026-01-27T12:00:00Z")};
  std::atomic<int> told{0};
  runtime::metrics_registry meters;
  runtime::actor_system system;
  runtime::entities<count_kind> counts;

  explicit counts_world(milliseconds deadline = seconds{5}, std::size_t bound = 64)
      : system(
            {2, deadline}, [](std::function<void()> f) { f(); }, *log),
        counts(system,
               runtime::entity_options{db, time, *log, bound, deadline, [this] { ++told; }, nullptr, 0, &meters}) {}
  ~counts_world() {
    db.join();
    counts.home().end_all();
    db.join();
  }

  template <class T>
  static std::future<result<T>> begin(task<T> t) {
    auto outcome = std::make_shared<std::promise<result<T>>>();
    auto arrives = outcome->get_future();
    detach<T>(std::move(t), [outcome](result<T> r) { outcome->set_value(std::move(r)); });
    return arrives;
  }
  template <class T>
  static result<T> end(std::future<result<T>> f) {
    if (f.wait_for(std::chrono::seconds{20}) != std::future_status::ready) return fault::unavailable("no answer");
    return f.get();
  }
  std::future<result<int>> adding(int by) { return begin(counts.ask(somebody, count_up{by})); }
  result<int> add(int by) { return end(adding(by)); }
  result<std::shared_ptr<const counted>> get() { return end(begin(counts.get(somebody))); }
};

}  // namespace

TEST_CASE("one load of a described entity serves all who came at once, and they are decided in order", "[entity]") {
  counts_world w;
  w.db.answer = [](const statement&) { return result<rows>(number(100)); };
  std::vector<std::future<result<int>>> answers;
  for (int i = 0; i < 40; ++i) answers.push_back(w.adding(1));
  std::vector<int> sums;
  for (auto& a : answers) {
    auto r = counts_world::end(std::move(a));
    REQUIRE(r.ok());
    sums.push_back(*r);
  }
  std::sort(sums.begin(), sums.end());
  for (int i = 0; i < 40; ++i) CHECK(sums[static_cast<std::size_t>(i)] == 101 + i);
  CHECK(w.db.loads == 1);
  CHECK(w.db.writes == 40);
  CHECK(w.told == 40);
}

TEST_CASE("of a kind that loads together each gets its own row, and who has none is nobody", "[entity]") {
  counts_world w;
  const auto other = uuid::from_name("somebody else"), nobody = uuid::from_name("nobody");
  runtime::entities<flock_kind> flocks{
      w.system, runtime::entity_options{w.db, w.time, *w.log, 64, seconds{5}, [] {}, nullptr, 0, nullptr}};
  w.db.answer = [&](const statement&) {
    return result<rows>(rows(std::make_shared<id_rows>(std::vector{other, somebody})));
  };
  auto first = counts_world::begin(flocks.get(somebody));
  auto second = counts_world::begin(flocks.get(other));
  auto third = counts_world::begin(flocks.get(nobody));
  auto one = counts_world::end(std::move(first)), two = counts_world::end(std::move(second));
  REQUIRE(one.ok());
  CHECK((*one)->sum == 1);
  REQUIRE(two.ok());
  CHECK((*two)->sum == 1);
  CHECK(counts_world::end(std::move(third)).refusal().code == "COUNT_NOT_FOUND");
  w.db.answer = [](const statement&) { return result<rows>(fault(fault_kind::unavailable, "AWAY", "Away.")); };
  CHECK(counts_world::end(counts_world::begin(flocks.reload(somebody))).refusal().code == "AWAY");
  w.db.join();
  flocks.home().end_all();
}

TEST_CASE("a snapshot follows the commit, takes no hop, and has the version that was written", "[entity]") {
  counts_world w;
  CHECK_FALSE(w.counts.peek(somebody));
  REQUIRE(w.get().ok());
  w.db.answer = [](const statement&) { return result<rows>(number(9)); };
  REQUIRE(w.add(5).ok());
  const auto seen = w.counts.peek(somebody);
  REQUIRE(seen);
  CHECK(seen->sum == 5);
  CHECK(seen->version == 9);
  CHECK(w.db.loads == 1);
}

TEST_CASE("a refusal and a decision that changes nothing write nothing", "[entity]") {
  counts_world w;
  CHECK(w.add(2000).refusal().code == "TOO_MUCH");
  CHECK(*w.add(0) == 0);
  CHECK(w.db.writes == 0);
  CHECK(w.told == 0);
}

TEST_CASE("a described entity that lost a race is loaded anew and decides once more", "[entity]") {
  counts_world w;
  std::atomic<int> lost{1};
  w.db.answer = [&](const statement& s) {
    if (&s == &write_count && lost-- > 0) return result<rows>(rows());
    return result<rows>(number(7));
  };
  CHECK(*w.add(1) == 8);
  CHECK(w.db.loads == 2);
  CHECK(w.db.writes == 2);
  lost = 1000;
  CHECK(w.add(1).refusal().kind == fault_kind::unavailable);
  CHECK_FALSE(w.counts.peek(somebody));
}

TEST_CASE("after any write that did not go through memory and snapshot are withdrawn", "[entity]") {
  for (const auto& refusal : {away(), fault(fault_kind::conflict, "count_key", "This already exists.")}) {
    counts_world w;
    REQUIRE(w.add(1).ok());
    REQUIRE(w.counts.peek(somebody));
    w.db.answer = [&](const statement& s) {
      return &s == &write_count ? result<rows>(refusal) : result<rows>(number(5));
    };
    CHECK(w.add(1).refusal().code == refusal.code);
    CHECK_FALSE(w.counts.peek(somebody));
    CHECK((*w.get())->sum == 5);
    CHECK(w.db.loads == 2);
  }
}

TEST_CASE("a load that fails is told to all who wait, and the next one loads again", "[entity]") {
  counts_world w;
  w.db.answer = [](const statement&) { return result<rows>(away()); };
  CHECK(w.add(1).refusal().kind == fault_kind::unavailable);
  w.db.answer = [](const statement&) { return result<rows>(number(0)); };
  CHECK(w.add(1).ok());
}

TEST_CASE("an identity that nobody has is refused, and leaves no actor behind that answers for it", "[entity]") {
  counts_world w;
  w.db.answer = [](const statement&) { return result<rows>(rows()); };
  CHECK(w.add(1).refusal().code == "COUNT_NOT_FOUND");
  w.db.answer = [](const statement&) { return result<rows>(number(3)); };
  // Remembered for a moment, so that asking again and again costs nothing; whoever makes it says so.
  CHECK(w.add(1).refusal().code == "COUNT_NOT_FOUND");
  CHECK(w.get().refusal().code == "COUNT_NOT_FOUND");
  CHECK(w.db.loads == 1);
  w.counts.made(somebody);
  CHECK(*w.add(1) == 4);
}

TEST_CASE("an unknown identity is asked for again after a moment", "[entity]") {
  counts_world w;
  w.db.answer = [](const statement&) { return result<rows>(rows()); };
  CHECK_FALSE(w.add(1).ok());
  w.db.answer = [](const statement&) { return result<rows>(number(3)); };
  w.time.advance(seconds{5});
  CHECK(*w.add(1) == 4);
}

TEST_CASE("waiting for a described entity is bounded", "[entity]") {
  counts_world w(seconds{5}, 4);
  std::promise<void> open;
  auto opened = open.get_future().share();
  w.db.answer = [&](const statement&) {
    opened.wait_for(std::chrono::seconds{20});
    return result<rows>(number(0));
  };
  std::vector<std::future<result<int>>> answers;
  for (int i = 0; i < 12; ++i) answers.push_back(w.adding(1));
  const auto refused = [&] {
    return std::count_if(answers.begin(), answers.end(),
                         [](auto& a) { return a.wait_for(std::chrono::seconds{0}) == std::future_status::ready; });
  };
  CHECK(eventually([&] { return refused() == 7; }));
  open.set_value();
  int fine = 0;
  for (auto& a : answers) fine += counts_world::end(std::move(a)).ok() ? 1 : 0;
  CHECK(fine == 5);
}

TEST_CASE("a rule that throws costs its caller an answer and the entity nothing", "[entity]") {
  counts_world w;
  CHECK(w.add(-1).refusal().kind == fault_kind::internal);
  CHECK(w.add(1).ok());
}

TEST_CASE("who is told that rows changed reads them again, and a reload ends when readers see them", "[entity]") {
  counts_world w;
  REQUIRE(w.add(1).ok());
  w.db.answer = [](const statement&) { return result<rows>(number(50)); };
  REQUIRE(counts_world::end(counts_world::begin(w.counts.reload(somebody))).ok());
  REQUIRE(w.counts.peek(somebody));
  CHECK(w.counts.peek(somebody)->sum == 50);
  w.db.answer = [](const statement&) { return result<rows>(number(60)); };
  w.counts.refresh(somebody);
  CHECK(eventually([&] {
    const auto seen = w.counts.peek(somebody);
    return seen && seen->sum == 60;
  }));
}

TEST_CASE("passivation of a described entity under fire loses no command", "[entity]") {
  counts_world w(seconds{20}, 1000);
  std::vector<std::future<result<int>>> answers;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 4; ++i) answers.push_back(w.adding(1));
    w.counts.home().sweep(timestamp::max());
  }
  for (auto& a : answers) CHECK(counts_world::end(std::move(a)).ok());
}

TEST_CASE("an ask ends at its deadline", "[entity]") {
  counts_world w(milliseconds{200});
  w.db.silent = true;
  CHECK(w.add(1).refusal().kind == fault_kind::unavailable);
}

TEST_CASE("idle entities are passivated, and asked for again they come back", "[entity]") {
  counts_world w;
  REQUIRE(w.add(1).ok());
  CHECK(w.counts.home().size() == 1);
  CHECK(w.counts.home().sweep(w.time.now() - minutes{1}) == 0);
  w.time.advance(minutes{11});
  CHECK(w.counts.home().sweep(w.time.now() - minutes{10}) == 1);
  CHECK(w.counts.home().size() == 0);
  REQUIRE(w.add(1).ok());
  CHECK(w.db.loads == 2);
}

TEST_CASE("an old incarnation does not withdraw its successor's snapshot", "[snapshots]") {
  runtime::snapshots<uuid, int> published;
  auto old = std::make_shared<const int>(1), young = std::make_shared<const int>(2);
  published.publish(somebody, old);
  published.publish(somebody, young);
  published.withdraw(somebody, old);
  REQUIRE(published.find(somebody) == young);
  published.withdraw(somebody, young);
  CHECK_FALSE(published.find(somebody));
}

TEST_CASE("commands are counted by what they came to", "[entity]") {
  counts_world w;
  REQUIRE(w.add(1).ok());
  REQUIRE(w.add(1).ok());
  CHECK_FALSE(w.add(2000).ok());
  CHECK_FALSE(w.add(-1).ok());
  const auto of = [&](const char* outcome) {
    return R"(stoa_entity_commands_total{command="count_up",entity="count",outcome=")" + std::string(outcome) + "\"} ";
  };
  const auto text = w.meters.render();
  CHECK(text.find(of("done") + "2") != text.npos);
  CHECK(text.find(of("refused") + "1") != text.npos);
  CHECK(text.find(of("failed") + "1") != text.npos);
}

TEST_CASE("a command is not begun after the deadline of whom it is for", "[entity]") {
  counts_world w;
  auto late = w.counts.ask(somebody, count_up{1});
  late.ends_by(std::chrono::steady_clock::now());
  CHECK(counts_world::end(counts_world::begin(std::move(late))).refusal().kind == fault_kind::unavailable);
  CHECK(w.db.loads == 0);
  auto early = w.counts.ask(somebody, count_up{1});
  early.ends_by(std::chrono::steady_clock::now() + std::chrono::minutes{1});
  CHECK(counts_world::end(counts_world::begin(std::move(early))).ok());
}
