// Mailed links where processes die, and where there are two of them.
#include <catch2/catch.hpp>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "runtime/store/plain.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/mailed.hpp"
#include "tests/support/smtpd.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr int rounds = 3;
constexpr int people = 16;
constexpr const char* next_password = "An0ther-Secret!";

std::vector<std::string> set(std::initializer_list<std::string> all) {
  std::vector<std::string> out;
  for (const auto& one : all) {
    out.emplace_back("--set");
    out.push_back(one);
  }
  return out;
}

}  // namespace

TEST_CASE("who was told that a mail is coming gets it after a SIGKILL, each once", "[durability][mailed]") {
  smtpd post;
  server_options options;
  options.arguments =
      set({"plugins.mail.transport=smtp", "plugins.mail.host=127.0.0.1",
           "plugins.mail.port=" + std::to_string(post.port()), "plugins.mail.security=none",
           "plugins.mail.allow_private=true", "plugins.disabled=notifications", "accounts.verify_email=false"});
  server at(options);
  std::vector<person> all;
  for (int i = 0; i < rounds * people; ++i) all.push_back(fresh_account(at));
  std::set<std::string> promised;
  std::mutex guard;
  const auto& d = mailed_doors().front();
  for (int round = 0; round < rounds; ++round) {
    std::atomic<int> answered{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < people; ++i)
      threads.emplace_back([&, i, client = d.own().at(at)] {
        const auto& who = all[static_cast<std::size_t>(round * people + i)];
        try {
          if (client.post(d.reset, object({{"email", who.email}})).status != 200) return;
          const std::lock_guard lock{guard};
          promised.insert(who.email);
          ++answered;
        } catch (const std::exception&) {
          // No answer: the server is gone.
        }
      });
    eventually([&] { return answered >= people / 2 + 2 * round; }, std::chrono::seconds{20});
    at.kill();
    for (auto& t : threads) t.join();
    at.start();
    // What the dead process held comes again at the end of its lease, which nobody waits for here.
    runtime::plain_connection db{at.database()};
    db.run("set stoa.acting = 'system'");
    db.run("update job set due_at = now() where lease is not null");
  }
  CHECK(promised.size() >= rounds * people / 2);
  runtime::plain_connection db{at.database()};
  db.run("set stoa.acting = 'system'");
  CHECK(eventually([&] { return db.run("select count(*) from job").at(0).at(0) == "0"; }, std::chrono::seconds{60}));
  // Between the mail server's answer and the row that notes it a mail may be sent twice, under one Message-ID: by each
  // process that was killed, as many as it had connections.
  std::map<std::string, std::set<std::string>> ids;
  const auto taken = post.count();
  for (std::size_t n = 1; n <= taken; ++n) {
    const auto m = post.mail(n);
    ids[m.find("rcpt")->text()].insert(m.find("id")->text());
  }
  for (const auto& email : promised) CHECK(ids[email].size() == 1);
  for (const auto& [email, of] : ids) CHECK(of.size() == 1);
  CHECK(taken <= ids.size() + rounds * 2);
  // And the link works.
  const auto last = post.mail(taken);
  CHECK_STATUS(d.own().at(at).post(d.confirm, d.confirmation(token_in(last.find("text")->text()), next_password)), 200);
  CHECK(at.stop() == 0);
}

TEST_CASE("a mailed link ends sessions at every server, and lifts the lock there", "[cluster][mailed]") {
  const auto database = test_postgres::shared().fresh_database();
  const std::vector<std::pair<std::string, std::string>> environment{{"STOA_DATABASE_MODE", "external"},
                                                                     {"STOA_DATABASE_URL", database}};
  const auto arguments = set({"log.level=info", "accounts.verify_email=false"});
  const auto a = start_server(environment, arguments), b = start_server(environment, arguments);
  const auto& d = mailed_doors().front();
  const auto who = fresh_account(*a);
  const auto at_a = d.own().at(*a), at_b = d.own().at(*b);
  REQUIRE_STATUS(at_b.as(who.access).get(d.own().me_path), 200);
  const auto sign_in = [&](const client& at, const char* password) {
    return at.post(d.own().login_path, d.own().login(who.email, password)).status;
  };
  for (int i = 0; i < 5; ++i) sign_in(at_b, "Wrong-password-1");
  CHECK(sign_in(at_b, who.password.c_str()) == 429);
  REQUIRE_STATUS(at_a.post(d.reset, object({{"email", who.email}})), 200);
  // Either of them may do the job.
  REQUIRE(
      eventually([&] { return (a->log() + b->log()).find("token=") != std::string::npos; }, std::chrono::seconds{20}));
  const auto token = token_in(a->log() + b->log());
  REQUIRE_STATUS(at_a.post(d.confirm, d.confirmation(token, next_password)), 200);
  CHECK(eventually([&] { return at_b.as(who.access).get(d.own().me_path).status == 401; }, std::chrono::seconds{1}));
  CHECK(eventually([&] { return sign_in(at_b, next_password) == 200; }, std::chrono::seconds{2}));
  CHECK_STATUS(at_b.post(d.confirm, d.confirmation(token, "Yet-An0ther-Secret!")), 400);
}
