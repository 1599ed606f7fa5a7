#include "actors/dashboard/recommendations.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "stoa/money.hpp"

namespace stoa::actors {
namespace dashboard_rules {
namespace {

constexpr double next_after_completed = 0.95;
constexpr double next_after_current = 0.85;
constexpr double same_instructor = 0.75;
constexpr double same_category = 0.70;
constexpr double popular = 0.50;
constexpr double weight_of_quality = 0.10;

bool in_same_category(const course& a, const course& b) {
  return a.category && b.category && a.category->id == b.category->id;
}

bool one_level_up(const course& from, const course& to) {
  return static_cast<int>(to.level) == static_cast<int>(from.level) + 1;
}

std::string name_of(const instructor& i) {
  if (i.first_name.empty() || i.last_name.empty()) return i.first_name + i.last_name;
  return i.first_name + " " + i.last_name;
}

std::string popularity(const course& c) {
  std::string out;
  const auto students = c.numbers.students;
  if (students > 0) out = "Chosen by " + std::to_string(students) + (students == 1 ? " learner" : " learners");
  if (c.numbers.rating_count > 0) {
    const auto tenths = (20 * c.numbers.rating_sum + c.numbers.rating_count) / (2 * c.numbers.rating_count);
    out += (out.empty() ? "Rated " : " and rated ") + decimal_text(tenths, 1) + " out of 5";
  }
  return out.empty() ? "Something new to try." : out + ".";
}

/// The study touched last among those that pass.
template <class Test>
const study* latest(const studies& of, Test test) {
  const study* found = nullptr;
  for (const auto& s : of.all)
    if (test(s) && (!found || s.enrollment->last_accessed_at >= found->enrollment->last_accessed_at)) found = &s;
  return found;
}

}  // namespace

double quality(const course& c) {
  const double count = static_cast<double>(c.numbers.rating_count);
  return c.numbers.rating() / 5 * (count / (count + 20));
}

recommendation judge(const studies& of, course_ptr candidate) {
  const course& c = *candidate;
  recommendation out;
  double base = popular;
  if (auto* s = latest(of, [&](const study& x) {
        return x.progress.completed && in_same_category(*x.course, c) && one_level_up(*x.course, c);
      })) {
    base = next_after_completed;
    out.reason = "You completed " + s->course->title + ". This is a natural next step.";
  } else if (auto* t = latest(
                 of, [&](const study& x) { return in_same_category(*x.course, c) && one_level_up(*x.course, c); })) {
    base = next_after_current;
    out.reason = "It goes on where " + t->course->title + " ends.";
  } else if (auto* u = latest(of, [&](const study& x) { return x.course->instructor.id == c.instructor.id; })) {
    base = same_instructor;
    out.reason = "You took " + u->course->title + " with " + name_of(c.instructor) + ".";
  } else if (latest(of, [&](const study& x) { return in_same_category(*x.course, c); })) {
    base = same_category;
    out.reason = "You are interested in " + c.category->name + ".";
  } else {
    out.reason = popularity(c);
  }
  const double exact = base - weight_of_quality * (1 - quality(c));
  out.score = std::round(exact * 100) / 100;
  out.course = std::move(candidate);
  return out;
}

std::vector<recommendation> recommend(const studies& of, const std::vector<course_ptr>& candidates, std::size_t most) {
  std::unordered_set<course_id> seen;
  std::vector<recommendation> out;
  for (const auto& c : candidates)
    if (c->published() && !of.learner->find(c->id) && seen.insert(c->id).second) out.push_back(judge(of, c));
  std::sort(out.begin(), out.end(), [](const recommendation& a, const recommendation& b) {
    if (a.score != b.score) return a.score > b.score;
    if (a.course->numbers.students != b.course->numbers.students)
      return a.course->numbers.students > b.course->numbers.students;
    return a.course->id < b.course->id;
  });
  if (out.size() > most) out.resize(most);
  return out;
}

}  // namespace dashboard_rules

namespace {

/// Bounds of the search: pages come from the catalogue's memory, but a learner of everything must not ask for all of
/// it.
constexpr std::size_t most_categories = 5;
constexpr std::size_t most_instructors = 5;
constexpr int candidates_a_page = 50;

/// What to look through: the interests touched last come first.
std::vector<catalog_query> searches(const studies& of) {
  std::vector<const study*> recent;
  for (const auto& s : of.all) recent.push_back(&s);
  std::sort(recent.begin(), recent.end(), [](const study* a, const study* b) {
    return a->enrollment->last_accessed_at > b->enrollment->last_accessed_at;
  });
  std::vector<catalog_query> out;
  std::unordered_set<category_id> categories;
  std::unordered_set<user_id> instructors;
  catalog_query plain;
  plain.page_size = candidates_a_page;
  for (const auto* s : recent) {
    const auto& c = *s->course;
    if (c.category && categories.size() < most_categories && categories.insert(c.category->id).second) {
      auto& q = out.emplace_back(plain);
      q.category = c.category->id.str();
      q.ordering = "-rating";
    }
    if (instructors.size() < most_instructors && instructors.insert(c.instructor.id).second) {
      auto& q = out.emplace_back(plain);
      q.instructor = c.instructor.id;
      q.ordering = "-rating";
    }
  }
  for (const char* ordering : {"-students", "-rating"}) {
    auto& q = out.emplace_back(plain);
    q.ordering = ordering;
  }
  return out;
}

}  // namespace

task<std::vector<recommendation>> recommendations_for(learner_ptr who, stoa::courses& courses, stoa::catalog& catalog,
                                                      std::size_t most) {
  const auto of = co_await studies_of(std::move(who), courses);
  std::vector<course_ptr> candidates;
  auto wanted = searches(of);
  for (auto& search : wanted) {
    auto looking = catalog.page(std::move(search));
    const auto page = co_await std::move(looking);
    candidates.insert(candidates.end(), page->courses.begin(), page->courses.end());
  }
  co_return dashboard_rules::recommend(of, candidates, most);
}

}  // namespace stoa::actors
