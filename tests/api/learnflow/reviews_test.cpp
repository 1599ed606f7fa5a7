#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

const shape author_shape = {
    {"author.id", "uuid"}, {"author.first_name", "text"}, {"author.last_name", "text"}, {"author.avatar", "url"}};
const shape posted_shape = {
    {"id", "uuid"}, {"rating", "integer"}, {"title", "text"}, {"comment", "text"}, {"helpful_count", "integer"}};

person learner_of(const built_course& c) {
  auto p = fresh_account();
  REQUIRE_STATUS(learnflow(p).patch("/auth/me/", object({{"profile_picture", "https://images.example.com/me.jpg"}})),
                 200);
  enroll(p, c);
  return p;
}

response post(const person& who, const built_course& c, int rating, const std::string& title = "Excellent course!") {
  return learnflow(who).post(
      "/courses/" + c.id + "/reviews/",
      object({{"rating", rating}, {"title", title}, {"comment", "I learned so much from this course."}}));
}

}  // namespace

TEST_CASE("reviews: posted, shown, counted at once", "[learnflow][reviews]") {
  const auto course = free_course();
  const auto first = learner_of(course), second = learner_of(course), third = learner_of(course);
  const auto posted = post(first, course, 5);
  REQUIRE_STATUS(posted, 201);
  CHECK_SHAPE(posted, posted_shape + shape{{"created_at", "time"}});
  CHECK(posted.integer("rating") == 5);
  CHECK(posted.text("title") == "Excellent course!");
  CHECK(posted.integer("helpful_count") == 0);
  REQUIRE_STATUS(post(second, course, 4, "Good"), 201);
  REQUIRE_STATUS(post(third, course, 5, "Again!"), 201);

  const auto detail = learnflow().get("/courses/" + course.id + "/");
  CHECK(detail.at("rating").as_real() == 4.7);
  CHECK(detail.integer("rating_count") == 3);
  CHECK(detail.integer("review_count") == 3);
  CHECK(detail.integer("reviews.count") == 3);
  CHECK(detail.at("reviews.average_rating").as_real() == 4.7);
  CHECK(detail.integer("reviews.distribution.5") == 2);
  CHECK(detail.integer("reviews.distribution.4") == 1);
  CHECK(detail.integer("reviews.distribution.1") == 0);
  CHECK_SHAPE(detail, below("reviews.recent.*", posted_shape + author_shape + shape{{"created_at", "text"}}));
  CHECK(detail.at("reviews.recent").items().size() == 3);

  const auto list = learnflow().get("/courses/" + course.id + "/reviews/");
  REQUIRE_STATUS(list, 200);
  CHECK_SHAPE(list, shape{{"count", "integer"}, {"next", "null"}, {"previous", "null"}} +
                        below("results.*",
                              posted_shape + author_shape + shape{{"created_at", "text"}, {"created_at_iso", "time"}}));
  CHECK(list.integer("count") == 3);
  CHECK(list.text("results.0.title") == "Again!");
  CHECK(list.text("results.0.created_at").find('T') == std::string::npos);
}

