#include <set>

#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape summary_shape = {{"id", "uuid"},
                             {"title", "text"},
                             {"slug", "text"},
                             {"short_description", "text"},
                             {"category", "text"},
                             {"instructor.id", "uuid"},
                             {"instructor.first_name", "text"},
                             {"instructor.last_name", "text"},
                             {"thumbnail", "url"},
                             {"rating", "number"},
                             {"rating_count", "integer"},
                             {"student_count", "integer"},
                             {"review_count", "integer"},
                             {"duration_hours", "integer"},
                             {"level", "text"},
                             {"language", "text"},
                             {"price", "number"},
                             {"original_price", "number"},
                             {"discount_percent", "integer"},
                             {"is_bestseller", "boolean"},
                             {"is_new", "boolean"},
                             {"is_published", "boolean"},
                             {"last_updated", "time"}};

const shape list_shape = {{"count", "integer"},       {"next", "null|url"},        {"previous", "null|url"},
                          {"total_pages", "integer"}, {"current_page", "integer"}, {"results", "array"}};

const shape flags_shape = {{"enrolled", "boolean"}, {"in_cart", "boolean"}, {"in_wishlist", "boolean"}};

const shape lesson_shape = {{"id", "uuid"},
                            {"title", "text"},
                            {"description", "string"},
                            {"duration_minutes", "integer"},
                            {"order", "integer"},
                            {"is_preview", "boolean"},
                            {"video_url", "url|null"},
                            {"resources", "array|null"},
                            {"completed", "boolean"},
                            {"watch_time_seconds", "integer"}};

const shape detail_shape = summary_shape +
                           shape{{"description", "text"},
                                 {"instructor.email", "text"},
                                 {"instructor.profile.bio", "text"},
                                 {"instructor.profile.profile_picture", "url"},
                                 {"instructor.profile.courses_count", "integer"},
                                 {"instructor.profile.students_count", "integer"},
                                 {"instructor.profile.rating", "number"},
                                 {"preview_video_url", "url"},
                                 {"certificate_included", "boolean"},
                                 {"outcomes.*", "text"},
                                 {"requirements.*", "text"},
                                 {"curriculum.*.id", "uuid"},
                                 {"curriculum.*.title", "text"},
                                 {"curriculum.*.description", "string"},
                                 {"curriculum.*.order", "integer"},
                                 {"curriculum.*.total_lessons", "integer"},
                                 {"curriculum.*.total_duration_minutes", "integer"},
                                 {"reviews.count", "integer"},
                                 {"reviews.average_rating", "number"},
                                 {"reviews.distribution.5", "integer"},
                                 {"reviews.distribution.4", "integer"},
                                 {"reviews.distribution.3", "integer"},
                                 {"reviews.distribution.2", "integer"},
                                 {"reviews.distribution.1", "integer"},
                                 {"reviews.recent", "array"},
                                 {"user_status.enrolled", "boolean"},
                                 {"user_status.in_cart", "boolean"},
                                 {"user_status.in_wishlist", "boolean"}} +
                           below("curriculum.*.lessons.*", lesson_shape);

std::string escaped(std::string text) {
  for (std::size_t at; (at = text.find(' ')) != text.npos;) text.replace(at, 1, "%20");
  return text;
}

std::vector<std::string> titles(const response& list) {
  std::vector<std::string> out;
  for (const auto& one : list.at("results").items()) out.push_back(find_at(one, "title")->text());
  return out;
}

/// Five courses of a category of their own: four to buy or enter, and a draft.
struct shelf {
  std::string category = unique("Shelf");
  built_course html, css, rust, free, draft;

  shelf() {
    const auto make = [&](const char* name, const char* level, const char* price, bool published = true) {
      course_plan plan;
      plan.title = unique(name);
      plan.category = category;
      plan.level = level;
      plan.price = price;
      plan.original_price = "";
      plan.published = published;
      return build_course(teacher(), plan);
    };
    html = make("Html gardening", "beginner", "19.99");
    css = make("Css gardening", "Beginner", "49.99");
    rust = make("Rust welding", "ADVANCED", "100.01");
    free = make("Free welding", "intermediate", "0");
    draft = make("Draft gardening", "beginner", "9.99", false);
  }
  response list(const std::string& more = "") const {
    return learnflow().get("/courses/?category=" + escaped(category) + more);
  }
};

