// The question bank's plugin on a real database.
#include <map>

#include "stoa/areas/quizzes.hpp"
#include "tests/plugins/support/plugin_bench.hpp"

extern "C" const stoa::plugin_entry* stoa_questionbank_entry();

using namespace stoa;
using namespace stoa::testing;
using Catch::Matchers::Contains;

namespace {

const dialect lms("lms");

/// Quizzes in memory, of one author each.
class known_quizzes final : public quizzes {
 public:
  quiz_id add(user_id author) {
    auto q = std::make_shared<quiz>();
    q->id = quiz_id::make();
    all_[q->id] = {author, q};
    return q->id;
  }
  quiz_ptr at(quiz_id id) { return all_.at(id).second; }

  task<quiz_ptr> get(quiz_id id) override { co_return at(id); }
  task<seen_quiz> visible(quiz_id id, caller who) override {
    const auto found = all_.find(id);
    if (found == all_.end()) co_return not_found(id);
    seen_quiz out{found->second.second, found->second.first == who.user ? quiz_view::author : quiz_view::outside};
    co_return out;
  }
  task<question> add_question(caller, quiz_id id, question_draft d) override {
    auto next = std::make_shared<quiz>(*at(id));
    question q;
    q.id = question_id::make();
    q.text = *d.text;
    q.type = *d.type;
    q.options = *d.options;
    q.correct = *d.correct;
    q.tags = *d.tags;
    next->questions.push_back(q);
    all_[id].second = next;
    co_return q;
  }
  task<quiz_ptr> update(caller, quiz_id id, quiz_draft d) override {
    auto next = std::make_shared<quiz>(*at(id));
    if (d.draws) next->draws = *d.draws;
    all_[id].second = next;
    co_return quiz_ptr(next);
  }

  task<quiz_page> list(quiz_filter, caller, int, int) override { return nobody<quiz_page>(); }
  task<quiz_ptr> create(caller, course_id, quiz_draft) override { return nobody<quiz_ptr>(); }
  task<quiz_ptr> publish(caller, quiz_id) override { return nobody<quiz_ptr>(); }
  task<quiz_ptr> unpublish(caller, quiz_id) override { return nobody<quiz_ptr>(); }
  task<done> remove(caller, quiz_id) override { return nobody<done>(); }
  task<question> update_question(caller, question_id, question_draft) override { return nobody<question>(); }
  task<done> remove_question(caller, question_id) override { return nobody<done>(); }

 private:
  template <class T>
  static task<T> nobody() {
    co_return fault::unavailable("Nobody does this here.");
  }
  std::map<quiz_id, std::pair<user_id, quiz_ptr>> all_;
};

struct bank_bench : plugin_bench {
  explicit bank_bench(const written& settings = {}) : plugin_bench(*stoa_questionbank_entry(), no_calls, settings) {
    host.areas.offer<stoa::quizzes>(quizzes);
  }

  result<reply> ask(verb v, const std::string& pattern, user_id who, const std::string& body = "", parameters path = {},
                    parameters query = {}) {
    return call(lms, v, "/question-bank" + pattern, signed_in(who, {role::instructor}), body, std::move(path),
                std::move(query));
  }
  json add(user_id who, const std::string& text, const std::string& more = "") {
    return body_of(
        ask(verb::post, "/questions", who,
            R"({"question_text":")" + text + R"(","question_type":"true_false","correct_answer":true)" + more + "}"));
  }
  std::string texts(user_id who, parameters query = {}) {
    const auto list = body_of(ask(verb::get, "/questions", who, "", {}, std::move(query)));
    std::string out;
    for (const auto& i : list.find("results")->items()) out += text(i, "question_text") + "|";
    return out;
  }
  static parameters of(const std::string& id) { return {{"question_id", id}}; }

  no_http no_calls;
  known_quizzes quizzes;
};

}  // namespace

