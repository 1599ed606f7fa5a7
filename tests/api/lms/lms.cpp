#include "tests/api/lms/lms.hpp"

namespace stoa::testing {

client lms() { return server_in_use().client().below("/lms/api/v1"); }
client lms(const person& who) { return lms().as(who.access); }

std::string not_refused_by_lms(const response& answer, int status, const std::string& code) {
  const std::string shown = answer.asked + " -> " + std::to_string(answer.status) + " " + answer.body;
  if (answer.status != status) return "expected " + std::to_string(status) + " " + code + ": " + shown;
  if (!misfits(answer.document(), {{"detail", "text"}}).empty()) return "no text as detail: " + shown;
  if (answer.text("code") != code) return "expected the code " + code + ": " + shown;
  return "";
}

std::string not_invalid(const response& answer, const std::string& field) {
  const std::string shown = answer.asked + " -> " + std::to_string(answer.status) + " " + answer.body;
  if (answer.status != 422) return "expected 422: " + shown;
  const auto wrong =
      misfits(answer.document(), {{"detail.*.loc", "array"}, {"detail.*.msg", "text"}, {"detail.*.type", "text"}});
  if (!wrong.empty()) return wrong.front() + ": " + shown;
  for (const auto& one : answer.at("detail").items())
    if (one.find("loc")->items().at(1).text() == field) return "";
  return "no complaint about " + field + ": " + shown;
}

lms_course lms_course_of(const person& by, int lessons, bool published) {
  lms_course out;
  out.title = unique("Course");
  const auto made = lms(by).post("/courses", object({{"title", out.title}}));
  REQUIRE_STATUS(made, 201);
  out.id = made.text("id");
  for (int i = 1; i <= lessons; ++i) {
    const auto number = std::to_string(i);
    const auto lesson =
        lms(by).post("/courses/" + out.id + "/lessons", object({{"title", "Lesson " + number},
                                                                {"content_type", "video"},
                                                                {"video_url", "https://player.example.com/" + number},
                                                                {"content", "Text " + number},
                                                                {"duration_minutes", 10}}));
    REQUIRE_STATUS(lesson, 201);
    out.lessons.push_back(lesson.text("id"));
  }
  if (published) REQUIRE_STATUS(lms(by).post("/courses/" + out.id + "/publish"), 200);
  return out;
}

person administrator() {
  person admin;
  admin.email = fresh_email("admin");
  admin.password = "SecurePassword123!";
  const auto added = run_stoa({"user", "add", "--data", server_in_use().data(), "--email", admin.email, "--password",
                               admin.password, "--role", "admin", "--name", "Ada Admin"});
  INFO(added.errors);
  REQUIRE(added.status == 0);
  const auto in = lms().post("/auth/login", object({{"email", admin.email}, {"password", admin.password}}));
  REQUIRE_STATUS(in, 200);
  admin.id = added.output.substr(0, added.output.find('\n'));
  admin.access = in.text("access_token");
  admin.refresh = in.text("refresh_token");
  return admin;
}

}  // namespace stoa::testing