const shelf& the_shelf() {
  static const shelf one;
  return one;
}

}  // namespace

TEST_CASE("courses: the list as documented", "[learnflow][courses]") {
  const auto who = fresh_account();
  const auto category = unique("Documented");
  course_plan plan;
  plan.category = category;
  plan.sections = 2;
  plan.lessons = 3;
  const auto course = build_course(teacher(), plan);
  for (const auto& asking : {learnflow(), learnflow(who)}) {
    const auto list = asking.get("/courses/?category=" + escaped(category));
    REQUIRE_STATUS(list, 200);
    CHECK_SHAPE(list, list_shape + below("results.*", summary_shape + flags_shape));
    CHECK(list.integer("count") == 1);
    CHECK(list.integer("total_pages") == 1);
    CHECK(list.integer("current_page") == 1);
    CHECK(list.text("results.0.id") == course.id);
    CHECK(list.text("results.0.level") == "Beginner");
    CHECK(list.at("results.0.price").text() == "89.99");
    CHECK(list.at("results.0.original_price").text() == "129.99");
    CHECK(list.integer("results.0.discount_percent") == 30);
    CHECK(list.integer("results.0.duration_hours") == 3);
    CHECK(list.truth("results.0.is_new"));
    CHECK(list.truth("results.0.is_published"));
    CHECK(list.text("results.0.instructor.first_name") == "Angela");
    CHECK_FALSE(list.truth("results.0.enrolled"));
  }
}

TEST_CASE("courses: the documented requests are understood", "[learnflow][courses]") {
  for (const char* path :
       {"/courses/", "/courses/?category=Development&level=beginner&min_price=0&max_price=100&rating_min=4.0&page=1",
        "/courses/?search=web%20development&ordering=-rating&page_size=20"}) {
    const auto list = learnflow().get(path);
    REQUIRE_STATUS(list, 200);
    CHECK_SHAPE(list, list_shape);
  }
}

TEST_CASE("courses: filters", "[learnflow][courses]") {
  const auto& s = the_shelf();
  CHECK(s.list().integer("count") == 4);
  CHECK(s.list("&level=beginner").integer("count") == 2);
  CHECK(s.list("&level=Advanced").integer("count") == 1);
  CHECK(s.list("&min_price=49.99&max_price=100.01").integer("count") == 2);
  CHECK(s.list("&max_price=100").integer("count") == 3);
  CHECK(s.list("&min_price=0&max_price=0").integer("count") == 1);
  CHECK(s.list("&min_price=50&max_price=20").integer("count") == 0);
  CHECK(s.list("&rating_min=0.5").integer("count") == 0);
  CHECK(s.list("&level=beginner&max_price=20").text("results.0.id") == s.html.id);
  CHECK(learnflow().get("/courses/?category=" + unique("nobodys").substr(0, 7) + "-unheard-of").integer("count") == 0);
}

TEST_CASE("courses: search looks at words, in any case", "[learnflow][courses]") {
  const auto& s = the_shelf();
  CHECK(s.list("&search=GARDENING").integer("count") == 2);
  CHECK(s.list("&search=css%20gardening").integer("count") == 1);
  CHECK(s.list("&search=zymurgy").integer("count") == 0);
  for (const char* odd : {"'", "%25", "a%26b%7C!", "%28%29", ":*", "\\", "--", "%3Cscript%3E", "%F0%9F%98%80"})
    CHECK_STATUS(s.list(std::string("&search=") + odd), 200);
}