TEST_CASE("reviews: filtered, ordered, in pages", "[learnflow][reviews]") {
  const auto course = free_course();
  const auto a = learner_of(course), b = learner_of(course), c = learner_of(course);
  const auto low = post(a, course, 2, "Low").text("id");
  const auto high = post(b, course, 5, "High").text("id");
  const auto other = post(c, course, 5, "Other").text("id");
  const std::string path = "/courses/" + course.id + "/reviews/";
  REQUIRE_STATUS(learnflow(c).post(path + low + "/helpful/"), 200);
  REQUIRE_STATUS(learnflow(b).post(path + low + "/helpful/"), 200);
  REQUIRE_STATUS(learnflow(a).post(path + high + "/helpful/"), 200);

  const auto documented = learnflow().get(path + "?page=1&page_size=10&rating=5&ordering=-helpful_count");
  REQUIRE_STATUS(documented, 200);
  CHECK(documented.integer("count") == 2);
  CHECK(documented.text("results.0.id") == high);
  CHECK(documented.integer("results.0.helpful_count") == 1);
  CHECK(documented.text("results.1.id") == other);
  CHECK(learnflow().get(path + "?ordering=-helpful_count").text("results.0.id") == low);
  CHECK(learnflow().get(path + "?ordering=rating").text("results.0.id") == low);
  CHECK(learnflow().get(path + "?rating=3").integer("count") == 0);

  const auto second = learnflow().get(path + "?page=2&page_size=2");
  CHECK(second.integer("count") == 3);
  CHECK(second.at("results").items().size() == 1);
  CHECK(second.at("next").is_null());
  CHECK(client("").get(second.text("previous")).at("results").items().size() == 2);
  CHECK(learnflow().get(path + "?page=50").at("results").items().empty());
  CHECK_STATUS(learnflow().get(path + "?page_size=5000"), 200);
  for (const char* bad :
       {"rating=0", "rating=6", "rating=x", "page=0", "page_size=-1", "ordering=author", "ordering=-"})
    CHECK_REFUSED(learnflow().get(path + "?" + bad), 422, "VALIDATION_ERROR");
}

