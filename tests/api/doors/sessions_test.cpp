// What sessions promise at every door: rotation, logout, password change, the lock.
#include "runtime/store/plain.hpp"
#include "tests/api/doors/doors.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

response refresh_at(const server& s, const door& d, const std::string& token) {
  return d.at(s).post(d.refresh_path, d.refresh_body(token));
}

/// What a refusal says, without what differs between two of them.
std::string words_of(const response& r, const door& d) {
  std::string out = std::to_string(r.status) + " " + r.text(d.code_path);
  for (const char* place : {"message", "detail", "error.message", "error"})
    if (r.has(place) && r.at(place).is_string()) out += " | " + r.text(place);
  // The seconds to wait go by between two answers.
  out.erase(std::remove_if(out.begin() + 4, out.end(), [](char c) { return c >= '0' && c <= '9'; }), out.end());
  return out;
}

}  // namespace

TEST_CASE("refresh rotates; a lost answer may be asked for again") {
  auto& s = shared_server();
  for (const auto& d : all_doors()) {
    INFO(d.name);
    const auto email = fresh_email("rotation");
    REQUIRE_STATUS(d.at(s).post(d.register_path, d.registration(email, good_password)), 201);
    const auto in = d.at(s).post(d.login_path, d.login(email, good_password));
    const auto first = in.text(d.refresh_member);
    const auto second = refresh_at(s, d, first);
    REQUIRE_STATUS(second, 200);
    CHECK(second.text(d.refresh_member) != first);
    const auto again = refresh_at(s, d, first);
    REQUIRE_STATUS(again, 200);
    CHECK_STATUS(d.at(s).as(again.text(d.access_member)).get(d.me_path), 200);
    // Three tabs: the parent within its ten seconds, though the child has been used.
    const auto third = refresh_at(s, d, again.text(d.refresh_member));
    REQUIRE_STATUS(third, 200);
    CHECK_STATUS(refresh_at(s, d, first), 200);
    CHECK_STATUS(refresh_at(s, d, third.text(d.refresh_member)), 200);
  }
}

TEST_CASE("an old refresh token presented late ends its whole session, also across a restart") {
  auto s = start_server();
  const auto& d = door_named("learnflow");
  const auto who = fresh_account(*s);
  const auto second = refresh_at(*s, d, who.refresh);
  REQUIRE_STATUS(second, 200);
  const auto third = refresh_at(*s, d, second.text("refresh_token"));
  REQUIRE_STATUS(third, 200);
  const auto elsewhere = d.at(*s).post(d.login_path, d.login(who.email, who.password));
  REQUIRE_STATUS(elsewhere, 200);
  // The window of ten seconds is over once nothing is remembered of the rotations.
  runtime::plain_connection{s->database()}.run("set stoa.acting = 'system'; update session set rotations = '[]'");
  REQUIRE(s->stop() == 0);
  s->start();
  REQUIRE_STATUS(d.at(*s).as(third.text("access_token")).get(d.me_path), 200);
  CHECK_STATUS(refresh_at(*s, d, who.refresh), 401);
  CHECK_STATUS(refresh_at(*s, d, third.text("refresh_token")), 401);
  CHECK_STATUS(d.at(*s).as(third.text("access_token")).get(d.me_path), 401);
  CHECK_STATUS(d.at(*s).as(elsewhere.text("access_token")).get(d.me_path), 200);
  REQUIRE(s->stop() == 0);
  s->start();
  CHECK_STATUS(d.at(*s).as(third.text("access_token")).get(d.me_path), 401);
  CHECK_STATUS(d.at(*s).as(elsewhere.text("access_token")).get(d.me_path), 200);
}

TEST_CASE("a token of one kind is never taken for the other, and what is none is refused") {
  auto& s = shared_server();
  const auto who = fresh_account();
  for (const auto& d : all_doors()) {
    INFO(d.name);
    CHECK_STATUS(d.at(s).as(who.refresh).get(d.me_path), 401);
    CHECK_STATUS(refresh_at(s, d, who.access), 401);
    CHECK_STATUS(refresh_at(s, d, "nonsense"), 401);
    CHECK_STATUS(d.at(s).get(d.me_path), 401);
    for (const std::string bad : {"nonsense", "", "eyJhbGciOiJub25lIn0.e30."}) {
      const auto answer = d.at(s).with("Authorization", "Bearer " + bad).get(d.me_path);
      CHECK_STATUS(answer, 401);
      CHECK(answer.header("www-authenticate"));
    }
    auto changed = who.access;
    changed.back() = changed.back() == 'A' ? 'B' : 'A';
    changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
    CHECK_STATUS(d.at(s).as(changed).get(d.me_path), 401);
  }
}

