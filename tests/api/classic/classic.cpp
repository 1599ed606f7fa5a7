#include "tests/api/classic/classic.hpp"

#include <algorithm>

namespace stoa::testing {

client classic() { return server_in_use().client().below("/classic/api"); }
client classic(const person& who) { return classic().as(who.access); }

std::string not_refused_by_classic(const response& answer, int status, const std::string& code) {
  const std::string shown = answer.asked + " -> " + std::to_string(answer.status) + " " + answer.body;
  if (answer.status != status) return "expected " + std::to_string(status) + " " + code + ": " + shown;
  const auto wrong = misfits(
      answer.document(), {{"success", "boolean"}, {"message", "text"}, {"error_code", "text"}, {"details", "object"}});
  if (!wrong.empty()) return wrong.front() + ": " + shown;
  if (answer.truth("success")) return "a success: " + shown;
  if (answer.text("error_code") != code) return "expected the code " + code + ": " + shown;
  return "";
}

std::string not_invalid_for_classic(const response& answer, const std::string& field) {
  const std::string shown = answer.asked + " -> " + std::to_string(answer.status) + " " + answer.body;
  if (answer.status != 400) return "expected 400: " + shown;
  if (!answer.has("details." + field) || !answer.at("details." + field).is_array())
    return "no complaint about " + field + ": " + shown;
  return "";
}

classic_course classic_course_of(const person& by, int lessons, bool published) {
  classic_course out;
  out.title = unique("Course");
  const auto made = classic(by).post("/courses/", object({{"title", out.title}}));
  REQUIRE_STATUS(made, 201);
  out.id = made.integer("id");
  out.path = "/courses/" + std::to_string(out.id) + "/";
  for (int i = 1; i <= lessons; ++i) {
    const auto number = std::to_string(i);
    const auto lesson =
        classic(by).post(out.path + "lessons/", object({{"title", "Lesson " + number},
                                                        {"content", "Text " + number},
                                                        {"video_url", "https://player.example.com/" + number},
                                                        {"duration_minutes", 10}}));
    REQUIRE_STATUS(lesson, 201);
    out.lessons.push_back(lesson.integer("id"));
  }
  if (published) REQUIRE_STATUS(classic(by).put(out.path, object({{"status", "published"}})), 200);
  return out;
}

std::int64_t enter(const person& who, const classic_course& into) {
  const auto in = classic(who).post("/enrollments/", object({{"course_id", static_cast<int>(into.id)}}));
  REQUIRE_STATUS(in, 201);
  return in.integer("id");
}

bool lists(const response& page, std::int64_t id) {
  const auto& items = page.at("results").items();
  return std::any_of(items.begin(), items.end(),
                     [&](const json& one) { return find_at(one, "id")->as_integer() == id; });
}

}  // namespace stoa::testing
