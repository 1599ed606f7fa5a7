// Entities whose types only a plugin knows: the core's host and the fake of the test kit keep the same promises.
#include "runtime/entity/plugin_entities.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <sstream>

#include "runtime/observe/log.hpp"
#include "runtime/observe/metrics.hpp"
#include "testing/fake_entities.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/scripted_database.hpp"

namespace stoa_plugin::badges {

using namespace stoa;  // NOLINT

/// What a learner has earned; one that is on loan goes back after an hour.
struct shelf {
  std::int64_t count = 0;
  std::optional<timestamp> lent;
  std::int64_t version = 0;
};

struct give_badge {
  std::string name;
  bool on_loan = false;
  using reply = std::string;
};
BOOST_DESCRIBE_STRUCT(give_badge, (), (name, on_loan))
struct take_back {
  using reply = done;
};
BOOST_DESCRIBE_STRUCT(take_back, (), ())

struct shelf_kind {
  static constexpr const char* name = "shelf";
  using key = user_id;
  using state = shelf;
  using commands = command_list<give_badge, take_back>;
};

inline constexpr statement load_shelf{"shelf.load", "load"};
inline constexpr statement save_shelf{"shelf.save", "save"};

result<outcome<shelf, std::string>> decide(const shelf& now, const give_badge& told, const moment& m) {
  if (told.name.empty()) return fault(fault_kind::rejected, "NO_NAME", "A badge has a name.");
  if (told.name == "boom") throw std::runtime_error("a mistake in the plugin");
  shelf next = now;
  ++next.count;
  if (told.on_loan) next.lent = m.now;
  return outcome<shelf, std::string>{next, told.name + " " + std::to_string(next.count)};
}
result<outcome<shelf, done>> decide(const shelf& now, const take_back&, const moment&) {
  shelf next = now;
  --next.count;
  next.lent.reset();
  return outcome<shelf, done>{next};
}
bound_statement save(const shelf& before, const shelf& after, const give_badge&, const moment&) {
  return {&save_shelf, {before.version, after.count}};
}
bound_statement save(const shelf& before, const shelf& after, const take_back&, const moment&) {
  return {&save_shelf, {before.version, after.count}};
}
std::optional<fault> refused(const give_badge&, const fault& f) {
  if (f.code == "badge_once") return fault(fault_kind::conflict, "HAS_BADGE", "There is such a badge already.");
  return std::nullopt;
}
bound_statement load(const shelf_kind&, const user_id& who) { return {&load_shelf, {who}}; }
result<shelf> read(const shelf_kind&, const user_id&, const rows& found) {
  if (found.empty()) return fault(fault_kind::not_found, "SHELF_NOT_FOUND", "There is no such shelf.");
  return shelf{found.front().integer(0), {}, 1};
}
std::optional<stoa::alarm<take_back>> alarm_of(const shelf_kind&, const shelf& now) {
  if (!now.lent) return std::nullopt;
  return stoa::alarm<take_back>{*now.lent + minutes{60}, take_back{}};
}

}  // namespace stoa_plugin::badges

using namespace stoa;
using namespace stoa::testing;
using namespace stoa_plugin::badges;

namespace {

const user_id learner{uuid::from_name("learner")};

struct shelves_world {
  std::shared_ptr<scripted_database> db = std::make_shared<scripted_database>();
  std::ostringstream lines;
  std::shared_ptr<logger> log = runtime::make_logger({}, &lines);
  manual_clock time{*parse_rfc3339("2026-01-27T12:00:00Z")};
  runtime::alarms clockwork{time};
  runtime::metrics_registry meters;
  runtime::actor_system system;
  std::vector<runtime::any_directory*> directories;
  std::atomic<int> told{0};
  runtime::plugin_entities hosting;

  shelves_world()
      : system(
            {2, seconds{5}}, [](std::function<void()> f) { f(); }, *log),
        hosting({system, clockwork, time, meters, 64, [this] { ++told; },
                 [this](runtime::any_directory& d) { directories.push_back(&d); }}) {}
  ~shelves_world() {
    clockwork.stop();
    db->join();
    for (auto* d : directories) d->end_all();
    db->join();
    system.shutdown();
  }

