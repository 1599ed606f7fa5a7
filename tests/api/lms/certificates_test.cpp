// lms's certificates over HTTP, and what other dialects show of them.
#include <algorithm>
#include <chrono>
#include <future>

#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client lms() { return server_in_use().client().below("/lms/api/v1"); }
client lms(const person& who) { return lms().as(who.access); }

const shape certificate_shape = {
    {"id", "uuid"},           {"enrollment_id", "uuid"}, {"certificate_number", "text"}, {"issued_at", "time"},
    {"course_title", "text"}, {"student_name", "text"},  {"verification_url", "url"},    {"status", "text"},
    {"revoked_at", "null"}};

/// lms's envelope with that status and code.
void check_refused(const response& r, int status, const std::string& code) {
  INFO(r.asked << " -> " << r.status << " " << r.body);
  CHECK(r.status == status);
  CHECK(r.has("detail"));
  CHECK(r.text("code") == code);
}

std::string complete(const person& who, const built_course& c) {
  const auto enrollment = enroll(who, c);
  for (const auto& lesson : c.lessons)
    REQUIRE_STATUS(
        learnflow(who).post("/enrollments/" + enrollment + "/mark-lesson-complete/", object({{"lesson_id", lesson}})),
        200);
  return enrollment;
}

response generate(const person& who, const std::string& enrollment) {
  return lms(who).post("/certificates/generate", object({{"enrollment_id", enrollment}}));
}

const person& administrator() {
  static const person admin = [] {
    person p;
    p.email = fresh_email("admin");
    p.password = "Sturdy-Passphrase-7";
    const auto added = run_stoa({"user", "add", "--data", shared_server().data(), "--email", p.email, "--password",
                                 p.password, "--role", "admin"});
    REQUIRE(added.status == 0);
    const auto in = lms().post("/auth/login", object({{"email", p.email}, {"password", p.password}}));
    REQUIRE_STATUS(in, 200);
    p.access = in.text("access_token");
    return p;
  }();
  return admin;
}

constexpr const char* nobodys = "550e8400-e29b-41d4-a716-446655440000";

}  // namespace

TEST_CASE("certificates: generated once for a completed enrolment", "[lms][certificates]") {
  const auto who = fresh_account();
  const auto course = free_course(2);
  const auto enrollment = complete(who, course);
  const auto made = generate(who, enrollment);
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, certificate_shape);
  CHECK(made.text("enrollment_id") == enrollment);
  CHECK(made.text("course_title") == course.title);
  const auto me = lms(who).get("/users/me");
  CHECK(made.text("student_name") == me.text("full_name"));
  const auto number = made.text("certificate_number");
  CHECK(number.starts_with("CERT-20"));
  CHECK(number.size() == 16);

  const auto again = generate(who, enrollment);
  CHECK_STATUS(again, 201);
  CHECK(again.body == made.body);

  const auto shown = lms(who).get("/certificates/" + made.text("id"));
  REQUIRE_STATUS(shown, 200);
  CHECK_SHAPE(shown, certificate_shape);
  CHECK(shown.body == made.body);

  const auto mine = lms(who).get("/certificates/my-certificates");
  REQUIRE_STATUS(mine, 200);
  CHECK_SHAPE(mine, below("items.*", certificate_shape) + shape{{"total", "integer"}, {"page", "integer"}});
  CHECK(mine.integer("total") == 1);
  CHECK(mine.text("items.0.id") == made.text("id"));
}

TEST_CASE("certificates: what is refused", "[lms][certificates]") {
  const auto who = fresh_account(), other = fresh_account();
  const auto course = free_course(2);
  const auto begun = enroll(who, course);
  check_refused(generate(who, begun), 400, "COURSE_NOT_COMPLETED");
  const auto enrollment = complete(other, course);
  check_refused(generate(who, enrollment), 404, "ENROLLMENT_NOT_FOUND");
  check_refused(generate(who, nobodys), 404, "ENROLLMENT_NOT_FOUND");
  CHECK_STATUS(lms(who).post("/certificates/generate", "{}"), 422);
  CHECK_STATUS(lms().post("/certificates/generate", object({{"enrollment_id", begun}})), 401);
  CHECK_STATUS(lms().get("/certificates/my-certificates"), 401);
  CHECK(lms(who).get("/certificates/my-certificates").integer("total") == 0);

  const auto id = generate(other, enrollment).text("id");
  for (const std::string what : {"", "/download"}) {
    CHECK_STATUS(lms().get("/certificates/" + id + what), 401);
    check_refused(lms(who).get("/certificates/" + id + what), 404, "CERTIFICATE_NOT_FOUND");
    check_refused(lms(who).get("/certificates/" + std::string(nobodys) + what), 404, "CERTIFICATE_NOT_FOUND");
  }
  check_refused(lms().get("/certificates/" + id + "/file"), 403, "LINK_INVALID");
  CHECK_STATUS(lms(other).post("/certificates/" + id + "/revoke", R"({"reason": "Mine."})"), 403);
  CHECK_STATUS(lms(administrator()).post("/certificates/" + id + "/revoke", "{}"), 422);
  check_refused(lms(administrator()).post("/certificates/" + std::string(nobodys) + "/revoke", R"({"reason": "No."})"),
                404, "CERTIFICATE_NOT_FOUND");
}