TEST_CASE("an instructor keeps questions, and sees no other's", "[questionbank]") {
  bank_bench b;
  const auto me = user_id::make(), other = user_id::make();
  const auto made = b.body_of(b.ask(verb::post, "/questions", me,
                                    R"({"question_text":" Which are prime? ","question_type":"multiple_select",
      "options":["2","4","5"],"correct_answer":["5","2"],"points":3,"explanation":"By division.",
      "tags":["numbers","prime"]})"));
  const auto id = b.text(made, "id");
  CHECK(b.text(made, "question_text") == "Which are prime?");
  CHECK(made.find("correct_answer")->items().size() == 2);
  CHECK(made.find("correct_answer")->items()[0].text() == "2");
  CHECK(made.find("points")->as_integer() == 3);
  const auto shown = b.ask(verb::get, "/questions/{question_id}", me, "", b.of(id));
  CHECK(b.text(b.body_of(shown), "id") == id);

  const auto changed = b.body_of(b.ask(verb::patch, "/questions/{question_id}", me,
                                       R"({"correct_answer":["2"],"explanation":null,"tags":["odd"]})", b.of(id)));
  CHECK(b.text(changed, "explanation").empty());
  CHECK(changed.find("options")->items().size() == 3);
  CHECK(changed.find("tags")->items().size() == 1);
  CHECK(b.bad_fields(b.ask(verb::patch, "/questions/{question_id}", me, R"({"correct_answer":["7"]})", b.of(id))) ==
        "correct_answer");

  for (const auto& whose : {b.of(id)}) {
    CHECK(b.refusal(b.ask(verb::get, "/questions/{question_id}", other, "", whose)) == "QUESTION_NOT_FOUND");
    CHECK(b.refusal(b.ask(verb::patch, "/questions/{question_id}", other, R"({"points":2})", whose)) ==
          "QUESTION_NOT_FOUND");
    CHECK(b.refusal(b.ask(verb::del, "/questions/{question_id}", other, "", whose)) == "QUESTION_NOT_FOUND");
  }
  CHECK(b.texts(other).empty());
  CHECK(b.one("select count(*) from plugin_questionbank.question", acts_as(other)) == "0");
  CHECK(b.one("select count(*) from plugin_questionbank.question", acts_as(me)) == "1");
  CHECK(b.ask(verb::del, "/questions/{question_id}", me, "", b.of(id)));
  CHECK(b.refusal(b.ask(verb::del, "/questions/{question_id}", me, "", b.of(id))) == "QUESTION_NOT_FOUND");
}

TEST_CASE("questions are found by tag, type and words", "[questionbank]") {
  bank_bench b(plugin_bench::written{{"per_instructor", "3"}});
  const auto me = user_id::make();
  b.add(me, "One is odd", R"(,"tags":["odd","a"])");
  b.add(me, "Two is even", R"(,"tags":["even","a"])");
  b.add(me, "Three is ODD");
  CHECK(b.texts(me) == "One is odd|Two is even|Three is ODD|");
  CHECK(b.texts(me, {{"tag", "a"}}) == "One is odd|Two is even|");
  CHECK(b.texts(me, {{"search", "odd"}}) == "One is odd|Three is ODD|");
  CHECK(b.texts(me, {{"search", "%"}}).empty());
  CHECK(b.texts(me, {{"question_type", "short_answer"}}).empty());
  CHECK(b.texts(me, {{"page", "2"}, {"page_size", "2"}}) == "Three is ODD|");
  const auto tags = b.body_of(b.ask(verb::get, "/tags", me));
  REQUIRE(tags.find("items")->items().size() == 3);
  CHECK(b.text(tags.find("items")->items()[0], "tag") == "a");
  CHECK(tags.find("items")->items()[0].find("questions")->as_integer() == 2);
  CHECK(b.refusal(b.ask(verb::post, "/questions", me,
                        R"({"question_text":"More","question_type":"true_false","correct_answer":"false"})")) ==
        "BANK_FULL");
}

