// Courses and learners in memory, for tests of plugins that only look: whatever changes them is not there.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "stoa/areas/courses.hpp"
#include "stoa/areas/enrollments.hpp"

namespace stoa::testing {

/// Thread-safe.
class known_courses final : public courses {
 public:
  /// A published course of that instructor with one section of two lessons of half an hour.
  course_ptr add(user_id instructor, const std::string& title, course_status status = course_status::published) {
    course c;
    c.id = course_id::make();
    c.instructor.id = instructor;
    c.title = title;
    c.status = status;
    section s;
    s.id = section_id::make();
    for (int i = 1; i <= 2; ++i) {
      lesson l;
      l.id = lesson_id::make();
      l.section = s.id;
      l.title = title + ", lesson " + std::to_string(i);
      l.duration_minutes = 30;
      l.position = i;
      s.lessons.push_back(std::move(l));
    }
    c.sections.push_back(std::move(s));
    return put(std::move(c));
  }
  /// In place of the one of its id.
  course_ptr put(course c) {
    auto known = std::make_shared<const course>(std::move(c));
    const std::lock_guard lock{mutex_};
    all_[known->id] = known;
    return known;
  }

  task<course_ptr> get(course_id id) override {
    const auto known = peek(id);
    if (!known) co_return not_found(id);
    co_return known;
  }
  task<course_ptr> visible(course_id id, caller who) override {
    const auto known = peek(id);
    if (!known || (!known->published() && !known->owned_by(who))) co_return not_found(id);
    co_return known;
  }
  course_ptr peek(course_id id) const override {
    const std::lock_guard lock{mutex_};
    const auto at = all_.find(id);
    return at == all_.end() ? nullptr : at->second;
  }
  task<lesson_contents_ptr> contents(course_ptr course, bool all) override {
    auto read = std::make_shared<lesson_contents>();
    for (const auto& s : course->sections)
      for (const auto& l : s.lessons)
        if ((all || l.is_preview) && !l.content.empty()) read->emplace(l.id, l.content);
    co_return lesson_contents_ptr(std::move(read));
  }
  task<course_offer> offer(course_id id) override {
    const auto known = peek(id);
    if (!known) co_return not_found(id);
    co_return offer_of(*known);
  }
  task<course_id> home_of(lesson_id id) override {
    const std::lock_guard lock{mutex_};
    for (const auto& [home, c] : all_)
      if (c->find_lesson(id)) co_return home;
    co_return not_found(id);
  }

  task<course_id> find_slug(std::string) override { return nobody<course_id>(); }
  task<course_id> find_number(std::int64_t) override { return nobody<course_id>(); }
  task<course_ptr> create(caller, course_draft) override { return nobody<course_ptr>(); }
  task<course_ptr> update(caller, course_id, course_draft) override { return nobody<course_ptr>(); }
  task<course_ptr> publish(caller, course_id) override { return nobody<course_ptr>(); }
  task<course_ptr> unpublish(caller, course_id) override { return nobody<course_ptr>(); }
  task<done> remove(caller, course_id) override { return nobody<done>(); }
  task<done> remove_unlearnt(caller, course_id) override { return nobody<done>(); }
  task<section> add_section(caller, course_id, section_draft) override { return nobody<section>(); }
  task<section> update_section(caller, section_id, section_draft) override { return nobody<section>(); }
  task<done> remove_section(caller, section_id) override { return nobody<done>(); }
  task<lesson> add_lesson(caller, section_id, lesson_draft) override { return nobody<lesson>(); }
  task<lesson> append_lesson(caller, course_id, lesson_draft) override { return nobody<lesson>(); }
  task<course_ptr> order_lessons(caller, course_id, std::vector<lesson_id>) override { return nobody<course_ptr>(); }
  task<lesson> update_lesson(caller, lesson_id, lesson_draft) override { return nobody<lesson>(); }
  task<done> remove_lesson(caller, lesson_id) override { return nobody<done>(); }
  task<review_page> reviews(course_id, std::optional<int>, review_order, int, int) override {
    return nobody<review_page>();
  }
  task<review> post_review(caller, course_id, review_draft) override { return nobody<review>(); }
  task<review> reply_to_review(caller, course_id, review_id, std::optional<std::string>) override {
    return nobody<review>();
  }
  task<review> vote_helpful(caller, course_id, review_id) override { return nobody<review>(); }
  void refresh(course_id) override {}

 private:
  template <class T>
  static task<T> nobody() {
    co_return fault::unavailable("Nobody changes courses here.");
  }

  mutable std::mutex mutex_;
  std::map<course_id, course_ptr> all_;
};

/// Thread-safe.
class known_learners final : public enrollments {
 public:
  void enter(user_id who, course_id into) {
    const std::lock_guard lock{mutex_};
    auto next = std::make_shared<learner>();
    if (const auto& before = all_[who]) *next = *before;
    next->id = who;
    enrollment e;
    e.id = enrollment_id::make();
    e.course = into;
    next->enrollments.push_back(std::move(e));
    all_[who] = next;
  }

  /// Finishes every lesson that the course has now.
  void finish(user_id who, const course& c, timestamp at) {
    const std::lock_guard lock{mutex_};
    auto next = std::make_shared<learner>(*all_.at(who));
    for (auto& e : next->enrollments) {
      if (e.course != c.id) continue;
      for (const auto* l : c.lessons_in_order()) e.lessons[l->id] = {at, 0, at};
      e.completed_at = at;
    }
    all_[who] = next;
  }

  task<learner_ptr> get(user_id user) override {
    auto known = peek(user);
    if (known) co_return known;
    auto nobody = std::make_shared<learner>();
    nobody->id = user;
    co_return learner_ptr(nobody);
  }
  learner_ptr peek(user_id user) const override {
    const std::lock_guard lock{mutex_};
    const auto at = all_.find(user);
    return at == all_.end() ? nullptr : at->second;
  }
  task<entrance> enroll(caller, course_id) override { return nobody<entrance>(); }
  task<lesson_completion> complete_lesson(user_id, enrollment_id, lesson_id) override {
    return nobody<lesson_completion>();
  }
  task<enrollment> mark_lesson(user_id, enrollment_id, lesson_id, lesson_mark) override { return nobody<enrollment>(); }
  task<lesson_notes> notes(user_id, std::vector<enrollment_id>, std::vector<lesson_id>) override {
    return nobody<lesson_notes>();
  }
  task<learner_ptr> set_goal(user_id, int) override { return nobody<learner_ptr>(); }
  void refresh(user_id) override {}
  task<done> reload(user_id) override { co_return done{}; }
  task<ratings_given> ratings(user_id) override { return nobody<ratings_given>(); }

 private:
  template <class T>
  static task<T> nobody() {
    co_return fault::unavailable("Nobody learns here.");
  }

  mutable std::mutex mutex_;
  std::map<user_id, learner_ptr> all_;
};

}  // namespace stoa::testing
