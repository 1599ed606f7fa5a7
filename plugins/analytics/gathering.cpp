#include "gathering.hpp"

#include <type_traits>
#include <variant>

#include "stoa/areas/history.hpp"

namespace stoa_plugin::analytics {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

/// The line between history and events lies this far back when it is drawn: what happened before it is committed by
/// now, whichever server's clock it was, and what happened since is among the events.
constexpr hours settled{1};
constexpr std::int64_t part_of_history = 500;

const lesson* lesson_in(const course& c, lesson_id id) { return c.find_lesson(id); }

counted_course counted(const course& c) { return {c.id, c.instructor.id}; }

template <class Fact>
constexpr bool about_course = requires(const Fact& f) {
  f.course_id;
};

template <class Told>
attempt_outcome outcome_of(const Told& a) {
  return {a.quiz_id, a.score, a.passed, a.answers};
}
attempt_outcome former_of(const attempt_regraded& a) {
  return {a.quiz_id, a.former_score, a.formerly_passed, a.former};
}

void take(tally& t, const course& c, const heard<enrollment_created>& e) { t.enrolled(counted(c), *e.user, e.at); }
void take(tally& t, const course& c, const heard<course_completed>& e) { t.finished_course(counted(c), *e.user, e.at); }
void take(tally& t, const course& c, const heard<lesson_completed>& e) {
  const auto* l = lesson_in(c, e.fact.lesson_id);
  t.finished_lesson(counted(c), e.fact.lesson_id, l ? l->duration_minutes : 0, *e.user, e.at);
}
void take(tally& t, const course& c, const heard<attempt_closed>& e) {
  t.tried_quiz(counted(c), outcome_of(e.fact), *e.user, e.at);
}
void take(tally& t, const course& c, const heard<attempt_regraded>& e) {
  t.graded_anew(counted(c), former_of(e.fact), outcome_of(e.fact), *e.user, e.at);
}

std::vector<course_share> shares_in(const order& o) {
  std::vector<course_share> prices;
  for (const auto& i : o.items) prices.push_back({i.course, i.price_minor});
  return shares_of(std::move(prices), o.total_minor);
}

}  // namespace

task<reading> gathering::line() {
  const auto drawn = std::chrono::floor<seconds>(host_.clock().now()) - settled;
  auto found = co_await find_reading(host_.database(), drawn);
  {
    const std::lock_guard lock{guard_};
    since_ = found.since;
  }
  if (found.part == "done") complete_ = true;
  co_return found;
}

/// Those that are there: nothing is counted for a course that is not.
task<gathering::known_courses> gathering::courses_of(std::vector<course_id> ids) {
  auto& courses = host_.use<stoa::courses>();
  known_courses out;
  for (const auto id : ids) {
    if (out.contains(id)) continue;
    auto c = courses.peek(id);
    if (!c) {
      auto found = co_await as_result(courses.get(id));
      if (!found && found.refusal().kind != fault_kind::not_found) co_return std::move(found).refusal();
      if (found) c = std::move(*found);
    }
    if (c) out.emplace(id, std::move(c));
  }
  co_return out;
}

task<event_write> gathering::of_events(facts batch) {
  std::optional<timestamp> since;
  {
    const std::lock_guard lock{guard_};
    since = since_;
  }
  if (!since) {
    const auto drawn = co_await line();
    since = drawn.since;
  }
  std::vector<course_id> wanted;
  std::vector<order_id> paid;
  for (const auto& one : batch)
    std::visit(
        [&](const auto& e) {
          using fact = std::decay_t<decltype(e.fact)>;
          if (e.at < *since) return;
          if constexpr (about_course<fact>) wanted.push_back(e.fact.course_id);
          if constexpr (std::is_same_v<fact, payment_completed>) {
            paid.push_back(e.fact.order_id);
            for (const auto& item : e.fact.items) wanted.push_back(item.course_id);
          }
        },
        one);
  const auto courses = co_await courses_of(std::move(wanted));
  std::map<order_id, order> orders;
  for (const auto id : paid) {
    auto found = co_await host_.use<stoa::orders>().find(id);
    orders.emplace(id, std::move(found));
  }
  auto t = std::make_shared<tally>();
  for (const auto& one : batch)
    std::visit(
        [&](const auto& e) {
          using fact = std::decay_t<decltype(e.fact)>;
          if (e.at < *since) return;
          if constexpr (std::is_same_v<fact, user_created>) {
            t->registered(day_of(e.at));
          } else if constexpr (std::is_same_v<fact, payment_completed>) {
            for (const auto& share : shares_in(orders.at(e.fact.order_id)))
              if (const auto c = courses.find(share.course); c != courses.end())
                t->sold(counted(*c->second), share.minor, e.fact.currency, e.at);
          } else if (const auto c = courses.find(e.fact.course_id); c != courses.end() && e.user) {
            take(*t, *c->second, e);
          }
        },
        one);
  co_return [t](connection& db) -> result<done> {
    add(db, *t);
    return done{};
  };
}

