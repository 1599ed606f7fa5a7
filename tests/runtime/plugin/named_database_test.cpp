// Statements of plugins bear the plugin's name, whichever way they take.
#include "runtime/plugin/named_database.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace stoa;

namespace {

/// Writes down what it is asked; its transactions run at once.
struct asked final : database {
  struct session final : connection {
    explicit session(asked& a) : owner(a) {}
    rows run(const statement& s, const values&) override {
      owner.note(acting{}, lane::commands, s);
      return {};
    }
    asked& owner;
  };

  using database::in_transaction;
  using database::query;
  using database::run;
  using database::transact;
  void run(acting who, lane l, const statement& s, values, std::function<void(result<rows>)> done) override {
    note(who, l, s);
    done(rows{});
  }
  void transact(acting, lane, std::function<result<done>(connection&)> work,
                std::function<void(result<done>)> over) override {
    session c{*this};
    over(work(c));
  }
  task<rows> query(acting who, const statement& s, values, lane l) override {
    note(who, l, s);
    co_return rows{};
  }
  task<done> in_transaction(acting, std::function<result<done>(connection&)> work, lane) override {
    session c{*this};
    co_return work(c);
  }
  void note(const acting& who, lane l, const statement& s) {
    names.push_back(s.name);
    texts.push_back(s.sql);
    last_acting = who;
    last_lane = l;
  }

  std::vector<std::string> names, texts;
  acting last_acting;
  lane last_lane = lane::commands;
};

constexpr statement keep{"keep", "select 1"};
constexpr statement drop{"drop", "select 2"};

template <class T>
void go(task<T> t) {
  detach<T>(std::move(t), [](result<T> r) { CHECK(r); });
}

}  // namespace

TEST_CASE("a plugin's statements bear its name, with their text, user and lane unchanged", "[plugin]") {
  asked inner;
  runtime::named_database db{inner, "badges"};
  const auto ada = user_id::make();
  const auto work = [](connection& c) -> result<done> {
    c.run(drop, {});
    return done{};
  };
  db.run(acts_as(ada), lane::reads, keep, {}, [](result<rows>) {});
  CHECK(inner.last_acting == acts_as(ada));
  CHECK(inner.last_lane == lane::reads);
  go(db.query(acts_as_system(), drop, {}, lane::commands));
  CHECK(inner.last_acting == acts_as_system());
  CHECK(inner.last_lane == lane::commands);
  db.transact(lane::commands, work, [](result<done> r) { CHECK(r); });
  go(db.in_transaction(work));
  subscription s;
  s.handle = [](connection& c, const std::vector<event>&) -> result<done> {
    c.run(keep, {});
    return done{};
  };
  asked::session session{inner};
  CHECK(db.named(s).handle(session, {}));
  CHECK(inner.names == std::vector<std::string>{"plugin_badges.keep", "plugin_badges.drop", "plugin_badges.drop",
                                                "plugin_badges.drop", "plugin_badges.keep"});
  CHECK(inner.texts == std::vector<std::string>{"select 1", "select 2", "select 2", "select 2", "select 1"});
}

TEST_CASE("two plugins may call their statements alike, and one plugin two of its own", "[plugin]") {
  asked inner;
  runtime::named_database one{inner, "one"}, two{inner, "two"};
  go(one.query(keep, {}));
  go(two.query(keep, {}));
  constexpr statement other{"keep", "select 3"};
  go(one.query(other, {}));
  go(one.query(keep, {}));
  CHECK(inner.names ==
        std::vector<std::string>{"plugin_one.keep", "plugin_two.keep", "plugin_one.keep", "plugin_one.keep"});
  CHECK(inner.texts == std::vector<std::string>{"select 1", "select 1", "select 3", "select 1"});
}
