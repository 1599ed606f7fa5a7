// What people write about themselves, at every door: spellings, blanks, passwords in any Unicode form, null.
#include "runtime/security/passwords.hpp"
#include "runtime/security/tokens.hpp"
#include "runtime/store/plain.hpp"
#include "tests/api/doors/doors.hpp"
#include "tests/cli/house/house_shop.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

response login(const test_house& h, const std::string& name, const std::string& password) {
  return h.client().post(learnflow_base + "/auth/login/", object({{"email", name}, {"password", password}}));
}

/// Somebody who came in at learnflow with that address and password.
person registered(const test_house& h, const std::string& email, const std::string& password = good_password) {
  person p;
  p.email = email;
  p.password = password;
  const auto made =
      h.client().post(learnflow_base + "/auth/register/",
                      object({{"email", email}, {"password", password}, {"first_name", "John"}, {"last_name", "Doe"}}));
  REQUIRE_STATUS(made, 201);
  p.id = made.text("id");
  p.access = made.text("access_token");
  return p;
}

const std::string composed = "Schl\u00FCssel-99", decomposed = "Schlu\u0308ssel-99";

/// What a profile's change is at each door: null for a member empties it or is refused.
struct nullable {
  std::string dialect, method, path, member;
  std::string given;    ///< JSON of a value before
  std::string at;       ///< where the answer shows the member
  std::string emptied;  ///< JSON of what it is then; empty: null is refused
};

}  // namespace

TEST_CASE("an address is shown as it was compared, at every door", "[house][people]") {
  test_house h;
  for (const auto& d : all_doors()) {
    INFO(d.name);
    const auto email = fresh_email();
    const auto front = h.client().below(d.prefix);
    REQUIRE_STATUS(front.post(d.register_path, d.registration("\u2003" + email + "\u00A0", good_password)), 201);
    const auto in = front.post(d.login_path, d.login(email, good_password));
    REQUIRE_STATUS(in, 200);
    CHECK(front.as(in.text(d.access_member)).get(d.me_path).text("email") == email);
    CHECK_STATUS(front.post(d.register_path, d.registration(email + "\u200B", good_password)), d.taken_status);
  }
}

TEST_CASE("names of letters that nobody sees are refused, at registration and later", "[house][people]") {
  test_house h;
  for (const char* unseen : {"\u3000", "\u200B", "\u3164", "\u2060"}) {
    INFO(unseen);
    const auto body = [&](std::initializer_list<std::pair<std::string, field>> more) {
      auto text = object(more);
      text.pop_back();
      return text + R"(,"email":")" + fresh_email() + R"(","password":"SecurePassword123!"})";
    };
    CHECK_STATUS(
        h.client().post("/learnflow/api/v1/auth/register/", body({{"first_name", unseen}, {"last_name", "D"}})), 422);
    CHECK_STATUS(h.client().post("/lms/api/v1/auth/register", body({{"full_name", unseen}})), 422);
    CHECK_STATUS(h.client().post("/unpuzzle/api/v1/auth/signup/", body({{"full_name", unseen}})), 422);
    CHECK_STATUS(h.client().post("/apranova/api/auth/registration/",
                                 body({{"name", unseen}, {"password1", good_password}, {"password2", good_password}})),
                 400);
    CHECK_STATUS(h.client().post("/classic/api/users/register/", body({{"username", unseen}})), 400);
  }
  const auto who = account_at(h.client());
  CHECK_STATUS(h.client().as(who.access).patch("/learnflow/api/v1/auth/me/", object({{"first_name", "\u3164"}})), 422);
  CHECK_STATUS(h.client().as(who.access).patch("/lms/api/v1/users/me", object({{"full_name", "\u2060"}})), 422);
}

TEST_CASE("an address with its host in Unicode and in ASCII is one account", "[house][people]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house h({}, database);
  const auto wide = registered(h, "x@b\u00FCcher.example");
  for (const auto& d : all_doors())
    CHECK_STATUS(
        h.client().below(d.prefix).post(d.register_path, d.registration("X@xn--bcher-kva.example", good_password)),
        d.taken_status);
  CHECK_STATUS(login(h, "x@xn--bcher-kva.example", good_password), 200);

  // Accounts from before keep the key that they were stored under.
  registered(h, "old@xn--bcher-kva.example");
  runtime::plain_connection{database}.run(
      "set stoa.acting = 'system';"
      "update account set email_key = 'old@xn--bcher-kva.example' where email like 'old@%'");
  CHECK_STATUS(login(h, "old@xn--bcher-kva.example", good_password), 200);
  CHECK_STATUS(login(h, "old@b\u00FCcher.example", good_password), 200);
  const auto exists =
      h.client().post("/apranova/api/users/check-email/", object({{"email", "old@b\u00FCcher.example"}}));
  CHECK(exists.truth("exists"));
  for (const char* again : {"old@b\u00FCcher.example", "old@xn--bcher-kva.example"})
    CHECK_STATUS(h.client()
                     .below(all_doors()[0].prefix)
                     .post(all_doors()[0].register_path, all_doors()[0].registration(again, good_password)),
                 409);
}

