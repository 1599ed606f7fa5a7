// What is right is nobody's to know before an attempt is closed: asked at every route of every dialect.
#include <mutex>

#include "tests/api/learnflow/learnflow.hpp"
#include "tests/api/lms/quiz_room.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

struct known_route {
  std::string method, path;
};

/// Every operation of every dialect, below its prefix.
std::vector<known_route> all_routes() {
  std::vector<known_route> out;
  for (const char* dialect : {"learnflow", "lms", "unpuzzle", "apranova", "classic"}) {
    const auto doc = shared_server().client().get("/" + std::string(dialect) + "/openapi.json");
    REQUIRE_STATUS(doc, 200);
    const std::string prefix = doc.text("servers.0.url");
    const auto below = prefix.starts_with("http") ? prefix.substr(prefix.find('/', 8)) : prefix;
    for (const auto& [path, operations] : doc.at("paths").members())
      for (const auto& [method, operation] : operations.members()) {
        std::string verb;
        for (const char c : method) verb.push_back(static_cast<char>(c - 'a' + 'A'));
        out.push_back({verb, below + path});
      }
  }
  return out;
}

/// Those that end the asking: sessions and passwords.
bool ends_the_session(const std::string& path) {
  for (const char* word : {"logout", "signout", "password", "refresh", "sessions"})
    if (path.find(word) != std::string::npos) return true;
  return false;
}

/// The path with each parameter replaced by `ids`, in all combinations.
std::vector<std::string> filled(const std::string& path, const std::vector<std::string>& ids) {
  const auto from = path.find('{');
  if (from == std::string::npos) return {path};
  const auto to = path.find('}', from);
  std::vector<std::string> out;
  for (const auto& id : ids)
    for (const auto& rest : filled(path.substr(to + 1), ids)) out.push_back(path.substr(0, from) + id + rest);
  return out;
}

}  // namespace

TEST_CASE("no key, no explanation and nothing of what was right reaches a learner before the attempt is closed",
          "[lms][attempts][secrets]") {
  const auto room = make_quiz_room(shared_server().client().as(teacher().access));
  const auto who = fresh_account();
  const auto me = shared_server().client().as(who.access);
  enter(me, room);
  const auto started = me.below(lms_base).post("/quizzes/" + room.quiz + "/attempts");
  REQUIRE_STATUS(started, 201);
  const auto attempt = started.text("id");
  for (const auto& [question, answer] : {std::pair{0, "B"}, std::pair{2, "true"}})
    REQUIRE_STATUS(me.below(lms_base).put(
                       "/attempts/" + attempt + "/answers/" + room.questions[static_cast<std::size_t>(question)],
                       answer_body(answer)),
                   200);

  const std::vector<std::string> ids{room.course, room.quiz, room.questions[0], attempt, who.id};
  std::size_t asked = 0, of_quizzes = 0;
  const auto look = [&](const response& answer) {
    ++asked;
    if (answer.body.find(room.questions[0]) != std::string::npos) ++of_quizzes;
    INFO(answer.asked << " -> " << answer.status << " " << answer.body);
    for (const char* secret : {quiz_secrets::explanation, quiz_secrets::word, "\"correct\":true", "\"correct\":false",
                               "\"correct_answer\":\"", "\"correct_answer\":[", "\"points_earned\":1"})
      CHECK(answer.body.find(secret) == std::string::npos);
  };
  for (const auto& route : all_routes()) {
    // Streams have no end, and submitting is what this is about.
    if (ends_the_session(route.path) || route.path.ends_with("/live") || route.path.ends_with("/submit") ||
        route.path.find("stream") != std::string::npos)
      continue;
    for (const auto& path : filled(route.path, ids)) {
      if (route.method == "GET")
        look(me.get(path));
      else if (route.method != "DELETE")
        look(me.send(route.method, path, "{}"));
    }
  }
  look(me.below(lms_base).get("/quizzes/" + room.quiz + "/live"));  // refused: it has an end
  CHECK(asked > 100);
  CHECK(of_quizzes >= 3);

  // The other way round, so that the words above are those that would have been found.
  const auto done = me.below(lms_base).post("/attempts/" + attempt + "/submit", "{}");
  REQUIRE_STATUS(done, 200);
  for (const char* secret : {quiz_secrets::explanation, quiz_secrets::word, "\"correct\":true", "\"correct_answer\":\"",
                             "\"correct_answer\":[", "\"points_earned\":1"})
    CHECK(done.body.find(secret) != std::string::npos);
}
