#include <catch2/catch.hpp>

#include "plugins/notifications/delivery.hpp"
#include "plugins/notifications/news.hpp"
#include "plugins/notifications/preferences.hpp"
#include "testing/fake_host.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa_plugin::notifications;

namespace {

const timestamp now = *parse_rfc3339("2026-01-27T16:05:00Z");
const auto c1 = course_id::make();

event told(const std::string& kind, const std::string& status = "published", timestamp at = now) {
  event e;
  e.id = event_id::make();
  e.kind = kind;
  e.entity = c1.value;
  e.payload = json::parse(R"({"course_id":")" + c1.str() + R"(","title":"C++","status":")" + status +
                          R"(","lesson_title":"Coroutines"})")
                  .value();
  e.at = at;
  return e;
}

/// So many learners, who entered one after the other, a minute apart.
class some_learners final : public roster {
 public:
  explicit some_learners(std::int64_t count) {
    for (std::int64_t i = 1; i <= count; ++i) all.push_back({i, user_id::make(), now - hours{24} + minutes{i}});
  }
  task<std::vector<place>> learners_of(course_id of, std::int64_t after, std::int64_t limit) override {
    std::vector<place> out;
    ++asked;
    if (of == c1)
      for (const auto& p : all)
        if (p.number > after && static_cast<std::int64_t>(out.size()) < limit) out.push_back(p);
    co_return out;
  }
  std::vector<place> all;
  int asked = 0;
};

}  // namespace

TEST_CASE("learners hear of what they can see", "[notifications][news]") {
  for (const auto* kind : {"lesson.added", "course.updated", "course.published"}) {
    INFO(kind);
    const auto e = told(kind);
    const auto news = news_of(e, {e});
    REQUIRE(news);
    CHECK(news->course == c1);
    CHECK(news->event == e.id.str());
    const auto draft = told(kind, "draft");
    CHECK_FALSE(news_of(draft, {draft}));
  }
  const auto other = told("course.created");
  CHECK_FALSE(news_of(other, {other}));
  event without = told("lesson.added");
  without.payload = json::parse("{}").value();
  CHECK_FALSE(news_of(without, {without}));
}

TEST_CASE("a new lesson is not told as a change besides", "[notifications][news]") {
  const auto added = told("lesson.added"), changed = told("course.updated");
  CHECK_FALSE(news_of(changed, {changed, added}));
  CHECK(news_of(added, {changed, added}));
  const auto later = told("course.updated", "published", now + seconds{1});
  CHECK(news_of(later, {changed, added, later}));
}

TEST_CASE("what learners are told, each their own and once", "[notifications][news]") {
  const auto who = user_id::make();
  const auto e = told("lesson.added");
  const auto n = told_to(*news_of(e, {e}), who);
  CHECK(n.user == who);
  CHECK(n.event == e.id);
  CHECK(n.kind == "course");
  CHECK(n.title == "New lesson available");
  CHECK(n.message == "A new lesson has been added to 'C++': 'Coroutines'.");
  CHECK(n.action_url == "/courses/" + c1.str() + "/learn");
  CHECK(n.icon == "lesson");
  CHECK(told_to(*news_of(e, {e}), who).id == n.id);
  CHECK(told_to(*news_of(e, {e}), user_id::make()).id != n.id);

  // Changes are told once a day.
  const auto change_at = [&](timestamp at) {
    const auto changed = told("course.updated", "published", at);
    return told_to(*news_of(changed, {changed}), who).id;
  };
  CHECK(change_at(now) == change_at(now + hours{7}));
  CHECK(change_at(now) != change_at(now + hours{8}));
}

TEST_CASE("every learner who was there is told, in parts", "[notifications][news]") {
  some_learners learners(25);
  learners.all.back().since = now + seconds{1};
  const auto e = told("lesson.added");
  std::vector<std::size_t> parts;
  std::vector<notification> got;
  std::function<task<done>(std::vector<notification>)> write = [&](std::vector<notification> part) -> task<done> {
    parts.push_back(part.size());
    got.insert(got.end(), part.begin(), part.end());
    co_return done{};
  };
  REQUIRE(wait_for(tell_all(learners, *news_of(e, {e}), 10, write)));
  CHECK(parts == std::vector<std::size_t>{10, 10, 4});
  REQUIRE(got.size() == 24);
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i].user == learners.all[i].user);

  some_learners full(20);
  REQUIRE(wait_for(tell_all(full, *news_of(e, {e}), 10, write)));
  CHECK(full.asked == 3);
  some_learners nobody_there(0);
  parts.clear();
  REQUIRE(wait_for(tell_all(nobody_there, *news_of(e, {e}), 10, write)));
  CHECK(parts.empty());
}

TEST_CASE("a part that is not written ends the job, which comes again", "[notifications][news]") {
  some_learners learners(25);
  const auto e = told("lesson.added");
  int written = 0;
  std::function<task<done>(std::vector<notification>)> write = [&](std::vector<notification>) -> task<done> {
    if (++written == 2) co_return fault::unavailable("no");
    co_return done{};
  };
  CHECK(!wait_for(tell_all(learners, *news_of(e, {e}), 10, write)));
  CHECK(written == 2);
}

TEST_CASE("whoever says nothing is told in the inbox, of money and security by mail, too",
          "[notifications][preferences]") {
  CHECK(usual("course") == channels{true, false});
  CHECK(usual("achievement") == channels{true, false});
  CHECK(usual("payment") == channels{true, true});
  CHECK(usual("system") == channels{true, true});
  const auto all = completed({{"course", false, true}});
  REQUIRE(all.size() == 4);
  CHECK(all[0].kind == "course");
  CHECK_FALSE(all[0].in_app);
  CHECK(all[0].email);
  CHECK(all[1].kind == "payment");
  CHECK(all[1].email);
  const auto ada = user_id::make(), bob = user_id::make();
  const said_preferences said{{{ada, "course"}, {false, true}}};
  CHECK(wanted(said, ada, "course") == channels{false, true});
  CHECK(wanted(said, bob, "course") == usual("course"));
  CHECK(wanted(said, ada, "system") == usual("system"));
}

TEST_CASE("a notification's mail has its words and leads to its place", "[notifications][preferences]") {
  account who;
  who.email = "ada@example.com";
  const mail_notification w{notification_id::make(), user_id::make(), "Title", "Message", "/orders/1"};
  auto m = mail_of(w, who, "https://a.example");
  CHECK(m.id == "notification " + w.id.str());
  CHECK(m.to == "ada@example.com");
  CHECK(m.template_name == "notification");
  const auto value = [&](const std::string& name) {
    for (const auto& v : m.variables)
      if (v.name == name) return v.value;
    return std::string();
  };
  CHECK(value("name") == "ada@example.com");
  CHECK(value("title") == "Title");
  CHECK(value("message") == "Message");
  CHECK(value("link") == "https://a.example/orders/1");
  who.first_name = "Ada";
  m = mail_of(w, who, "");
  CHECK(value("name") == "Ada");
}