TEST_CASE("courses: order", "[learnflow][courses]") {
  const auto& s = the_shelf();
  const std::vector<std::string> by_price{s.free.title, s.html.title, s.css.title, s.rust.title};
  CHECK(titles(s.list("&ordering=price")) == by_price);
  CHECK(titles(s.list("&ordering=-price")) == std::vector<std::string>(by_price.rbegin(), by_price.rend()));
  CHECK(titles(s.list("&ordering=title")) ==
        std::vector<std::string>{s.css.title, s.free.title, s.html.title, s.rust.title});
  const std::vector<std::string> newest{s.free.title, s.rust.title, s.css.title, s.html.title};
  CHECK(titles(s.list("&ordering=-created_at")) == newest);
  CHECK(titles(s.list()) == newest);
  CHECK_STATUS(s.list("&ordering=-rating"), 200);
  for (const char* unknown : {"password", "-", "price,title", "price;drop", "--price", "id)"}) {
    INFO(unknown);
    CHECK_REFUSED(s.list(std::string("&ordering=") + unknown), 422, "VALIDATION_ERROR");
  }
}

TEST_CASE("courses: bad numbers and levels are told by name", "[learnflow][courses]") {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"page", "0"},       {"page", "-1"},        {"page", "x"},          {"page", "1.5"},      {"page_size", "0"},
      {"page_size", "-5"}, {"page_size", "many"}, {"min_price", "cheap"}, {"max_price", "-1"},  {"rating_min", "good"},
      {"rating_min", "9"}, {"level", "expert"},   {"min_price", "1e400"}, {"rating_min", "nan"}};
  for (const auto& [name, value] : bad) {
    const auto refused = learnflow().get("/courses/?" + name + "=" + value);
    INFO(name << "=" << value);
    CHECK_REFUSED(refused, 422, "VALIDATION_ERROR");
    if (refused.status == 422) CHECK_SHAPE(refused, {{"error.details." + name + ".*", "text"}});
  }
}

TEST_CASE("courses: pages", "[learnflow][courses]") {
  const auto category = unique("Bulk");
  course_plan first;
  first.category = category;
  const auto one = build_course(teacher(), first);
  // A hundred and four more of the same moment: only their ids can tell them apart.
  sql(shared_server(),
      "insert into course (id, instructor_id, category_id, title, slug, thumbnail_url, price_minor, status, "
      "created_at, "
      "updated_at, published_at) "
      "select gen_random_uuid(), c.instructor_id, c.category_id, 'Bulk', 'bulk-' || gen_random_uuid(), "
      "c.thumbnail_url, 0, 'published', c.created_at, c.updated_at, c.published_at from course c, generate_series(1, "
      "104) where c.id = '" +
          one.id + "'");
  const auto list = [&](const std::string& more) {
    return learnflow().get("/courses/?category=" + escaped(category) + more);
  };

  // What is written past the server is found when it compares its catalogue with the database.
  CHECK(eventually([&] { return list("").integer("count") == 105; }));
  const auto clamped = list("&page_size=1000");
  REQUIRE_STATUS(clamped, 200);
  CHECK(clamped.integer("count") == 105);
  CHECK(clamped.at("results").items().size() == 100);
  CHECK(clamped.integer("total_pages") == 2);

  std::set<std::string> seen;
  auto page = list("");
  int pages = 0;
  while (true) {
    REQUIRE_STATUS(page, 200);
    ++pages;
    CHECK(page.integer("current_page") == pages);
    CHECK(page.integer("total_pages") == 6);
    CHECK(page.at("results").items().size() == (pages < 6 ? 20u : 5u));
    CHECK(page.at("previous").is_null() == (pages == 1));
    for (const auto& c : page.at("results").items()) seen.insert(find_at(c, "id")->text());
    if (page.at("next").is_null() || pages > 6) break;
    page = client("").get(page.text("next"));
  }
  CHECK(pages == 6);
  CHECK(seen.size() == 105);

  for (const char* far : {"&page=7", "&page=1000000", "&page=99999999"}) {
    const auto past = list(far);
    REQUIRE_STATUS(past, 200);
    CHECK(past.integer("count") == 105);
    CHECK(past.at("results").items().empty());
    CHECK(past.at("next").is_null());
  }
}