TEST_CASE("reviews: one from each learner, none from others", "[learnflow][reviews]") {
  const auto course = free_course();
  const auto learner = learner_of(course), stranger = fresh_account();
  const auto denied = post(stranger, course, 5);
  CHECK(denied.status == 403);
  CHECK(denied.has("error.code"));
  CHECK(post(teacher(), course, 5).status == 403);
  REQUIRE_STATUS(post(learner, course, 5), 201);
  CHECK_REFUSED(post(learner, course, 1), 409, "REVIEW_EXISTS");
  CHECK(learnflow().get("/courses/" + course.id + "/").integer("reviews.count") == 1);
  CHECK(learnflow().get("/courses/" + course.id + "/").at("rating").as_real() == 5.0);
  CHECK_REFUSED(learnflow().post("/courses/" + course.id + "/reviews/"), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("reviews: what cannot be a review", "[learnflow][reviews]") {
  const auto course = free_course();
  const auto learner = learner_of(course);
  for (const char* bad : {"{}", R"({"rating": 0})", R"({"rating": 6})", R"({"rating": 4.5})", R"({"rating": "five"})",
                          R"({"rating": 5, "title": 5})", R"({"rating": 5, "comment": ["x"]})"})
    CHECK_REFUSED(learnflow(learner).post("/courses/" + course.id + "/reviews/", bad), 422, "VALIDATION_ERROR");
  CHECK_REFUSED(learnflow(learner).post("/courses/" + course.id + "/reviews/",
                                        object({{"rating", 5}, {"comment", std::string(100'000, 'x')}})),
                422, "VALIDATION_ERROR");
  CHECK_REFUSED(learnflow(learner).post("/courses/unknown/reviews/", R"({"rating": 5})"), 404, "COURSE_NOT_FOUND");
  // Markup is text: it comes back as it went in.
  const auto posted = learnflow(learner).post(
      "/courses/" + course.id + "/reviews/",
      object({{"rating", 5}, {"title", "<b>\"'; --"}, {"comment", "\xF0\x9F\x98\x80 \xE2\x80\xAE"}}));
  REQUIRE_STATUS(posted, 201);
  CHECK(learnflow().get("/courses/" + course.id + "/").text("reviews.recent.0.title") == "<b>\"'; --");
}

TEST_CASE("reviews: a helpful vote counts once, and not for oneself", "[learnflow][reviews]") {
  const auto course = free_course(), elsewhere = free_course();
  const auto author = learner_of(course), voter = fresh_account();
  const auto id = post(author, course, 5).text("id");
  const std::string path = "/courses/" + course.id + "/reviews/" + id + "/helpful/";
  const auto voted = learnflow(voter).post(path);
  REQUIRE_STATUS(voted, 200);
  CHECK(voted.integer("helpful_count") == 1);
  const auto again = learnflow(voter).post(path);
  CHECK(again.status < 500);
  CHECK(learnflow(author).post(path).status == 403);
  const auto list = learnflow().get("/courses/" + course.id + "/reviews/");
  CHECK(list.integer("results.0.helpful_count") == 1);
  CHECK(learnflow().get("/courses/" + course.id + "/").integer("reviews.recent.0.helpful_count") == 1);
  CHECK_REFUSED(learnflow(voter).post("/courses/" + elsewhere.id + "/reviews/" + id + "/helpful/"), 404,
                "REVIEW_NOT_FOUND");
  CHECK_REFUSED(learnflow(voter).post("/courses/" + course.id + "/reviews/review-001/helpful/"), 404,
                "REVIEW_NOT_FOUND");
  CHECK_REFUSED(learnflow().post(path), 401, "AUTHENTICATION_REQUIRED");
}

TEST_CASE("reviews: the catalogue follows the ratings", "[learnflow][reviews][courses]") {
  course_plan plan;
  plan.category = "Rated" + unique("").substr(1);
  plan.price = "0";
  plan.original_price = "";
  const auto good = build_course(teacher(), plan), bad = build_course(teacher(), plan);
  REQUIRE_STATUS(post(learner_of(good), good, 5), 201);
  REQUIRE_STATUS(post(learner_of(bad), bad, 2), 201);
  const auto list = [&](const char* more) { return learnflow().get("/courses/?category=" + plan.category + more); };
  CHECK(eventually([&] { return list("&rating_min=4.0").integer("count") == 1; }));
  CHECK(list("&rating_min=4.0").text("results.0.id") == good.id);
  CHECK(list("&ordering=-rating").text("results.0.id") == good.id);
  CHECK(list("&ordering=rating").text("results.0.id") == bad.id);
  CHECK(list("&ordering=-rating").at("results.0.rating").as_real() == 5.0);
}

TEST_CASE("reviews: answered by the course's instructor, told to the reviewer, taken back", "[learnflow][reviews]") {
  const auto course = free_course();
  const auto learner = learner_of(course), stranger = fresh_account();
  const auto review = post(learner, course, 4).text("id");
  const std::string path = "/courses/" + course.id + "/reviews/", own = path + review + "/reply/";
  CHECK(learnflow().get(path).at("results.0.reply").is_null());
  const auto body = object({{"reply", "Thank you: the next lesson says more."}});

  CHECK_REFUSED(learnflow().put(own, body), 401, "AUTHENTICATION_REQUIRED");
  CHECK_REFUSED(learnflow(stranger).put(own, body), 403, "PERMISSION_DENIED");
  CHECK_REFUSED(learnflow(learner).put(own, body), 403, "PERMISSION_DENIED");
  CHECK_REFUSED(learnflow(teacher()).put(path + "0197a000-0000-7000-8000-000000000000/reply/", body), 404,
                "REVIEW_NOT_FOUND");
  for (const char* bad : {"{}", R"({"reply": ""})", R"({"reply": null})", R"({"reply": 5})"})
    CHECK_REFUSED(learnflow(teacher()).put(own, bad), 422, "VALIDATION_ERROR");

  const auto answered = learnflow(teacher()).put(own, body);
  REQUIRE_STATUS(answered, 200);
  CHECK_SHAPE(answered, posted_shape + shape{{"reply", "text"}, {"replied_at", "time"}});
  CHECK(learnflow().get(path).text("results.0.reply") == "Thank you: the next lesson says more.");
  CHECK(learnflow().get("/courses/" + course.id + "/").text("reviews.recent.0.reply") ==
        "Thank you: the next lesson says more.");
  const auto inbox = shared_server().client().below("/unpuzzle/api/v1").as(learner.access);
  CHECK(eventually([&] {
    const auto list = inbox.get("/notifications/");
    return list.integer("count") == 2 && list.text("results.0.title") == "Your review was answered";
  }));

  CHECK_REFUSED(learnflow(stranger).del(own), 403, "PERMISSION_DENIED");
  CHECK_STATUS(learnflow(teacher()).del(own), 204);
  CHECK(learnflow().get(path).at("results.0.reply").is_null());
  CHECK(learnflow().get("/courses/" + course.id + "/").at("reviews.recent.0.reply").is_null());
}