TEST_CASE("a password opens in whichever Unicode form it is typed", "[house][people]") {
  test_house h;
  const auto one = registered(h, fresh_email(), composed), other = registered(h, fresh_email(), decomposed);
  for (const auto& who : {one, other})
    for (const auto& typed : {composed, decomposed}) CHECK_STATUS(login(h, who.email, typed), 200);
  const auto change = [&](const std::string& from, const std::string& to) {
    const auto access = login(h, one.email, from).text("access_token");
    return h.client().as(access).post("/lms/api/v1/users/me/password",
                                      object({{"current_password", from}, {"new_password", to}}));
  };
  CHECK_STATUS(change(decomposed, "Neuer-Schlu\u0308ssel-1"), 204);
  CHECK_STATUS(login(h, one.email, "Neuer-Schl\u00FCssel-1"), 200);
}

TEST_CASE("a hash of a password as it was once typed goes on working and is renewed", "[house][people]") {
  const auto database = test_postgres::shared().fresh_database();
  test_house h({}, database);
  const auto who = registered(h, fresh_email());
  runtime::plain_connection db{database};
  db.run("set stoa.acting = 'system'");
  const auto stored = [&] { return *db.run("select password_hash from account").at(0).at(0); };
  db.run("update account set version = version + 1, password_hash = $1",
         {runtime::password_hasher(runtime::argon2_cost{}).hash(decomposed)});
  const auto old = stored();
  CHECK_STATUS(login(h, who.email, composed), 401);
  CHECK(stored() == old);
  CHECK_STATUS(login(h, who.email, decomposed), 200);
  CHECK(stored() != old);
  CHECK_STATUS(login(h, who.email, composed), 200);
  CHECK_STATUS(login(h, who.email, decomposed), 200);
}

TEST_CASE("null for a member of a profile empties it or is refused, at every door", "[house][people]") {
  test_house h;
  const auto who = account_at(h.client());
  const auto me = h.client().as(who.access);
  const std::string text = "\"something\"", url = "\"https://pictures.example/a.png\"";
  const std::vector<nullable> all{
      {"learnflow", "PATCH", "/learnflow/api/v1/auth/me/", "first_name", text, "first_name", ""},
      {"learnflow", "PATCH", "/learnflow/api/v1/auth/me/", "last_name", text, "last_name", ""},
      {"learnflow", "PATCH", "/learnflow/api/v1/auth/me/", "bio", text, "profile.bio", "\"\""},
      {"learnflow", "PATCH", "/learnflow/api/v1/auth/me/", "profile_picture", url, "profile.profile_picture", "null"},
      {"learnflow", "PATCH", "/learnflow/api/v1/auth/me/", "phone", "\"+4930\"", "profile.phone", "\"\""},
      {"learnflow", "PATCH", "/learnflow/api/v1/auth/me/", "country", text, "profile.country", "\"\""},
      {"learnflow", "PATCH", "/learnflow/api/v1/auth/me/", "timezone", "\"Europe/Berlin\"", "profile.timezone", "\"\""},
      {"lms", "PATCH", "/lms/api/v1/users/me", "full_name", text, "full_name", ""},
      {"unpuzzle", "PUT", "/unpuzzle/api/v1/auth/profile/update/", "full_name", text, "profile.full_name", ""},
      {"unpuzzle", "PUT", "/unpuzzle/api/v1/auth/profile/update/", "bio", text, "profile.bio", "\"\""},
      {"unpuzzle", "PUT", "/unpuzzle/api/v1/auth/profile/update/", "preferences", R"({"a":1})", "profile.preferences",
       "{}"},
      {"classic", "PUT", "/classic/api/users/profile/", "first_name", text, "first_name", "\"\""},
      {"classic", "PUT", "/classic/api/users/profile/", "last_name", text, "last_name", "\"\""},
      {"classic", "PUT", "/classic/api/users/profile/", "bio", text, "bio", "\"\""},
      {"classic", "PUT", "/classic/api/users/profile/", "phone", "\"+4930\"", "phone", "\"\""},
      {"classic", "PUT", "/classic/api/users/profile/", "country", text, "country", "\"\""},
      {"classic", "PUT", "/classic/api/users/profile/", "timezone", "\"Europe/Berlin\"", "timezone", "\"\""},
      {"apranova", "PATCH", "/apranova/api/users/profile/", "name", text, "name", ""},
      {"apranova", "PUT", "/apranova/api/users/profile/", "track", "\"DP\"", "track", "\"\""},
  };
  for (const auto& n : all) {
    INFO(n.dialect << " " << n.member);
    const auto before = me.send(n.method, n.path, "{\"" + n.member + "\":" + n.given + "}");
    REQUIRE_STATUS(before, 200);
    CHECK(before.at(n.at).dump() == n.given);
    const auto after = me.send(n.method, n.path, "{\"" + n.member + "\":null}");
    if (n.emptied.empty()) {
      CHECK((after.status == 400 || after.status == 422));
      CHECK(after.body.find(n.member) != std::string::npos);
    } else {
      REQUIRE_STATUS(after, 200);
      CHECK(after.at(n.at).dump() == n.emptied);
    }
  }
  // Pictures at the two doors that share one.
  for (const auto& [path, at] : {std::pair{"/unpuzzle/api/v1/auth/profile/update/", "profile.avatar_url"},
                                 std::pair{"/classic/api/users/profile/", "avatar_url"}}) {
    REQUIRE(me.put(path, R"({"avatar_url":)" + url + "}").text(at) == "https://pictures.example/a.png");
    CHECK_STATUS(me.put(path, R"({"avatar_url":null})"), 200);
    CHECK(me.get("/learnflow/api/v1/auth/me/").at("profile.profile_picture").is_null());
  }
}