TEST_CASE("signing out ends the session's access at once and leaves other sessions alone") {
  auto& s = shared_server();
  struct way_out {
    std::string dialect, path;
    int status;
  };
  for (const auto& out : {way_out{"learnflow", "/auth/logout/", 204}, way_out{"lms", "/auth/logout", 204},
                          way_out{"apranova", "/users/logout/", 200}, way_out{"unpuzzle", "/auth/signout/", 200}}) {
    INFO(out.dialect);
    const auto who = fresh_account();
    const auto& d = door_named(out.dialect);
    const auto in = d.at(s).post(d.login_path, d.login(who.email, who.password));
    REQUIRE_STATUS(in, 200);
    const auto access = in.text(d.access_member), token = in.text(d.refresh_member);
    REQUIRE_STATUS(d.at(s).as(access).post(out.path, object({{"refresh", token}})), out.status);
    for (const auto& shown_at : all_doors()) CHECK_STATUS(shown_at.at(s).as(access).get(shown_at.me_path), 401);
    CHECK_STATUS(refresh_at(s, d, token), 401);
    CHECK_STATUS(d.at(s).as(access).post(out.path, object({{"refresh", token}})), 401);
    CHECK_STATUS(d.at(s).as(who.access).get(d.me_path), 200);
    CHECK_STATUS(d.at(s).post(out.path, "{}"), 401);
  }
}

TEST_CASE("a new password ends every session") {
  auto& s = shared_server();
  const auto who = fresh_account();
  const auto& lms = door_named("lms");
  const auto second = lms.at(s).post(lms.login_path, lms.login(who.email, who.password));
  const auto access = second.text("access_token");
  REQUIRE_STATUS(lms.at(s).as(access).post("/users/me/password", object({{"current_password", who.password},
                                                                         {"new_password", "NewPassword123"}})),
                 204);
  for (const auto& d : all_doors()) {
    INFO(d.name);
    CHECK_STATUS(d.at(s).as(access).get(d.me_path), 401);
    CHECK_STATUS(d.at(s).as(who.access).get(d.me_path), 401);
    CHECK_STATUS(refresh_at(s, d, who.refresh), 401);
    CHECK_STATUS(refresh_at(s, d, second.text("refresh_token")), 401);
    CHECK_STATUS(d.at(s).post(d.login_path, d.login(who.email, "NewPassword123")), 200);
  }
  CHECK_STATUS(lms.at(s).post(lms.login_path, lms.login(who.email, who.password)), 401);
}

TEST_CASE("unknown addresses and wrong passwords are answered alike at every door") {
  auto& s = shared_server();
  const auto who = fresh_account();
  std::size_t wrong = 0;
  for (const auto& d : all_doors()) {
    INFO(d.name);
    if (wrong++ == 4) break;  // a fifth failure would lock, which has its own test
    const auto known = d.at(s).post(d.login_path, d.login(who.email, "Wrong-password-1"));
    const auto unknown = d.at(s).post(d.login_path, d.login(fresh_email("nobody"), "Wrong-password-1"));
    CHECK_STATUS(known, 401);
    CHECK(words_of(known, d) == words_of(unknown, d));
  }
}

TEST_CASE("five failures lock a name at all doors, whether anybody has it or not; sessions go on") {
  auto& s = shared_server();
  for (const auto& d : all_doors()) {
    INFO(d.name);
    const auto who = fresh_account();
    const auto nobody = fresh_email("nobody");
    for (int i = 0; i < 5; ++i) {
      const auto known = d.at(s).post(d.login_path, d.login(who.email, "Wrong-password-1"));
      const auto unknown = d.at(s).post(d.login_path, d.login(nobody, "Wrong-password-1"));
      REQUIRE_STATUS(known, 401);
      REQUIRE(words_of(known, d) == words_of(unknown, d));
    }
    const auto locked = d.at(s).post(d.login_path, d.login(who.email, who.password));
    const auto alike = d.at(s).post(d.login_path, d.login(nobody, who.password));
    CHECK_STATUS(locked, d.locked_status);
    CHECK(words_of(locked, d) == words_of(alike, d));
    auto loud = who.email;
    loud[0] = 'S';
    for (const auto& other : all_doors())
      CHECK_STATUS(other.at(s).post(other.login_path, other.login(loud, who.password)), other.locked_status);
    CHECK_STATUS(d.at(s).as(who.access).get(d.me_path), 200);
    CHECK_STATUS(refresh_at(s, d, who.refresh), 200);
  }
}

TEST_CASE("a good password forgets the failures before it") {
  auto& s = shared_server();
  const auto who = fresh_account();
  const auto& d = door_named("lms");
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 4; ++i) REQUIRE_STATUS(d.at(s).post(d.login_path, d.login(who.email, "Wrong-password-1")), 401);
    REQUIRE_STATUS(d.at(s).post(d.login_path, d.login(who.email, who.password)), 200);
  }
}

TEST_CASE("the answers of doors are never kept for an Idempotency-Key") {
  auto& s = shared_server();
  const auto who = fresh_account();
  for (const auto& d : all_doors()) {
    const auto same = d.at(s).with("Idempotency-Key", "door-" + who.id);
    const auto first = same.post(d.login_path, d.login(who.email, who.password));
    const auto second = same.post(d.login_path, d.login(who.email, who.password));
    REQUIRE_STATUS(second, 200);
    CHECK_FALSE(second.header("idempotent-replayed"));
    CHECK(first.text(d.access_member) != second.text(d.access_member));
  }
}
