#include "actors/catalog/catalog_model.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <optional>

namespace {

using namespace stoa;
using actors::catalog_columns;
using actors::catalog_model;

class silent final : public logger {
 public:
  bool enabled(log_level) const noexcept override { return false; }
  void write(log_level, std::string_view, log_fields) override {}
};

/// Rows of texts; an empty optional is null.
class text_rows final : public rows::source {
 public:
  using row = std::vector<std::optional<std::string>>;
  explicit text_rows(std::vector<row> all) : all_(std::move(all)) {}
  std::size_t count() const override { return all_.size(); }
  bool null(std::size_t r, std::size_t c) const override { return !all_.at(r).at(c); }
  std::string_view text(std::size_t r, std::size_t c) const override { return *all_.at(r).at(c); }

 private:
  std::vector<row> all_;
};

/// A database that answers when the test says so.
class waiting_database final : public database {
 public:
  struct call {
    std::string name;
    std::function<void(result<rows>)> done;
  };
  std::deque<call> calls;

  using database::in_transaction;
  using database::query;
  using database::run;
  using database::transact;
  void run(acting, lane, const statement& s, values, std::function<void(result<rows>)> completion) override {
    calls.push_back({s.name, std::move(completion)});
  }
  void transact(acting, lane, std::function<result<done>(connection&)>, std::function<void(result<done>)>) override {}
  task<rows> query(acting, const statement&, values, lane) override { co_return rows(); }
  task<done> in_transaction(acting, std::function<result<done>(connection&)>, lane) override { co_return done{}; }

  /// The first call of that name gets these rows, or a fault.
  void answer(const std::string& name, result<rows> with) {
    for (auto it = calls.begin(); it != calls.end(); ++it) {
      if (it->name != name) continue;
      const auto done = std::move(it->done);
      calls.erase(it);
      return done(std::move(with));
    }
    FAIL("nobody asks for " + name);
  }
  void answer(const std::string& name, std::vector<text_rows::row> with) {
    answer(name, rows(std::make_shared<text_rows>(std::move(with))));
  }
  std::size_t asked(const std::string& name) const {
    std::size_t n = 0;
    for (const auto& c : calls) n += c.name == name ? 1 : 0;
    return n;
  }
};

const timestamp noon = *parse_rfc3339("2026-01-27T12:00:00Z");

course course_of(std::int64_t number, const std::string& title) {
  course c;
  c.id = course_id::make();
  c.number = number;
  c.version = 1;
  c.instructor.id = user_id::make();
  c.title = title;
  c.language = "English";
  c.status = course_status::published;
  c.created_at = c.updated_at = noon;
  c.published_at = noon;
  return c;
}

/// As the database has it, written by that transaction.
text_rows::row row_of(const course& c, int mark, std::int64_t students = 0) {
  return {c.id.str(),
          std::to_string(c.number),
          std::to_string(c.version),
          c.instructor.id.str(),
          std::nullopt,
          std::string(name_of(c.level)),
          std::string(name_of(c.status)),
          c.language,
          c.title,
          std::to_string(c.price.minor),
          "10",
          rfc3339(*c.published_at),
          rfc3339(c.created_at),
          rfc3339(c.updated_at),
          std::to_string(students),
          "0",
          "0",
          std::to_string(mark),
          "7"};
}

struct setting {
  waiting_database db;
  silent log;
  catalog_model model{db, log, [](const std::function<void()>& work) { work(); }};

  void load(std::vector<text_rows::row> with) {
    model.start();
    db.answer("catalog.load", std::move(with));
    REQUIRE(model.ready());
  }
  std::size_t size() const {
    return model.read([](const catalog_columns& c) { return c.size(); });
  }
  std::int64_t students(const course& c) const {
    return model.read([&](const catalog_columns& all) { return all.students(all.find(c.id)); });
  }
  bool has(const course& c) const {
    return model.read([&](const catalog_columns& all) { return all.find(c.id) != actors::no_slot; });
  }
};

}  // namespace

TEST_CASE("a catalogue that is not read yet is unavailable, and who asks while it is read waits", "[catalog]") {
  setting s;
  std::vector<bool> outcomes;
  const auto ask = [&] { detach<done>(s.model.loaded(), [&](const result<done>& r) { outcomes.push_back(bool(r)); }); };
  ask();
  CHECK(outcomes == std::vector<bool>{false});
  s.model.start();
  s.model.start();
  CHECK(s.db.asked("catalog.load") == 1);
  ask();
  CHECK(outcomes.size() == 1);
  s.db.answer("catalog.load", fault::unavailable("away"));
  CHECK(outcomes == std::vector<bool>{false, false});
  CHECK_FALSE(s.model.ready());
  s.model.look();  // tries again
  ask();
  const auto c = course_of(1, "One");
  s.db.answer("catalog.load", {row_of(c, 5)});
  CHECK(outcomes == std::vector<bool>{false, false, true});
  ask();
  CHECK(outcomes.back());
  CHECK(s.has(c));
}

