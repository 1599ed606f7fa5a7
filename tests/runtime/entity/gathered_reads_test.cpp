// Many keys, few statements: who waits for which, and what each of them gets.
#include "runtime/entity/gathered_reads.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

#include "stoa/ids.hpp"

using namespace stoa;

namespace {

class id_rows final : public rows::source {
 public:
  explicit id_rows(std::vector<course_id> ids) {
    for (const auto& id : ids) texts_.push_back(id.str());
  }
  std::size_t count() const override { return texts_.size(); }
  bool null(std::size_t, std::size_t) const override { return false; }
  std::string_view text(std::size_t row, std::size_t) const override { return texts_[row]; }

 private:
  std::vector<std::string> texts_;
};

/// A database that answers when the test says so, and what became of those who asked.
struct reading {
  using answer = runtime::gathered_reads<course_id>::answer;
  struct statement {
    std::vector<course_id> keys;
    answer then;
  };
  std::vector<statement> sent;
  std::map<int, std::string> got;
  runtime::gathered_reads<course_id> reads{[this](const std::vector<course_id>& keys, answer then) {
    sent.push_back({keys, std::move(then)});
  }};

  void ask(int who, course_id key) {
    reads.read(key, [this, who](result<rows> r) {
      REQUIRE(got.count(who) == 0);
      got[who] = !r ? r.refusal().code : r->empty() ? "nothing" : r->front().text(0);
    });
  }
  void found(std::size_t at, std::vector<course_id> ids) {
    const auto then = sent.at(at).then;
    then(rows(std::make_shared<id_rows>(std::move(ids))));
  }
};

const auto a = course_id::make(), b = course_id::make(), c = course_id::make(), d = course_id::make();

}  // namespace

TEST_CASE("what is asked for while statements are on their way goes together into the next") {
  reading r;
  r.ask(1, a);
  r.ask(2, b);
  r.ask(3, c);
  r.ask(4, d);
  r.ask(5, c);
  REQUIRE(r.sent.size() == 2);
  CHECK(r.sent[0].keys == std::vector{a});
  CHECK(r.sent[1].keys == std::vector{b});
  r.found(0, {a});
  REQUIRE(r.sent.size() == 3);
  CHECK(r.sent[2].keys == std::vector{c, d});
  CHECK(r.got == std::map<int, std::string>{{1, a.str()}});
  r.found(2, {d, c});
  r.found(1, {b});
  CHECK(r.got[2] == b.str());
  CHECK(r.got[3] == c.str());
  CHECK(r.got[4] == d.str());
  CHECK(r.got[5] == c.str());
  CHECK(r.sent.size() == 3);
}

TEST_CASE("who asks for a key whose statement has begun gets a later answer") {
  reading r;
  r.ask(1, a);
  r.ask(2, a);
  REQUIRE(r.sent.size() == 2);
  r.found(0, {a});
  CHECK(r.got == std::map<int, std::string>{{1, a.str()}});
  r.found(1, {});
  CHECK(r.got[2] == "nothing");
}

TEST_CASE("keys without a row get none, and a refused statement refuses all of its own and nobody else's") {
  reading r;
  r.ask(1, a);
  r.ask(2, b);
  r.ask(3, c);
  r.ask(4, d);
  r.found(0, {});
  CHECK(r.got[1] == "nothing");
  REQUIRE(r.sent.size() == 3);
  const auto refuse = r.sent[2].then;
  refuse(fault(fault_kind::unavailable, "AWAY", "The database is away."));
  CHECK(r.got[3] == "AWAY");
  CHECK(r.got[4] == "AWAY");
  CHECK(r.got.count(2) == 0);
  r.found(1, {b});
  CHECK(r.got[2] == b.str());
  r.ask(5, a);
  CHECK(r.sent.size() == 4);
}

TEST_CASE("one statement reads no more than its share, the longest waiting first") {
  reading r;
  std::vector<course_id> many;
  for (int i = 0; i < 22; ++i) {
    many.push_back(course_id::make());
    r.ask(i, many.back());
  }
  r.found(0, {many[0]});
  REQUIRE(r.sent.size() == 3);
  CHECK(r.sent[2].keys == std::vector(many.begin() + 2, many.begin() + 18));
  r.found(1, {many[1]});
  REQUIRE(r.sent.size() == 4);
  CHECK(r.sent[3].keys == std::vector(many.begin() + 18, many.end()));
}
