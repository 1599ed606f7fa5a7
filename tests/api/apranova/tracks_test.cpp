// Tracks as operators write them and learners walk them, and what paying for one comes to.
#include <algorithm>

#include "tests/api/doors/doors.hpp"
#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client apranova() { return server_in_use().client().below("/apranova/api"); }
client apranova(const person& who) { return apranova().as(who.access); }

/// A track of those courses, by the operator's command; its code.
std::string make_track(const std::vector<built_course>& courses, const std::string& price = "999.00") {
  static int made = 0;
  const auto code = "T" + std::to_string(++made) + "-" + std::to_string(::getpid());
  std::string ids;
  for (const auto& c : courses) ids += (ids.empty() ? "" : ",") + c.id;
  std::vector<std::string> said{"track", "set",     code,  "--data",        server_in_use().data(), "--title",
                                "Birds", "--price", price, "--description", "All of them"};
  if (!ids.empty()) said.insert(said.end(), {"--courses", ids});
  const auto done = run_stoa(std::move(said));
  INFO(done.errors);
  REQUIRE(done.status == 0);
  return code;
}

response register_for(const std::string& track) {
  return apranova().post("/auth/registration/", object({{"name", "John Doe"},
                                                        {"email", fresh_email("track")},
                                                        {"password1", "SecurePass123!"},
                                                        {"password2", "SecurePass123!"},
                                                        {"role", "student"},
                                                        {"track", track}}));
}

std::string claim(const std::string& amount, const std::string& more = "") {
  return R"({"amount": )" + amount + R"(, "currency": "usd")" + more + "}";
}

std::string of_track(const std::string& code) { return R"(, "track": ")" + code + "\""; }

person somebody(const response& made) {
  person who;
  who.access = made.text("access");
  return who;
}

}  // namespace

TEST_CASE("apranova: the tracks of a fresh server are listed", "[apranova][tracks]") {
  const auto all = apranova().get("/tracks/");
  REQUIRE_STATUS(all, 200);
  REQUIRE(all.document().is_array());
  std::vector<std::string> codes;
  for (const auto& t : all.document().items()) codes.push_back(t.find("code")->text());
  const auto first = std::find(codes.begin(), codes.end(), "DP"), second = std::find(codes.begin(), codes.end(), "FSD");
  REQUIRE(first != codes.end());
  CHECK(std::find(first, codes.end(), "FSD") == second);  // in the operator's order
  CHECK_SHAPE(all, {{"*.code", "text"},
                    {"*.title", "text"},
                    {"*.description", "string"},
                    {"*.price", "number|null"},
                    {"*.currency", "text"},
                    {"*.courses_count", "integer"}});
}

TEST_CASE("apranova: nobody registers for a track that there is not", "[apranova][tracks]") {
  const auto refused = register_for("GARDENING");
  REQUIRE_STATUS(refused, 400);
  REQUIRE(refused.at("track").is_array());
  // Any case finds it; as it is written it is kept.
  const auto made = register_for("dp");
  REQUIRE_STATUS(made, 201);
  CHECK(made.text("user.track") == "DP");
  const auto me = apranova(somebody(made));
  const auto changed = me.patch("/users/profile/", R"({"track": "GARDENING"})");
  REQUIRE_STATUS(changed, 400);
  CHECK(changed.at("track").is_array());
  CHECK(me.patch("/users/profile/", R"({"track": null})").text("track").empty());
}

TEST_CASE("apranova: a track closed by the operator takes nobody new", "[apranova][tracks]") {
  const auto code = make_track({});
  REQUIRE_STATUS(register_for(code), 201);
  const auto data = server_in_use().data().string();
  REQUIRE(run_stoa({"track", "set", code, "--data", data, "--open", "false"}).status == 0);
  REQUIRE_STATUS(register_for(code), 400);
  CHECK_STATUS(apranova().get("/tracks/" + code + "/"), 404);
  const auto shown = run_stoa({"track", "show", code, "--data", data});
  CHECK(shown.output.find("closed") != std::string::npos);
  CHECK(run_stoa({"track", "set", code, "--data", data, "--courses", "no-such-course"}).status == 1);
  REQUIRE(run_stoa({"track", "remove", code, "--data", data}).status == 0);
  CHECK(run_stoa({"track", "show", code, "--data", data}).status == 1);
  CHECK(run_stoa({"track", "list", "--data", data}).output.find(code) == std::string::npos);
}

