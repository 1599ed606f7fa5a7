#include "actors/course/course_service.hpp"

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "actors/course/categories.hpp"
#include "actors/course/course_index.hpp"
#include "actors/course/course_numbers.hpp"
#include "actors/course/course_store.hpp"
#include "actors/course/kept_offers.hpp"
#include "actors/course/lesson_texts.hpp"
#include "runtime/entity/entities.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/once.hpp"

namespace stoa::actors {
namespace {

class course_facade final : public course_service {
 public:
  course_facade(services& s, course_options options)
      : services_(s),
        options_(options),
        enrollments_(s.areas),
        // By coroutine, so that who waits for an offer goes on where coroutines are driven.
        offers_(s.time,
                [&db = s.db](const std::vector<course_id>& ids, std::function<void(result<rows>)> then) {
                  detach<rows>(db.query(course_store::offers, {value::array(ids)}), std::move(then));
                }),
        courses_(s.actors, entity_options_of(s), course_kind{&loaded_}),
        index_(s.db, s.time),
        numbers_(
            s.db, s.time, s.log, loaded_, [this](course_id id) { return courses_.peek(id); },
            [this](course_id id, show_numbers n) { courses_.tell(id, std::move(n)); }),
        texts_(s.db) {
    s.directories.push_back(&courses_.home());
    observe_others(s);
  }

  // -- reading --------------------------------------------------------------------------------------------------------

  task<course_ptr> get(course_id id) override {
    if (auto ready = courses_.peek(id)) co_return ready;
    numbers_.refresh_marks();
    co_return co_await courses_.get(id);
  }

  task<course_ptr> visible(course_id id, caller who) override {
    auto c = co_await get(id);
    co_await course_rules::may_see(*c, who);
    co_return c;
  }

  course_ptr peek(course_id id) const override { return courses_.peek(id); }

  task<lesson_contents_ptr> contents(course_ptr course, bool all) override { return texts_.of(std::move(course), all); }

  task<course_offer> offer(course_id id) override {
    if (const auto ready = courses_.peek(id)) co_return offer_of(*ready);
    co_return co_await offers_.get(id);
  }

  task<course_id> find_slug(std::string slug) override {
    auto still = [this, slug](course_id known) {
      const auto seen = peek(known);
      return seen && seen->slug == slug;
    };
    return index_.home_of(std::move(slug), std::move(still));
  }

  task<course_id> find_number(std::int64_t number) override { return index_.home_of(number); }

  task<course_id> home_of(lesson_id id) override { return index_.home_of(id); }

  task<review_page> reviews(course_id id, std::optional<int> rating, review_order order, int page,
                            int page_size) override {
    const auto c = co_await get(id);
    review_page out;
    if (rating && (*rating < 1 || *rating > 5)) co_return out;
    out.count = rating ? c->numbers.distribution[static_cast<std::size_t>(*rating - 1)] : c->numbers.rating_count;
    const auto offset = static_cast<std::int64_t>(page - 1) * page_size;
    if (offset >= out.count) co_return out;
    values v{id, rating, page_size, offset};
    const auto found = co_await services_.db.query(acts_as_system(), course_store::reviews(order), std::move(v));
    out.reviews.reserve(found.size());
    for (auto row : found) out.reviews.push_back(course_store::read_review(row));
    co_return out;
  }

  // -- authoring ------------------------------------------------------------------------------------------------------

  task<course_ptr> create(caller who, course_draft draft) override {
    co_await course_rules::may_create(who);
    auto id = course_id::make();
    const auto now = services_.time.now();
    auto made = co_await course_rules::create(draft, id, who.user, now);
    const course nothing;
    co_await course_rules::fits(nothing, made, options_.most_bytes);
    if (draft.category) made.category = co_await category(*draft.category, who);
    const std::string base = made.slug;
    for (int attempt = 0;; ++attempt) {
      made.slug = course_rules::slug_attempt(base, attempt, id);
      auto v = course_store::course_values(made, who.user, now);
      v.push_back(course_store::telling<course_created>(made, now));
      std::function<result<course_id>(connection&)> work = [v = std::move(v), id](connection& db) {
        db.run(course_store::create, v);
        return id;
      };
      auto writing = transact_once<course_id>(services_.db, acting{}, "course.create", std::move(work));
      auto written = co_await as_result(std::move(writing));
      if (written) {
        id = *written;
        break;
      }
      if (written.refusal().code != "course_slug_key") co_return std::move(written).refusal();
      if (draft.slug) co_return fault(fault_kind::conflict, "SLUG_TAKEN", "Another course has this slug.");
      if (attempt >= 3) co_return std::move(written).refusal();
    }
    index_.slug_taken(made.slug);
    courses_.made(id);
    services_.events_written();
    auto known = co_await get(id);
    index_.add(known->number, id);
    co_return known;
  }