TEST_CASE("courses: the detail as documented", "[learnflow][courses]") {
  const auto who = fresh_account();
  course_plan plan;
  plan.sections = 2;
  plan.lessons = 2;
  const auto course = build_course(teacher(), plan);
  for (const auto& asking : {learnflow(), learnflow(who)}) {
    const auto shown = asking.get("/courses/" + course.id + "/");
    REQUIRE_STATUS(shown, 200);
    CHECK_SHAPE(shown, detail_shape + shape{{"user_status.progress", "null"}, {"user_status.enrollment_date", "null"}});
    CHECK(shown.integer("curriculum.0.order") == 1);
    CHECK(shown.integer("curriculum.1.order") == 2);
    CHECK(shown.integer("curriculum.0.total_lessons") == 2);
    CHECK(shown.integer("curriculum.0.total_duration_minutes") == 60);
    CHECK(shown.integer("curriculum.0.lessons.1.order") == 2);
    CHECK(shown.text("curriculum.1.lessons.0.title") == "Lesson 2.1");
    CHECK(shown.integer("reviews.count") == 0);
    CHECK(shown.integer("instructor.profile.courses_count") > 0);
    CHECK(shown.text("description") == "All that a beginner needs, step by step.");
  }
  // By its slug too.
  CHECK(learnflow().get("/courses/" + course.slug + "/").text("id") == course.id);
}

TEST_CASE("courses: paid content is for who paid", "[learnflow][courses]") {
  const auto course = paid_course();
  const auto stranger = fresh_account(), learner = fresh_account(), colleague = fresh_instructor(shared_server());
  buy(learner, {course});
  const std::string path = "/courses/" + course.id + "/";
  for (const auto& asking : {learnflow(), learnflow(stranger), learnflow(colleague)}) {
    const auto shown = asking.get(path);
    CHECK(shown.text("curriculum.0.lessons.0.video_url") == "https://player.example.com/1-1");
    CHECK(shown.at("curriculum.0.lessons.0.resources").items().size() == 1);
    CHECK(shown.at("curriculum.0.lessons.1.video_url").is_null());
    CHECK(shown.at("curriculum.0.lessons.1.resources").is_null());
    CHECK(shown.body.find("player.example.com/1-2") == std::string::npos);
  }
  for (const auto& asking : {learnflow(learner), learnflow(teacher())}) {
    const auto shown = asking.get(path);
    CHECK(shown.text("curriculum.0.lessons.1.video_url") == "https://player.example.com/1-2");
    CHECK(shown.at("curriculum.0.lessons.1.resources").items().size() == 1);
  }
}

TEST_CASE("courses: what is one's own shows at once", "[learnflow][courses]") {
  const auto who = fresh_account();
  const auto category = unique("Flags");
  course_plan plan;
  plan.category = category;
  const auto bought = build_course(teacher(), plan), wished = build_course(teacher(), plan);
  const auto of = [&](const built_course& c) { return learnflow(who).get("/courses/" + c.id + "/"); };
  const auto listed = [&](const built_course& c, const char* flag) {
    const auto list = learnflow(who).get("/courses/?category=" + escaped(category));
    for (const auto& one : list.at("results").items())
      if (find_at(one, "id")->text() == c.id) return find_at(one, flag)->as_boolean();
    FAIL("not listed");
    return false;
  };
  REQUIRE_STATUS(learnflow(who).post("/wishlist/items/", object({{"course_id", wished.id}})), 201);
  CHECK(of(wished).truth("user_status.in_wishlist"));
  CHECK(listed(wished, "in_wishlist"));
  const auto id = order(who, {bought}).text("id");
  CHECK(of(bought).truth("user_status.in_cart"));
  CHECK(listed(bought, "in_cart"));
  CHECK_FALSE(listed(wished, "in_cart"));
  REQUIRE_STATUS(confirm(who, id, intent_for(who, id).id), 200);
  const auto mine = of(bought);
  CHECK(mine.truth("user_status.enrolled"));
  CHECK_FALSE(mine.truth("user_status.in_cart"));
  CHECK_SHAPE(mine, {{"user_status.enrollment_date", "time"}, {"user_status.progress", "number"}});
  CHECK(listed(bought, "enrolled"));
  CHECK_FALSE(listed(bought, "in_cart"));
  // The counts come with the events.
  CHECK(eventually([&] { return of(bought).integer("student_count") == 1; }));
  CHECK(eventually([&] {
    const auto list = learnflow().get("/courses/?category=" + escaped(category));
    for (const auto& one : list.at("results").items())
      if (find_at(one, "id")->text() == bought.id) return find_at(one, "student_count")->text() == "1";
    return false;
  }));
}