TEST_CASE("apranova: the courses of a track in order, and one's place there", "[apranova][tracks]") {
  const auto first = free_course(2), second = paid_course();
  const auto code = make_track({first, second});
  const auto path = "/tracks/" + code + "/";
  const auto who = fresh_account();
  const auto fresh = apranova(who).get(path);
  REQUIRE_STATUS(fresh, 200);
  CHECK_SHAPE(fresh, {{"courses.*.id", "integer"},
                      {"courses.*.title", "text"},
                      {"courses.*.slug", "text"},
                      {"courses.*.level", "text"},
                      {"courses.*.total_lessons", "integer"},
                      {"courses.*.lessons_completed", "integer"},
                      {"courses.*.progress", "integer"},
                      {"courses.*.enrolled", "boolean"},
                      {"courses.*.completed", "boolean"},
                      {"progress", "integer"},
                      {"next_course", "integer"}});
  CHECK(fresh.text("courses.0.title") == first.title);
  CHECK(fresh.text("courses.1.title") == second.title);
  CHECK(fresh.integer("next_course") == fresh.integer("courses.0.id"));
  CHECK(fresh.at("price").text() == "999.00");

  const auto enrolled = enroll(who, first);
  for (const auto& l : first.lessons)
    REQUIRE_STATUS(
        learnflow(who).post("/enrollments/" + enrolled + "/mark-lesson-complete/", object({{"lesson_id", l}})), 200);
  const auto later = apranova(who).get(path);
  CHECK(later.truth("courses.0.completed"));
  CHECK(later.integer("courses.0.progress") == 100);
  CHECK(later.integer("progress") == 50);
  CHECK(later.integer("next_course") == later.integer("courses.1.id"));
  CHECK_STATUS(apranova().get("/tracks/none-of-them/"), 404);
}

TEST_CASE("apranova: a track is paid for and entered whole", "[apranova][tracks][payments]") {
  const auto first = paid_course("89.99"), second = paid_course("79.99");
  const auto made = register_for(make_track({first, second}));
  REQUIRE_STATUS(made, 201);
  const auto who = somebody(made);
  // The documented body: what it pays is one's own track.
  const auto intended = apranova(who).post("/payments/create-payment/", claim("999.00"));
  REQUIRE_STATUS(intended, 200);
  CHECK_SHAPE(intended, {{"clientSecret", "text"}, {"publishableKey", "text"}, {"order_id", "uuid"}});
  CHECK(intended.text("clientSecret").starts_with("pi_"));
  CHECK(intended.text("publishableKey").starts_with("pk_"));
  CHECK(apranova(who).post("/payments/create-payment/", claim("999")).text("clientSecret") ==
        intended.text("clientSecret"));

  const auto paid = apranova(who).post(
      "/payments/confirm-payment/",
      object({{"order_id", intended.text("order_id")}, {"payment_intent_id", intended.text("clientSecret")}}));
  REQUIRE_STATUS(paid, 200);
  CHECK(paid.at("courses_now_available").items().size() == 2);
  const auto receipt = client("").as(who.access).get(paid.text("receipt_url"));
  REQUIRE_STATUS(receipt, 200);
  CHECK(receipt.body.starts_with("%PDF"));
  CHECK(learnflow(who).get("/enrollments/").integer("count") == 2);
  const auto again = apranova(who).post("/payments/create-payment/", claim("999.00"));
  REQUIRE_STATUS(again, 409);
  CHECK(again.text("code") == "ALREADY_ENROLLED");
}