  task<course_ptr> update(caller who, course_id id, course_draft draft) override {
    change_course command;
    if (draft.category) {
      // Only somebody who may change the course makes a category by naming it.
      const auto seen = co_await get(id);
      co_await course_rules::may_change(*seen, who);
      co_await course_rules::change(*seen, draft, services_.time.now());
      command.named_category = co_await category(*draft.category, who);
    }
    command.who = std::move(who);
    command.draft = std::move(draft);
    command.most_bytes = options_.most_bytes;
    co_await tell(id, std::move(command));
    auto changed = co_await get(id);
    index_.slug_taken(changed->slug);
    co_return changed;
  }

  task<course_ptr> publish(caller who, course_id id) override {
    return change_status(std::move(who), id, course_status::published);
  }
  task<course_ptr> unpublish(caller who, course_id id) override {
    return change_status(std::move(who), id, course_status::draft);
  }

  task<done> remove(caller who, course_id id) override {
    set_course_status command{std::move(who), course_status::removed};
    return tell(id, std::move(command));
  }

  task<done> remove_unlearnt(caller who, course_id id) override {
    const auto seen = co_await get(id);
    co_await course_rules::may_change(*seen, who);
    bool entered = seen->numbers.students > 0;
    if (!entered) {
      // Whoever entered just now may not have been counted yet.
      values v{id};
      const auto found = co_await services_.db.query(acts_as_system(), course_store::entered, std::move(v));
      entered = !found.empty();
    }
    if (entered) co_return course_rules::has_learners();
    co_return co_await remove(std::move(who), id);
  }

  task<section> add_section(caller who, course_id course, section_draft draft) override {
    put_section command{std::move(who), std::nullopt, std::move(draft), options_.most_bytes};
    auto made = co_await tell(course, std::move(command));
    index_.add(made.id, course);
    co_return made;
  }

  task<section> update_section(caller who, section_id id, section_draft draft) override {
    const auto home = co_await index_.home_of(id);
    put_section command{std::move(who), id, std::move(draft), options_.most_bytes};
    auto changed = co_await of_part(tell(home, std::move(command)), not_found(section_id{}));
    co_await read_into(changed.lessons, home);
    co_return changed;
  }

  task<done> remove_section(caller who, section_id id) override {
    const auto home = co_await index_.home_of(id);
    drop_section command{std::move(who), id};
    co_await of_part(tell(home, std::move(command)), not_found(section_id{}));
    index_.remove(id);
    co_return done{};
  }

  task<lesson> add_lesson(caller who, section_id section, lesson_draft draft) override {
    const auto home = co_await index_.home_of(section);
    put_lesson command{std::move(who), section, std::nullopt, std::move(draft), options_.most_bytes, std::nullopt};
    auto made = co_await of_part(tell(home, std::move(command)), not_found(section_id{}));
    index_.add(made.id, home);
    co_return made;
  }

  task<lesson> append_lesson(caller who, course_id course, lesson_draft draft) override {
    put_lesson command{std::move(who), {}, std::nullopt, std::move(draft), options_.most_bytes, section_id::make()};
    auto made = co_await tell(course, std::move(command));
    index_.add(made.id, course);
    index_.add(made.section, course);
    co_return made;
  }

  task<course_ptr> order_lessons(caller who, course_id course, std::vector<lesson_id> order) override {
    order_course_lessons command{std::move(who), std::move(order)};
    co_await tell(course, std::move(command));
    co_return co_await get(course);
  }