TEST_CASE("what is committed here is shown at once, and no older reading takes it back", "[catalog]") {
  setting s;
  auto a = course_of(1, "A"), b = course_of(2, "B");
  s.load({row_of(a, 5), row_of(b, 5)});
  const auto before = s.model.version();

  s.model.written({a.id, b.id});
  // Committed after the database was asked: what it answers is older.
  auto withdrawn = a;
  withdrawn.version = 2;
  withdrawn.status = course_status::draft;
  s.model.committed(withdrawn);
  CHECK_FALSE(s.has(a));
  CHECK(s.model.version() > before);
  auto fresh = course_of(3, "C");
  s.model.committed(fresh);
  s.db.answer("catalog.some", {row_of(a, 5), row_of(b, 5)});
  CHECK_FALSE(s.has(a));
  CHECK(s.has(fresh));
  // It is asked for again, and then believed.
  REQUIRE(s.db.asked("catalog.some") == 1);
  s.db.answer("catalog.some", {row_of(withdrawn, 6)});
  CHECK_FALSE(s.has(a));
  CHECK(s.db.asked("catalog.some") == 0);
}

TEST_CASE("numbers wait for the next look and are asked for together", "[catalog]") {
  setting s;
  const auto a = course_of(1, "A"), b = course_of(2, "B");
  s.load({row_of(a, 5), row_of(b, 5)});
  const auto before = s.model.version();
  for (int i = 0; i < 100; ++i) {
    s.model.counted(a.id);
    s.model.counted(b.id);
  }
  CHECK(s.db.asked("catalog.some") == 0);
  s.model.look();
  REQUIRE(s.db.asked("catalog.some") == 1);
  s.db.answer("catalog.some", {row_of(a, 5, 3), row_of(b, 5)});
  CHECK(s.students(a) == 3);
  CHECK(s.model.version() == before + 1);
  // A commit with numbers of before does not lower them.
  auto renamed = a;
  renamed.version = 2;
  renamed.title = "Another";
  s.model.committed(renamed);
  CHECK(s.students(a) == 3);
  // Nothing new is no new version.
  const auto then = s.model.version();
  s.model.written({b.id});
  s.db.answer("catalog.some", {row_of(b, 5)});
  CHECK(s.model.version() == then);
}

TEST_CASE("a reading that fails is tried again with the next look", "[catalog]") {
  setting s;
  const auto a = course_of(1, "A");
  s.load({});
  s.model.written({a.id});
  s.db.answer("catalog.some", fault::unavailable("away"));
  CHECK(s.db.asked("catalog.some") == 0);
  s.model.look();
  REQUIRE(s.db.asked("catalog.some") == 1);
  s.db.answer("catalog.some", {row_of(a, 5)});
  CHECK(s.has(a));
}

TEST_CASE("texts that may have changed are told once, numbers are not told", "[catalog]") {
  setting s;
  const auto a = course_of(1, "A"), b = course_of(2, "B");
  s.load({row_of(a, 5), row_of(b, 5)});
  std::vector<course_id> told;
  s.model.rewritten = [&](const std::vector<course_id>& ids) { told.insert(told.end(), ids.begin(), ids.end()); };
  const auto place = s.model.place();
  s.model.written({a.id, b.id});
  s.db.answer("catalog.some", {row_of(a, 9), row_of(b, 5, 4)});  // another transaction wrote the row of a
  CHECK(told == std::vector<course_id>{a.id});
  CHECK(*s.model.rewritten_since(place) == std::vector<course_id>{a.id});
  CHECK(s.model.rewritten_since(s.model.place())->empty());
  // Further back than is kept.
  std::vector<text_rows::row> many;
  for (int i = 10; i < 5010; ++i) many.push_back(row_of(course_of(i, "X"), 5));
  std::vector<course_id> ids;
  for (const auto& r : many) ids.push_back(*course_id::parse(*r[0]));
  for (std::size_t at = 0; at < many.size(); at += 500) {
    const auto from = static_cast<std::ptrdiff_t>(at);
    s.model.written({ids.begin() + from, ids.begin() + from + 500});
    // The next part is asked for in no order that a test may rely on: all rows are offered, those asked for are taken.
    s.db.answer("catalog.some", {many.begin() + from, many.begin() + from + 500});
  }
  CHECK(s.size() == 5002);
  CHECK_FALSE(s.model.rewritten_since(place));
}