TEST_CASE("apranova: an amount is a claim", "[apranova][payments]") {
  const auto course = paid_course("89.99");
  const auto who = fresh_account();
  const auto me = apranova(who);
  CHECK_STATUS(apranova().post("/payments/create-payment/", claim("999.00")), 401);

  const auto nothing = me.post("/payments/create-payment/", claim("89.99"));
  REQUIRE_STATUS(nothing, 400);
  CHECK(nothing.at("amount").is_array());

  // A pending order of that sum is what it pays.
  const auto id = order(who, {course}).text("id");
  const auto intended = me.post("/payments/create-payment/", claim("89.99"));
  REQUIRE_STATUS(intended, 200);
  CHECK(intended.text("order_id") == id);
  CHECK_STATUS(me.post("/payments/create-payment/", claim("89.99", R"(, "order_id": ")" + id + "\"")), 200);
  const auto less = me.post("/payments/create-payment/", claim("1.00", R"(, "order_id": ")" + id + "\""));
  REQUIRE_STATUS(less, 400);
  CHECK(less.at("amount").items().front().text().find("89.99") != std::string::npos);
  const auto euros =
      me.post("/payments/create-payment/", R"({"amount": 89.99, "currency": "eur", "order_id": ")" + id + "\"}");
  REQUIRE_STATUS(euros, 400);
  CHECK(euros.at("currency").is_array());

  // Another's order answers like none.
  CHECK_STATUS(
      apranova(fresh_account()).post("/payments/create-payment/", claim("89.99", R"(, "order_id": ")" + id + "\"")),
      404);
  const auto code = make_track({course}, "50.00");
  const auto wrong = me.post("/payments/create-payment/", claim("999.00", of_track(code)));
  REQUIRE_STATUS(wrong, 400);
  CHECK(wrong.at("amount").is_array());
  // And nothing was ordered by that.
  CHECK(learnflow(who).get("/orders/?status=pending").integer("count") == 1);
  CHECK_STATUS(me.post("/payments/create-payment/", claim("50.00", of_track(code))), 200);
  CHECK_STATUS(me.post("/payments/create-payment/", claim("50.00", of_track("none"))), 404);
  const auto free = me.post("/payments/create-payment/", claim("0", of_track(make_track({course}, "0"))));
  REQUIRE_STATUS(free, 400);
  CHECK(free.text("code") == "TRACK_NOT_SOLD");
  const auto bad = me.post("/payments/create-payment/", R"({"amount": -1, "currency": "us"})");
  REQUIRE_STATUS(bad, 400);
  CHECK(bad.at("amount").is_array());
  CHECK(bad.at("currency").is_array());
}

TEST_CASE("apranova: twenty claims at once order a track once", "[apranova][payments]") {
  const auto made = register_for(make_track({paid_course()}));
  const auto who = somebody(made);
  std::vector<std::thread> all;
  std::vector<int> status(20);
  for (std::size_t i = 0; i < status.size(); ++i)
    all.emplace_back([&, i] { status[i] = apranova(who).post("/payments/create-payment/", claim("999.00")).status; });
  for (auto& t : all) t.join();
  for (const int s : status) CHECK(s == 200);
  CHECK(learnflow(who).get("/orders/").integer("count") == 1);
}

TEST_CASE("apranova: where people are sent after signing in is a setting", "[apranova]") {
  auto own = start_server({{"STOA_DIALECTS_APRANOVA_STUDENT_REDIRECT", "/learn"},
                           {"STOA_DIALECTS_APRANOVA_EMAIL_CHECKS_PER_HOUR", "2"},
                           {"STOA_LIMITS_ENABLED", "true"}});
  const auto door = own->client().below("/apranova/api");
  const auto email = fresh_email("sent");
  REQUIRE_STATUS(door.post("/auth/registration/", object({{"name", "John Doe"},
                                                          {"email", email},
                                                          {"password1", "SecurePass123!"},
                                                          {"password2", "SecurePass123!"}})),
                 201);
  const auto in = door.post("/users/login/", object({{"email", email}, {"password", "SecurePass123!"}}));
  REQUIRE_STATUS(in, 200);
  CHECK(in.text("redirect_url") == "/learn");

  // Whether addresses are known is told a few times, not to whoever lists them.
  CHECK_STATUS(door.post("/users/check-email/", object({{"email", email}})), 200);
  CHECK_STATUS(door.post("/users/check-email/", object({{"email", email}})), 200);
  const auto refused = door.post("/users/check-email/", object({{"email", email}}));
  REQUIRE_STATUS(refused, 429);
  CHECK(refused.header("retry-after"));
  CHECK_STATUS(door.as(in.text("access")).post("/users/check-email/", object({{"email", email}})), 429);
}