  task<lesson> update_lesson(caller who, lesson_id id, lesson_draft draft) override {
    const auto home = co_await index_.home_of(id);
    co_await leave_out_what_is_there(draft, home, id);
    put_lesson command{std::move(who), {}, id, std::move(draft), options_.most_bytes, std::nullopt};
    std::vector<lesson> changed;
    changed.push_back(co_await of_part(tell(home, std::move(command)), not_found(lesson_id{})));
    co_await read_into(changed, home);
    co_return std::move(changed.front());
  }

  task<done> remove_lesson(caller who, lesson_id id) override {
    const auto home = co_await index_.home_of(id);
    drop_lesson command{std::move(who), id};
    co_await of_part(tell(home, std::move(command)), not_found(lesson_id{}));
    index_.remove(id);
    co_return done{};
  }

  // -- learners' words ------------------------------------------------------------------------------------------------

  task<review> post_review(caller who, course_id course, review_draft draft) override {
    co_await visible(course, who);
    const auto author = co_await enrollments_->get(who.user);
    post_course_review command{std::move(who), author->find(course) != nullptr, std::move(draft)};
    co_return co_await tell(course, std::move(command));
  }

  task<review> vote_helpful(caller who, course_id course, review_id review) override {
    co_await visible(course, who);
    event_rows told(services_.time.now());
    told.tell(who.user, course, review_voted{course, review});
    values v{course, review, who.user, told};
    // The vote is counted in somebody else's row.
    const auto found =
        co_await services_.db.query(acts_as_system(), course_store::vote_helpful, std::move(v), lane::commands);
    if (found.empty()) co_return not_found(review_id{});
    services_.events_written();
    auto voted = course_store::read_review(found.front());
    co_await course_rules::may_vote(voted, who);
    const show_votes shown{review, voted.helpful_count};
    co_await courses_.ask(course, shown);
    co_return voted;
  }

  task<review> reply_to_review(caller who, course_id course, review_id review,
                               std::optional<std::string> reply) override {
    const auto c = co_await visible(course, who);
    const auto now = services_.time.now();
    values asked{course, review};
    const auto found =
        co_await services_.db.query(acts_as_system(), course_store::one_review, std::move(asked), lane::reads);
    if (found.empty()) co_return not_found(review_id{});
    const auto wanted =
        co_await course_rules::with_reply(course_store::read_review(found.front()), *c, who, reply, now);
    event_rows told(now);
    told.tell(wanted.author, course, review_replied{course, c->title, review, !reply});
    values v{course, review, wanted.reply, wanted.replied_at, told};
    // The answer stands in somebody else's row.
    const auto answered =
        co_await services_.db.query(acts_as_system(), course_store::reply_to_review, std::move(v), lane::commands);
    if (answered.empty()) co_return not_found(review_id{});
    services_.events_written();
    const show_reply shown{review, wanted.reply, wanted.replied_at};
    co_await courses_.ask(course, shown);
    co_return course_store::read_review(answered.front());
  }

  // -- what others changed --------------------------------------------------------------------------------------------

  /// What other processes write is read anew here; what all of them count and show is told to all alike.
  void observe_others(services& s) {
    s.observers.push_back(observe<course_created>("new_courses", [this](const heard<course_created>& e) {
      if (e.here) return;
      courses_.made(e.fact.course_id);
      index_.slug_taken(e.fact.slug);
    }));
    s.observers.push_back(observe<course_updated, course_published>("courses", [this](const auto& e) {
      offers_.forget(e.fact.course_id);
      if (e.here) return;
      courses_.refresh(e.fact.course_id);
      index_.slug_taken(e.fact.slug);
    }));
    s.observers.push_back(observe<review_posted>("reviews", [this](const heard<review_posted>& e) {
      if (e.here) return;
      courses_.refresh(e.fact.course_id);
    }));
    s.observers.push_back(observe<review_voted, review_replied>("review_votes", [this](const auto& e) {
      if (!e.here) courses_.refresh(e.fact.course_id);
    }));
    s.observers.push_back(
        observe<course_numbers_counted>("course_numbers", [this](const heard<course_numbers_counted>& e) {
          numbers_.counted(e.fact.course_ids, e.fact.instructor_ids);
        }));
    s.observers.push_back(observe<user_updated>("course_people", [this](const heard<user_updated>& e) {
      std::lock_guard lock(people_guard_);
      people_.insert(user_id{e.entity});
    }));
  }