TEST_CASE("a file is imported whole or not at all", "[questionbank]") {
  bank_bench b;
  const auto me = user_id::make();
  const auto done = b.ask(verb::post, "/import", me, "One?{T}\n\n// [tag:x]\nTwo?{=2}\n\nWrite. {}\n");
  const auto told = b.body_of(done);
  CHECK(told.find("imported")->as_integer() == 2);
  CHECK(told.find("items")->items().size() == 2);
  CHECK(told.find("left_out")->items()[0].find("line")->as_integer() == 6);
  CHECK(b.texts(me) == "One?|Two?|");

  const auto broken = b.ask(verb::post, "/import", me, "Three?{T}\n\nFour?{=\n");
  REQUIRE_FALSE(broken);
  CHECK(broken.refusal().kind == fault_kind::invalid);
  CHECK_THAT(broken.refusal().fields.at(0).message, Contains("line 3: "));
  CHECK(b.bad_fields(b.ask(verb::post, "/import", me, " \n")) == "file");
  CHECK(b.texts(me) == "One?|Two?|");
}

TEST_CASE("what is exported is imported as it was", "[questionbank]") {
  bank_bench b;
  const auto me = user_id::make();
  const auto sent = b.ask(verb::post, "/import", me,
                          "// [tag:a] [points:4]\nWhich? {~one =two#Since \\{\\} \n}\n\nBoth?{~%50%a ~%50%b "
                          "~%-100%c}\n\nWhat\\nnow?{=x =y}");
  CHECK(b.body_of(sent).find("imported")->as_integer() == 3);
  b.add(me, "Is it & <so>?", R"(,"explanation":"Yes.","tags":["a"])");
  const std::string all =
      "select string_agg(text || kind || options::text || correct::text || points || explanation || tags::text, '|' "
      "order by number) from plugin_questionbank.question where user_id = '";
  const auto mine = b.one(all + me.str() + "'");
  for (const char* format : {"gift", "qti"}) {
    const auto other = user_id::make();
    const auto file = b.ask(verb::get, "/export", me, "", {}, {{"format", format}});
    REQUIRE(file);
    const auto again = b.ask(verb::post, "/import", other, file.value().body_text());
    CHECK(b.body_of(again).find("imported")->as_integer() == 4);
    CHECK(b.one(all + other.str() + "'") == mine);
  }
  const auto some = b.ask(verb::get, "/export", me, "", {}, {{"tag", "a"}});
  CHECK_THAT(some.value().body_text(), Contains("Is it"));
  CHECK(some.value().body_text().find("Both") == std::string::npos);
}

TEST_CASE("a quiz gets the questions of a tag once, and draws some of them", "[questionbank]") {
  bank_bench b;
  const auto me = user_id::make(), other = user_id::make();
  const auto quiz = b.quizzes.add(me);
  for (int i = 0; i < 3; ++i) b.add(me, "Question " + std::to_string(i), R"(,"tags":["unit"])");
  b.add(me, "Another", R"(,"tags":["else"])");
  const auto draw = [&](user_id who, const std::string& id, const std::string& body) {
    return b.ask(verb::post, "/quizzes/{quiz_id}/draws", who, body, {{"quiz_id", id}});
  };
  const auto first = b.body_of(draw(me, quiz.str(), R"({"tag":"unit","count":2})"));
  CHECK(first.find("added")->as_integer() == 3);
  CHECK(first.find("available")->as_integer() == 3);
  CHECK(first.find("count")->as_integer() == 2);
  CHECK(b.quizzes.at(quiz)->draws.at(0).count == 2);

  b.add(me, "Question 3", R"(,"tags":["unit"])");
  const auto again = b.body_of(draw(me, quiz.str(), R"({"tag":"unit"})"));
  CHECK(again.find("added")->as_integer() == 1);
  CHECK(again.find("available")->as_integer() == 4);
  CHECK(again.find("count")->as_integer() == 2);
  b.one("delete from plugin_questionbank.placed returning 1");  // as if it had ended before it was noted
  CHECK(b.body_of(draw(me, quiz.str(), R"({"tag":"unit","count":4})")).find("added")->as_integer() == 0);
  CHECK(b.quizzes.at(quiz)->questions.size() == 4);
  CHECK(b.quizzes.at(quiz)->draws.size() == 1);

  CHECK(b.refusal(draw(other, quiz.str(), R"({"tag":"unit"})")) == "PERMISSION_DENIED");
  CHECK(b.refusal(draw(me, quiz_id::make().str(), R"({"tag":"unit"})")) == "QUIZ_NOT_FOUND");
  CHECK(b.bad_fields(draw(me, quiz.str(), R"({"tag":"unit","count":0})")) == "count");
}
