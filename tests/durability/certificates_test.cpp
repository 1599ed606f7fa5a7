// Numbers of certificates: without gaps, whoever asks at once and whenever the server is killed.
#include <catch2/catch.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "runtime/store/plain.hpp"
#include "tests/durability/shop.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr int learners = 48, connections = 8;
const std::string generate = "/lms/api/v1/certificates/generate";

/// Enrolments of people who have completed the course, with their tokens.
struct finisher {
  std::string token, enrollment;
};

finisher complete(const server& at, const std::string& course, const std::vector<std::string>& lessons) {
  finisher f;
  f.token = fresh_account(at).access;
  const auto who = at.client().as(f.token).below("/learnflow/api/v1");
  const auto entered = who.post("/courses/" + course + "/enroll/");
  REQUIRE_STATUS(entered, 201);
  f.enrollment = entered.text("id");
  for (const auto& lesson : lessons)
    REQUIRE_STATUS(who.post("/enrollments/" + f.enrollment + "/mark-lesson-complete/", object({{"lesson_id", lesson}})),
                   200);
  return f;
}

std::vector<std::string> lessons_of(const server& at, const std::string& token, const std::string& course) {
  const auto detail = at.client().as(token).get("/learnflow/api/v1/courses/" + course + "/");
  REQUIRE_STATUS(detail, 200);
  std::vector<std::string> out;
  for (const auto& l : find_at(detail.document(), "curriculum.0.lessons")->items())
    out.push_back(find_at(l, "id")->text());
  return out;
}

}  // namespace

TEST_CASE("certificates: numbers have no gaps after kills and refusals", "[durability][certificates]") {
  server at({});
  const auto goods = open_shop(at, 0);
  const auto lessons = lessons_of(at, goods.teacher.access, goods.free[0]);
  REQUIRE(lessons.size() == 6);
  std::vector<finisher> all;
  for (int i = 0; i < learners; ++i) all.push_back(complete(at, goods.free[0], lessons));
  const auto unfinished = fresh_account(at);
  const auto begun = at.client().as(unfinished.access).post("/learnflow/api/v1/courses/" + goods.free[0] + "/enroll/");
  REQUIRE_STATUS(begun, 201);

  std::mutex mutex;
  std::map<std::string, std::string> acknowledged;  // by enrolment
  std::atomic<int> told{0};
  const auto ask_for = [&](const finisher& f) {
    try {
      const auto made = at.client().as(f.token).post(generate, object({{"enrollment_id", f.enrollment}}));
      if (made.status != 201) return false;
      const std::lock_guard lock{mutex};
      const auto [known, fresh] = acknowledged.emplace(f.enrollment, made.text("certificate_number"));
      CHECK(known->second == made.text("certificate_number"));
      ++told;
      return true;
    } catch (const std::exception&) {
      return false;  // the server was killed
    }
  };
  /// All at once, from that one on; some ask twice, and some for what they have no right to.
  const auto everybody_from = [&](std::size_t first) {
    const auto next = std::make_shared<std::atomic<std::size_t>>(first);
    std::vector<std::thread> threads;
    for (int i = 0; i < connections; ++i)
      threads.emplace_back([&, next] {
        for (auto n = (*next)++; n < all.size(); n = (*next)++) {
          if (!ask_for(all[n])) return;
          if (n % 3 == 0) ask_for(all[n]);
          if (n % 4 == 0) ask_for({unfinished.access, begun.text("id")});
        }
      });
    return threads;
  };
  const auto one = [&](const std::string& query) {
    runtime::plain_connection db{at.database()};
    db.run("set stoa.acting = 'system'");
    return db.run(query).at(0).at(0).value_or("");
  };

  for (int round = 0; round < 3; ++round) {
    const int before = told;
    auto threads = everybody_from(static_cast<std::size_t>(round) * 12);
    CHECK(eventually([&] { return told >= before + 3; }, std::chrono::seconds{20}));
    at.kill();
    for (auto& t : threads) t.join();
    at.start();
    const auto written = one("select count(*) from plugin_certificates.certificate");
    INFO("round " << round << ", " << written << " certificates");
    CHECK(one("select max(right(number, 6)::bigint) from plugin_certificates.certificate") == written);
    CHECK(one("select last from plugin_certificates.numbering") == written);
  }
  auto last = everybody_from(0);
  for (auto& t : last) t.join();

  CHECK(acknowledged.size() == learners);
  for (const auto& [enrollment, number] : acknowledged)
    CHECK(one("select number from plugin_certificates.certificate where enrollment_id = '" + enrollment + "'") ==
          number);
  CHECK(one("select count(*) from plugin_certificates.certificate") == std::to_string(learners));
  CHECK(one("select max(right(number, 6)::bigint) from plugin_certificates.certificate") == std::to_string(learners));
  CHECK(one("select count(distinct number) from plugin_certificates.certificate") == std::to_string(learners));
  CHECK(one("select count(*) from outbox where kind = 'certificate.issued'") == std::to_string(learners));
}