  /// However often people change what others see of them, that costs one statement a second, and a course is read anew
  /// only where it shows something else.
  void look() override {
    std::vector<user_id> who;
    {
      std::lock_guard lock(people_guard_);
      while (!people_.empty() && who.size() < 100) who.push_back(people_.extract(people_.begin()).value());
    }
    if (who.empty()) return;
    services_.db.run(acts_as_system(), lane::reads, course_store::courses_showing, {value::array(who)},
                     [this, who](result<rows> found) {
                       if (!found) {
                         std::lock_guard lock(people_guard_);
                         people_.insert(who.begin(), who.end());
                         return;
                       }
                       for (auto r : *found) {
                         const auto c = peek(r.as<course_id>(0));
                         if (c && course_store::shows_otherwise(*c, r)) courses_.refresh(c->id);
                       }
                     });
  }

  void refresh(course_id id) override { courses_.refresh(id); }
  course_numbers_reader& numbers() noexcept override { return numbers_; }

 private:
  /// Asks the course, and lets the catalogue know where it shows what has changed.
  template <class Command>
  task<typename Command::reply> tell(course_id id, Command command) {
    const auto before = co_await get(id);
    auto answer = co_await courses_.ask(id, std::move(command));
    offers_.forget(id);
    auto after = peek(id);
    if (!after) {
      // It is being read anew, since somebody counted at the same moment.
      auto reading = get(id);
      const auto found = co_await as_result(std::move(reading));
      if (found) after = *found;
    }
    if (after && (before->published() || after->published()) && services_.course_committed)
      services_.course_committed(*after);
    co_return answer;
  }

  /// A part of a course that does not exist for somebody does not exist itself.
  template <class T>
  static task<T> of_part(task<T> asking, fault unknown) {
    auto answer = co_await as_result(std::move(asking));
    if (!answer && answer.refusal().code == unknown_course) co_return unknown;
    co_return std::move(answer);
  }
  static constexpr const char* unknown_course = "COURSE_NOT_FOUND";

  /// Lessons as their writer is answered: with what they hold.
  task<done> read_into(std::vector<lesson>& lessons, course_id home) {
    const auto missing = [](const lesson& l) { return l.content_elsewhere > 0; };
    if (std::none_of(lessons.begin(), lessons.end(), missing)) co_return done{};
    const auto all = co_await texts_.of(co_await get(home), true);
    for (auto& l : lessons) l.content = content_of(l, *all);
    co_return done{};
  }

  /// A content that the lesson has already changes nothing, and only here it is known.
  task<done> leave_out_what_is_there(lesson_draft& draft, course_id home, lesson_id id) {
    if (!draft.content || draft.content->empty()) co_return done{};
    const auto c = co_await as_result(get(home));
    const auto* l = c ? (*c)->find_lesson(id) : nullptr;
    if (!l || l->content_elsewhere != static_cast<std::int64_t>(draft.content->size())) co_return done{};
    const auto all = co_await texts_.of(*c, true);
    if (content_of(*l, *all) == *draft.content) draft.content.reset();
    co_return done{};
  }

  task<course_ptr> change_status(caller who, course_id id, course_status status) {
    set_course_status command{std::move(who), status};
    co_await tell(id, std::move(command));
    co_return co_await get(id);
  }

  task<std::optional<stoa::category>> category(std::string text, caller who) {
    auto named = co_await category_named(services_.db, std::move(text), std::move(who), options_.new_categories,
                                         services_.time.now());
    if (named.made) {
      services_.events_written();
      if (services_.categories_changed) services_.categories_changed();
    }
    co_return named.found;
  }

  services& services_;
  const course_options options_;
  use_of<stoa::enrollments> enrollments_;
  loaded_courses loaded_;
  kept_offers offers_;
  runtime::entities<course_kind> courses_;
  course_index index_;
  course_numbers_reader numbers_;
  lesson_texts texts_;

  std::mutex people_guard_;
  std::unordered_set<user_id> people_;  ///< of whom others see something new
};

}  // namespace

course_service& offer_courses(services& s, course_options options) {
  auto facade = std::make_shared<course_facade>(s, options);
  s.areas.offer<stoa::courses>(facade);
  return *facade;
}

}  // namespace stoa::actors