  entity_of<shelf_kind> real() {
    return entity_of<shelf_kind>(hosting.host("badges", detail::hosted_kind_of<shelf_kind>::type(), db, log));
  }
  entity_of<shelf_kind> fake() {
    return entity_of<shelf_kind>(
        std::make_shared<fake_entities>(detail::hosted_kind_of<shelf_kind>::type(), *db, time));
  }
  entity_of<shelf_kind> either(bool is_fake) { return is_fake ? fake() : real(); }

  template <class T>
  static result<T> end(task<T> t) {
    auto outcome = std::make_shared<std::promise<result<T>>>();
    auto arrives = outcome->get_future();
    detach<T>(std::move(t), [outcome](result<T> r) { outcome->set_value(std::move(r)); });
    if (arrives.wait_for(std::chrono::seconds{20}) != std::future_status::ready) return fault::unavailable("no answer");
    return arrives.get();
  }
};

}  // namespace

TEST_CASE("a plugin's entity is loaded once, decides, writes and shows what was committed", "[plugin_entities]") {
  const bool is_fake = GENERATE(false, true);
  shelves_world w;
  w.db->answer = [](const statement& s) { return result<rows>(number(&s == &load_shelf ? 3 : 9)); };
  const auto shelves = w.either(is_fake);
  CHECK_FALSE(shelves.peek(learner));
  const give_badge first{"first", false};
  CHECK(*w.end(shelves.ask(learner, first)) == "first 4");
  CHECK(*w.end(shelves.ask(learner, give_badge{"second", false})) == "second 5");
  CHECK(w.db->loads == 1);
  CHECK(w.db->writes == 2);
  const auto seen = shelves.peek(learner);
  REQUIRE(seen);
  CHECK(seen->count == 5);
  CHECK(seen->version == 9);
  CHECK((*w.end(shelves.get(learner)))->count == 5);
}

TEST_CASE("a refusal of a plugin's entity is the rule's own, or the kind's words for a constraint",
          "[plugin_entities]") {
  const bool is_fake = GENERATE(false, true);
  shelves_world w;
  const auto shelves = w.either(is_fake);
  CHECK(w.end(shelves.ask(learner, give_badge{"", false})).refusal().code == "NO_NAME");
  CHECK(w.db->writes == 0);
  w.db->answer = [](const statement& s) {
    return &s == &save_shelf ? result<rows>(fault(fault_kind::conflict, "badge_once", "This already exists."))
                             : result<rows>(number(1));
  };
  CHECK(w.end(shelves.ask(learner, give_badge{"twice", false})).refusal().code == "HAS_BADGE");
  CHECK_FALSE(shelves.peek(learner));  // nobody knows what the rows say by now
}

TEST_CASE("a plugin's entity that lost a race is loaded anew and decides once more", "[plugin_entities]") {
  const bool is_fake = GENERATE(false, true);
  shelves_world w;
  std::atomic<int> lost{1};
  w.db->answer = [&](const statement& s) {
    if (&s == &save_shelf && lost-- > 0) return result<rows>(rows());
    return result<rows>(number(7));
  };
  const auto shelves = w.either(is_fake);
  CHECK(*w.end(shelves.ask(learner, give_badge{"late", false})) == "late 8");
  CHECK(w.db->loads == 2);
  lost = 1000;
  CHECK(w.end(shelves.ask(learner, give_badge{"late", false})).refusal().code == "VERSION_CONFLICT");
}

TEST_CASE("a shelf that nobody has is refused in the kind's words", "[plugin_entities]") {
  const bool is_fake = GENERATE(false, true);
  shelves_world w;
  w.db->answer = [](const statement&) { return result<rows>(rows()); };
  const auto shelves = w.either(is_fake);
  CHECK(w.end(shelves.get(learner)).refusal().code == "SHELF_NOT_FOUND");
  w.db->answer = [](const statement&) { return result<rows>(number(2)); };
  shelves.made(learner);
  CHECK((*w.end(shelves.get(learner)))->count == 2);
}