TEST_CASE("certificates: a download leads to the PDF, without a token", "[lms][certificates]") {
  const auto who = fresh_account();
  const auto made = generate(who, complete(who, free_course(1)));
  REQUIRE_STATUS(made, 201);
  const auto redirect = lms(who).get("/certificates/" + made.text("id") + "/download");
  REQUIRE_STATUS(redirect, 302);
  const auto to = redirect.header("location").value_or("");
  const auto base = server_in_use().url();
  REQUIRE(to.starts_with(base));
  const auto file = server_in_use().client().get(to.substr(base.size()));
  REQUIRE_STATUS(file, 200);
  CHECK(file.header("content-type") == "application/pdf");
  CHECK(file.body.starts_with("%PDF"));
  CHECK(file.header("content-disposition") == "attachment; filename=\"" + made.text("certificate_number") + ".pdf\"");
  const auto part = server_in_use().client().with("Range", "bytes=0-3").get(to.substr(base.size()));
  CHECK(part.status == 206);
  CHECK(part.body == "%PDF");
  check_refused(server_in_use().client().get(to.substr(base.size()) + "x"), 403, "LINK_INVALID");
}

TEST_CASE("certificates: learnflow tells of them, and of what was revoked", "[lms][learnflow][certificates]") {
  const auto who = fresh_account();
  const auto course = free_course(1);
  const auto enrollment = complete(who, course);
  const auto url = [&] { return learnflow(who).get("/enrollments/" + enrollment + "/").at("certificate_url"); };
  const auto earned = [&] {
    const auto stats = learnflow(who).get("/dashboard/stats/").integer("certificates_earned");
    CHECK(learnflow(who).get("/auth/me/").integer("profile.certificates_earned") == stats);
    return stats;
  };
  CHECK(url().is_null());
  CHECK(earned() == 0);
  const auto made = generate(who, enrollment);
  REQUIRE_STATUS(made, 201);
  CHECK(earned() == 1);
  const auto shown = url().text();
  CHECK(learnflow(who).get("/enrollments/").text("results.0.certificate_url") == shown);

  // The address is public, and the same certificate wherever it is shown.
  const auto base = server_in_use().url();
  REQUIRE(shown.starts_with(base + "/learnflow/api/v1/certificates/verify/"));
  const auto anybody = server_in_use().client();
  const auto there = anybody.get(shown.substr(base.size()));
  REQUIRE_STATUS(there, 200);
  CHECK_SHAPE(there, {{"valid", "boolean"},
                      {"status", "text"},
                      {"certificate_number", "text"},
                      {"student_name", "text"},
                      {"course_title", "text"},
                      {"issued_at", "time"},
                      {"completed_at", "time"},
                      {"revoked_at", "null"}});
  CHECK(there.text("certificate_number") == made.text("certificate_number"));
  const auto page = anybody.with("Accept", "text/html").get(made.text("verification_url").substr(base.size()));
  REQUIRE_STATUS(page, 200);
  CHECK(page.header("content-type").value_or("").starts_with("text/html"));
  CHECK(page.body.find("This certificate is valid") != std::string::npos);
  CHECK(page.body.find(made.text("certificate_number")) != std::string::npos);

  const auto revoked =
      lms(administrator()).post("/certificates/" + made.text("id") + "/revoke", R"({"reason": "A mistake."})");
  REQUIRE_STATUS(revoked, 200);
  CHECK(revoked.text("status") == "revoked");
  CHECK(url().is_null());
  CHECK(earned() == 0);
  check_refused(generate(who, enrollment), 409, "CERTIFICATE_REVOKED");
  check_refused(lms(who).get("/certificates/" + made.text("id") + "/download"), 409, "CERTIFICATE_REVOKED");
  CHECK(lms(who).get("/certificates/" + made.text("id")).text("revocation_reason") == "A mistake.");
  const auto now = anybody.get(shown.substr(base.size()));
  CHECK_FALSE(now.truth("valid"));
  CHECK(now.text("status") == "revoked");
  CHECK(now.body.find("mistake") == std::string::npos);
  CHECK(anybody.with("Accept", "text/html").get(shown.substr(base.size())).body.find("was revoked") !=
        std::string::npos);
  CHECK_STATUS(anybody.get("/lms/api/v1/certificates/verify/01234-56789-abcde-fghjk-mnpqr"), 404);
}

TEST_CASE("certificates: learnflow's learners ask beside the enrolment", "[learnflow][certificates]") {
  const auto who = fresh_account(), other = fresh_account();
  const auto enrollment = complete(who, free_course(1));
  const auto path = "/enrollments/" + enrollment + "/certificate/";
  const auto made = learnflow(who).post(path);
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, certificate_shape);
  CHECK(generate(who, enrollment).text("id") == made.text("id"));
  CHECK_REFUSED(learnflow(other).post(path), 404, "ENROLLMENT_NOT_FOUND");
  CHECK_REFUSED(learnflow(other).post("/enrollments/" + enroll(other, free_course(1)) + "/certificate/"), 400,
                "COURSE_NOT_COMPLETED");
  CHECK_REFUSED(learnflow().post(path), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("certificates: their owners are told of them", "[lms][certificates]") {
  const auto who = fresh_account();
  const auto made = generate(who, complete(who, free_course(1)));
  REQUIRE_STATUS(made, 201);
  CHECK(eventually(
      [&] { return lms(who).get("/notifications").body.find(made.text("certificate_number")) != std::string::npos; }));
}