TEST_CASE("null for a member of a course, section or lesson empties it or is refused", "[house][people]") {
  test_house h;
  const auto teacher = teacher_at(h);
  const auto at = signed_in_at(h, teacher);
  const auto id = course_at(h, teacher, "89.99");
  const auto page = "/courses/" + id + "/";
  REQUIRE_STATUS(at.patch(page, R"({"tags":["a"],"requirements":["b"],"thumbnail":"https://p.example/t.png",
                                    "short_description":"s","original_price":99.99})"),
                 200);
  for (const char* emptied : {"tags", "requirements", "outcomes", "target_audience", "thumbnail", "preview_video_url",
                              "short_description", "description", "original_price"}) {
    INFO(emptied);
    CHECK_STATUS(at.patch(page, std::string("{\"") + emptied + "\":null}"), 200);
  }
  const auto shown = at.get(page);
  CHECK(shown.at("tags").items().empty());
  CHECK(shown.at("requirements").items().empty());
  CHECK(shown.text("short_description").empty());
  for (const char* refused : {"title", "slug", "level", "language", "price", "certificate_included"}) {
    INFO(refused);
    std::vector<response> answers{at.patch(page, std::string("{\"") + refused + "\":null}")};
    if (refused != std::string("title"))
      answers.push_back(at.put(page, std::string(R"({"title":"T",")") + refused + "\":null}"));
    for (const auto& answer : answers) {
      CHECK((answer.status == 400 || answer.status == 422));
      CHECK(answer.body.find(refused) != std::string::npos);
    }
  }
  CHECK(at.get(page).text("title") == shown.text("title"));
  const auto part = at.post(page + "sections/", R"({"title":"Two","description":"d","order":null})");
  REQUIRE_STATUS(part, 201);
  const auto section = "/sections/" + part.text("id") + "/";
  CHECK(at.patch(section, R"({"description":null})").text("description").empty());
  for (const char* refused : {"title", "order"})
    CHECK(at.patch(section, std::string("{\"") + refused + "\":null}").status == 422);
  const auto made =
      at.post(section + "lessons/", R"({"title":"L","description":"d","kind":null,"duration_minutes":7})");
  REQUIRE_STATUS(made, 201);
  const auto lesson = "/lessons/" + made.text("id") + "/";
  CHECK(at.patch(lesson, R"({"description":null,"duration_minutes":null})").integer("duration_minutes") == 0);
  for (const char* refused : {"title", "kind", "order", "is_preview"})
    CHECK(at.patch(lesson, std::string("{\"") + refused + "\":null}").status == 422);
}

TEST_CASE("a signed token of an account that does not exist is no token, wherever it is shown", "[house][people]") {
  test_house h;
  const auto course = course_at(h, teacher_at(h), "0");
  runtime::token_settings signing;
  signing.key = std::string(runtime::development_token_key);
  runtime::token_claims claims;
  claims.user = user_id::make();
  claims.session = session_id::make();
  claims.issued_at = h.clock.now();
  claims.expires_at = h.clock.now() + minutes{10};
  claims.dialect = "learnflow";
  claims.roles = {"student", "instructor"};
  const auto nobody = h.client().as(runtime::token_service(signing).sign(claims));
  const auto item = object({{"course_id", course}});
  std::vector<response> answers{
      nobody.get("/learnflow/api/v1/auth/me/"),
      nobody.get("/learnflow/api/v1/cart/"),
      nobody.post("/learnflow/api/v1/cart/items/", item),
      nobody.post("/learnflow/api/v1/wishlist/items/", item),
      nobody.post("/learnflow/api/v1/courses/" + course + "/enroll/"),
      nobody.put("/learnflow/api/v1/dashboard/goals/", R"({"target_hours_per_month":5})"),
      nobody.post("/learnflow/api/v1/courses/", object({{"title", "T"}})),
      nobody.get("/learnflow/api/v1/enrollments/"),
      nobody.get("/lms/api/v1/users/me"),
      nobody.get("/unpuzzle/api/v1/auth/profile/"),
      nobody.get("/classic/api/users/profile/"),
      nobody.get("/apranova/api/users/profile/"),
  };
  for (const auto& answer : answers) {
    CHECK_STATUS(answer, 401);
    CHECK(answer.body.find("fkey") == std::string::npos);
  }
}