TEST_CASE("what another statement changed is read again", "[plugin_entities]") {
  const bool is_fake = GENERATE(false, true);
  shelves_world w;
  w.db->answer = [](const statement&) { return result<rows>(number(1)); };
  const auto shelves = w.either(is_fake);
  CHECK((*w.end(shelves.get(learner)))->count == 1);
  w.db->answer = [](const statement&) { return result<rows>(number(6)); };
  REQUIRE(w.end(shelves.reload(learner)).ok());
  CHECK((*w.end(shelves.get(learner)))->count == 6);
}

TEST_CASE("a mistake in a plugin's rule is one internal fault and a line in its log", "[plugin_entities]") {
  shelves_world w;
  const auto shelves = w.real();
  CHECK(w.end(shelves.ask(learner, give_badge{"boom", false})).refusal().kind == fault_kind::internal);
  CHECK(w.lines.str().find("badges.shelf") != std::string::npos);
  CHECK(w.end(shelves.ask(learner, give_badge{"fine", false})).ok());
}

TEST_CASE("a plugin's commands are counted by entity, command and what they came to", "[plugin_entities]") {
  shelves_world w;
  const auto shelves = w.real();
  REQUIRE(w.end(shelves.ask(learner, give_badge{"first", false})).ok());
  CHECK_FALSE(w.end(shelves.ask(learner, give_badge{"", false})).ok());
  const auto text = w.meters.render();
  CHECK(text.find(R"(stoa_entity_commands_total{command="give_badge",entity="badges.shelf",outcome="done"} 1)") !=
        std::string::npos);
  CHECK(text.find(R"(stoa_entity_commands_total{command="give_badge",entity="badges.shelf",outcome="refused"} 1)") !=
        std::string::npos);
}

TEST_CASE("a plugin's entity rings at its time, whether it is loaded or not", "[plugin_entities]") {
  shelves_world w;
  const auto shelves = w.real();
  REQUIRE(w.end(shelves.ask(learner, give_badge{"lent", true})).ok());
  w.time.advance(minutes{61});
  CHECK(eventually([&] { return w.db->writes == 2; }));

  // The fake rings when the test says so.
  auto home = std::make_shared<fake_entities>(detail::hosted_kind_of<shelf_kind>::type(), *w.db, w.time);
  const entity_of<shelf_kind> faked(home);
  REQUIRE(w.end(faked.ask(learner, give_badge{"lent", true})).ok());
  REQUIRE(w.end(home->ring(packed::pack(learner))).ok());
  CHECK(w.db->writes == 3);  // too early
  w.time.advance(minutes{60});
  REQUIRE(w.end(home->ring(packed::pack(learner))).ok());
  CHECK(w.db->writes == 4);
}

TEST_CASE("out of service a plugin's entities refuse and ring nothing, and are there again afterwards",
          "[plugin_entities]") {
  shelves_world w;
  const auto shelves = w.real();
  REQUIRE(w.end(shelves.ask(learner, give_badge{"lent", true})).ok());
  w.hosting.rest("badges");
  CHECK(w.end(shelves.ask(learner, give_badge{"no", false})).refusal().code == "PLUGIN_UNAVAILABLE");
  CHECK(w.end(shelves.get(learner)).refusal().code == "PLUGIN_UNAVAILABLE");
  CHECK(eventually([&] { return !shelves.peek(learner); }));
  w.time.advance(minutes{61});
  CHECK(w.clockwork.waiting() == 0);
  CHECK(w.db->writes == 1);

  w.hosting.resume("badges");
  const auto again = w.real();  // a new instance asks for its kind and finds the ones there were
  CHECK(w.directories.size() == 1);
  CHECK(w.end(again.ask(learner, give_badge{"back", false})).ok());
  CHECK(w.db->loads == 2);
}