task<done> gathering::read_people(const reading& at, tally& t) {
  const auto days = co_await host_.use<stoa::history>().registrations(at.since);
  for (const auto& d : days) t.registered(d.day, d.count);
  co_return done{};
}

task<bool> gathering::read_sales(const reading& at, reading& next, tally& t) {
  std::optional<past_sale> behind;
  if (at.sale_at && at.sale_order) {
    behind.emplace();
    behind->at = *at.sale_at;
    behind->order = *at.sale_order;
  }
  const auto sales = co_await host_.use<stoa::history>().sales(std::move(behind), part_of_history);
  std::vector<course_id> wanted;
  for (const auto& s : sales)
    for (const auto& share : s.shares) wanted.push_back(share.course);
  const auto courses = co_await courses_of(std::move(wanted));
  for (const auto& s : sales) {
    // They come in the order of time: behind the line there is nothing for history.
    if (s.at >= at.since) co_return false;
    for (const auto& share : s.shares)
      if (const auto c = courses.find(share.course); c != courses.end())
        t.sold(counted(*c->second), share.minor, s.currency, s.at);
    next.sale_at = s.at;
    next.sale_order = s.order;
  }
  co_return static_cast<std::int64_t>(sales.size()) == part_of_history;
}

task<bool> gathering::read_studies(const reading& at, reading& next, tally& t) {
  const auto studies = co_await host_.use<stoa::history>().studies(at.study_number, part_of_history);
  std::vector<course_id> wanted;
  for (const auto& s : studies) wanted.push_back(s.course);
  const auto courses = co_await courses_of(std::move(wanted));
  for (const auto& s : studies) {
    next.study_number = s.number;
    const auto found = courses.find(s.course);
    if (found == courses.end()) continue;
    const auto& c = *found->second;
    if (s.since < at.since) t.enrolled(counted(c), s.user, s.since);
    if (s.finished_at && *s.finished_at < at.since) t.finished_course(counted(c), s.user, *s.finished_at);
    for (const auto& l : s.lessons) {
      if (l.at >= at.since) continue;
      const auto* is = lesson_in(c, l.lesson);
      t.finished_lesson(counted(c), l.lesson, is ? is->duration_minutes : 0, s.user, l.at);
    }
  }
  co_return static_cast<std::int64_t>(studies.size()) == part_of_history;
}

task<bool> gathering::read_attempts(const reading& at, reading& next, tally& t) {
  const auto attempts = co_await host_.use<stoa::history>().attempts(at.since, at.attempt, part_of_history);
  std::vector<course_id> wanted;
  for (const auto& a : attempts) wanted.push_back(a.course);
  const auto courses = co_await courses_of(std::move(wanted));
  for (const auto& a : attempts) {
    next.attempt = a.attempt;
    const auto c = courses.find(a.course);
    if (a.at < at.since && c != courses.end())
      t.tried_quiz(counted(*c->second), {a.quiz, a.score, a.passed, a.answers}, a.user, a.at);
  }
  co_return static_cast<std::int64_t>(attempts.size()) == part_of_history;
}

task<bool> gathering::read_history() {
  if (complete()) co_return false;
  const auto at = co_await line();
  if (complete()) co_return false;
  auto next = at;
  auto t = std::make_shared<tally>();
  if (at.part == "people") {
    co_await read_people(at, *t);
    next.part = "sales";
  } else if (at.part == "sales") {
    const bool more = co_await read_sales(at, next, *t);
    if (!more) next.part = "studies";
  } else if (at.part == "studies") {
    const bool more = co_await read_studies(at, next, *t);
    if (!more) next.part = "attempts";
  } else {
    const bool more = co_await read_attempts(at, next, *t);
    if (!more) next.part = "done";
  }
  std::function<result<done>(connection&)> work = [at, next, t](connection& db) -> result<done> {
    // Another process has taken that step: what was read here is counted there.
    if (go_on(db, at, next)) add(db, *t);
    return done{};
  };
  co_await host_.database().in_transaction(acts_as_system(), std::move(work));
  co_return next.part != "done";
}

}  // namespace stoa_plugin::analytics
