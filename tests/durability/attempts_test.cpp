// No answer that was acknowledged is lost, however the moment of a SIGKILL falls, and no deadline moves.
#include <catch2/catch.hpp>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "tests/api/lms/quiz_room.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

#include "runtime/store/plain.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr int rounds = 10;
constexpr int connections = 16;
constexpr int learners = 50;
constexpr int quizzes = 10;
constexpr int overdue_each_round = 15;

struct answer_told {
  std::int64_t sequence = 0;
  std::string value;
};

/// One attempt, and what its learner was told is true.
struct taken {
  std::string id, token, deadline;
  const quiz_room* room = nullptr;
  std::map<std::string, answer_told> acknowledged;  ///< by question
  std::set<std::string> unsure;  ///< questions of requests without an answer, until they are answered anew
  bool closed = false;
};

/// Answers one after another, each attempt in turn, until the server goes away.
void answer_until_gone(const client& at, std::vector<taken*> mine, std::mt19937_64 dice, std::atomic<int>& told) {
  try {
    for (std::size_t i = 0;; ++i) {
      auto& t = *mine[i % mine.size()];
      if (t.closed) continue;
      const auto& question = t.room->questions[dice() % t.room->questions.size()];
      const auto value = "answer " + std::to_string(dice() % 1000);
      t.unsure.insert(question);
      const auto saved =
          at.as(t.token).below(lms_base).put("/attempts/" + t.id + "/answers/" + question, answer_body(value));
      if (saved.status != 200) return;
      t.acknowledged[question] = {saved.integer("sequence"), value};
      t.unsure.erase(question);
      ++told;
    }
  } catch (const std::exception&) {
    // No answer: the server is gone.
  }
}

void check(const client& at, const taken& t) {
  INFO("attempt " << t.id);
  const auto seen = at.as(t.token).below(lms_base).get("/attempts/" + t.id);
  REQUIRE_STATUS(seen, 200);
  CHECK(seen.text("deadline_at") == t.deadline);
  std::map<std::string, answer_told> there;
  for (const auto& a : seen.at("answers").items()) {
    const auto* value = find_at(a, "answer");
    there[find_at(a, "question_id")->text()] = {*find_at(a, "sequence")->as_integer(),
                                                value->is_array() ? value->items().at(0).text() : value->text()};
  }
  for (const auto& [question, told] : t.acknowledged) {
    const auto found = there.find(question);
    INFO(question << ": told " << told.sequence << " " << told.value);
    REQUIRE(found != there.end());
    INFO("found " << found->second.sequence << " " << found->second.value);
    CHECK(found->second.sequence >= told.sequence);
    if (found->second.sequence == told.sequence)
      CHECK(found->second.value == told.value);
    else
      CHECK(t.unsure.count(question) == 1);
  }
  if (t.closed) {
    CHECK(seen.text("ended_at") == t.deadline);
    CHECK(seen.text("closed_by") == "time");
    CHECK_FALSE(seen.at("score").is_null());
  } else {
    CHECK(seen.at("ended_at").is_null());
    const auto left = *parse_rfc3339(t.deadline) - system_clock().now();
    CHECK(std::abs(seen.integer("time_left_seconds") - std::chrono::duration_cast<seconds>(left).count()) <= 5);
  }
}

}  // namespace

TEST_CASE("after SIGKILL every acknowledged answer is there and every deadline is what it was",
          "[durability][attempts]") {
  const auto at = start_server();
  const auto teacher = fresh_instructor(*at);
  std::vector<quiz_room> rooms;
  for (int i = 0; i < quizzes; ++i)
    rooms.push_back(
        make_quiz_room(at->client().as(teacher.access), {.more = R"("time_limit_minutes": 600)", .choices = 6}));
  std::vector<taken> all;
  for (int l = 0; l < learners; ++l) {
    const auto who = fresh_account(*at);
    const auto me = at->client().as(who.access);
    for (const auto& room : rooms) {
      enter(me, room);
      const auto started = me.below(lms_base).post("/quizzes/" + room.quiz + "/attempts");
      REQUIRE_STATUS(started, 201);
      taken t;
      t.id = started.text("id");
      t.token = who.access;
      t.deadline = started.text("deadline_at");
      t.room = &room;
      all.push_back(std::move(t));
    }
  }
  REQUIRE(all.size() == 500);

  std::mt19937_64 dice(20260127);
  int told_in_all = 0;
  for (int round = 0; round < rounds; ++round) {
    INFO("round " << round);
    std::atomic<int> told{0};
    const auto wanted = 200 + static_cast<int>(dice() % 400);
    std::vector<std::thread> writers;
    for (int w = 0; w < connections; ++w) {
      std::vector<taken*> mine;
      for (std::size_t i = static_cast<std::size_t>(w); i < all.size(); i += connections)
        if (!all[i].closed) mine.push_back(&all[i]);
      writers.emplace_back(answer_until_gone, at->client(), std::move(mine), std::mt19937_64(dice()), std::ref(told));
    }
    CHECK(eventually([&] { return told >= wanted; }, std::chrono::seconds{60}));
    // The deadlines of some pass as if the server had been away for long: set just before it goes, which its memory
    // does not know of.
    std::vector<taken*> over;
    std::string list;
    for (auto& t : all) {
      if (t.closed || over.size() >= overdue_each_round) continue;
      over.push_back(&t);
      list += (list.empty() ? "'" : ", '") + t.id + "'";
    }
    std::map<std::string, std::string> deadlines;
    {
      runtime::plain_connection db(at->database());
      db.run("set stoa.acting = 'system'");
      for (const auto& row :
           db.run("update attempt set deadline = date_trunc('second', now()) - interval '1 minute' where id in (" +
                  list + ") returning id, to_char(deadline at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"))
        deadlines[row.at(0).value()] = row.at(1).value();
    }
    at->kill();
    for (auto& w : writers) w.join();
    told_in_all += told;
    for (auto* t : over) {
      t->deadline = deadlines.at(t->id);
      t->closed = true;
    }
    at->start();
    // Nobody asks for them: the server finds them by itself.
    CHECK(eventually(
        [&] {
          runtime::plain_connection db(at->database());
          db.run("set stoa.acting = 'system'");
          return db.run("select 1 from attempt where ended_at is null and deadline <= now()").empty();
        },
        std::chrono::seconds{30}));
    for (const auto& t : all) check(at->client(), t);
  }
  CHECK(told_in_all > 2000);
}