TEST_CASE("courses: unknown ones", "[learnflow][courses]") {
  const auto who = fresh_account();
  for (const char* id : {"invalid-course-id", "3f0b7f7e-0000-7000-8000-000000000000",
                         "00000000-0000-0000-0000-000000000000", "%27%20or%201=1", "a%00b"}) {
    const auto answer = learnflow(who).get(std::string("/courses/") + id + "/");
    INFO(id << " " << answer.body);
    CHECK((answer.status == 404 || answer.status == 400));
    if (answer.status == 404) CHECK(answer.text("error.code") == "COURSE_NOT_FOUND");
  }
  CHECK_REFUSED(learnflow(who).get("/courses/invalid-course-id/"), 404, "COURSE_NOT_FOUND");
  CHECK_REFUSED(learnflow(who).get("/courses/invalid-course-id/reviews/"), 404, "COURSE_NOT_FOUND");
  // Credentials that are presented must be good, even where none are needed.
  CHECK_REFUSED(learnflow().as("expired_token_here").get("/courses/"), 401, "TOKEN_EXPIRED");
}

TEST_CASE("courses: addresses of what is not there are null, wherever a course is shown", "[learnflow][courses]") {
  const auto author = fresh_instructor(server_in_use());
  const auto who = fresh_account();
  const auto me = learnflow(author);
  const auto made = me.post("/courses/", object({{"title", unique("Bare")},
                                                 {"description", "Without a picture."},
                                                 {"short_description", "Bare."},
                                                 {"category", "Development"},
                                                 {"level", "beginner"},
                                                 {"language", "English"},
                                                 {"price", 0}}));
  REQUIRE_STATUS(made, 201);
  const auto id = made.text("id");
  CHECK(made.at("thumbnail").is_null());
  const auto part = me.post("/courses/" + id + "/sections/", object({{"title", "One"}})).text("id");
  const auto lesson =
      me.post("/sections/" + part + "/lessons/", object({{"title", "First"}, {"duration_minutes", 10}}));
  REQUIRE_STATUS(lesson, 201);
  CHECK(lesson.at("video_url").is_null());
  REQUIRE_STATUS(me.post("/courses/" + id + "/publish/"), 200);

  const auto shop = learnflow(who);
  const auto put = object({{"course_id", field(id)}});
  CHECK(shop.post("/wishlist/items/", put).at("course.thumbnail").is_null());
  CHECK(shop.get("/wishlist/").at("items.0.course.thumbnail").is_null());
  CHECK(shop.post("/cart/items/", put).at("course.thumbnail").is_null());
  CHECK(shop.get("/cart/").at("items.0.course.thumbnail").is_null());
  const auto entered = shop.post("/courses/" + id + "/enroll/");
  REQUIRE_STATUS(entered, 201);
  const auto detail = shop.get("/courses/" + id + "/");
  for (const char* url :
       {"thumbnail", "preview_video_url", "instructor.profile.profile_picture", "curriculum.0.lessons.0.video_url"}) {
    INFO(url);
    CHECK(detail.at(url).is_null());
  }
  CHECK(shop.get("/enrollments/").at("results.0.course.thumbnail").is_null());
  const auto learning = shop.get("/enrollments/" + entered.text("id") + "/");
  CHECK(learning.at("course.curriculum.0.lessons.0.video_url").is_null());
  CHECK(learning.at("certificate_url").is_null());
  CHECK(shop.get("/dashboard/continue-learning/").at("results.0.course.thumbnail").is_null());
  const auto review = object({{"rating", 5}, {"title", "Good"}, {"comment", "Bare and good."}});
  REQUIRE_STATUS(shop.post("/courses/" + id + "/reviews/", review), 201);
  CHECK(shop.get("/courses/" + id + "/reviews/").at("results.0.author.avatar").is_null());
}
