#include "news.hpp"

#include <algorithm>

#include "stoa/areas/courses.hpp"

namespace stoa_plugin::notifications {

namespace {

std::string text_in(const stoa::event& e, std::string_view name) {
  const auto* v = e.payload.find(name);
  return v && v->is_string() ? v->text() : std::string();
}

bool same_moment(const stoa::event& a, const stoa::event& b) { return a.at == b.at && a.entity == b.entity; }

}  // namespace

std::optional<tell_learners> news_of(const stoa::event& e, const std::vector<stoa::event>& batch) {
  const bool added = e.kind == stoa::lesson_added::kind, changed = e.kind == stoa::course_updated::kind;
  if (!added && !changed && e.kind != stoa::course_published::kind) return std::nullopt;
  const auto course = stoa::course_id::parse(text_in(e, "course_id"));
  if (!course || text_in(e, "status") != "published") return std::nullopt;
  // A new lesson changes its course, too.
  if (changed && std::any_of(batch.begin(), batch.end(), [&](const auto& other) {
        return other.kind == stoa::lesson_added::kind && same_moment(e, other);
      }))
    return std::nullopt;
  return tell_learners{e.id.str(), e.kind, *course, text_in(e, "title"), text_in(e, "lesson_title"), e.at};
}

notification told_to(const tell_learners& news, stoa::user_id learner) {
  notification n;
  n.event = stoa::event_id::parse(news.event).value_or(stoa::event_id{});
  n.user = learner;
  n.kind = "course";
  n.action_url = "/courses/" + news.course.str() + "/learn";
  n.created_at = news.at;
  auto once = "notification " + news.event + " " + learner.str();
  if (news.what == stoa::lesson_added::kind) {
    n.title = "New lesson available";
    n.message = "A new lesson has been added to '" + news.title + "': '" + news.lesson_title + "'.";
    n.icon = "lesson";
  } else if (news.what == stoa::course_published::kind) {
    n.title = "Your course is available again";
    n.message = "'" + news.title + "' is published again.";
    n.icon = "course";
  } else {
    n.title = "Your course was updated";
    n.message = "'" + news.title + "' was changed by its instructor.";
    n.icon = "course";
    once = "course changed " + news.course.str() + " " + stoa::rfc3339(news.at).substr(0, 10) + " " + learner.str();
  }
  n.id = stoa::notification_id{stoa::uuid::from_name(once)};
  return n;
}

stoa::task<stoa::done> tell_all(stoa::roster& learners, tell_learners news, std::int64_t part,
                                std::function<stoa::task<stoa::done>(std::vector<notification>)> write) {
  std::int64_t after = 0;
  for (;;) {
    const auto some = co_await learners.learners_of(news.course, after, part);
    std::vector<notification> all;
    for (const auto& p : some) {
      // Who came later than the news found the course as it is.
      if (p.since <= news.at) all.push_back(told_to(news, p.user));
      after = p.number;
    }
    if (!all.empty()) {
      co_await write(std::move(all));
    }
    if (static_cast<std::int64_t>(some.size()) < part) co_return stoa::done{};
  }
}

}  // namespace stoa_plugin::notifications
