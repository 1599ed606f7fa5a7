#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "actors/actors.hpp"
#include "actors/course/bestsellers.hpp"
#include "actors/course/course_facade.hpp"
#include "actors/course/course_rules.hpp"
#include "actors/course/course_store.hpp"
#include "actors/course/recently_missing.hpp"
#include "runtime/actor/entity.hpp"
#include "runtime/actor/snapshots.hpp"
#include "stoa/text.hpp"

namespace stoa::actors {
namespace {

/// Which loaded courses show an instructor's numbers. Entities write, the facade reads; any thread.
class loaded_courses {
 public:
  void add(user_id instructor, course_id course) {
    std::lock_guard lock(guard_);
    by_instructor_[instructor].insert(course);
  }
  void remove(user_id instructor, course_id course) {
    std::lock_guard lock(guard_);
    auto it = by_instructor_.find(instructor);
    if (it == by_instructor_.end()) return;
    it->second.erase(course);
    if (it->second.empty()) by_instructor_.erase(it);
  }
  std::vector<course_id> of(user_id instructor) const {
    std::lock_guard lock(guard_);
    auto it = by_instructor_.find(instructor);
    if (it == by_instructor_.end()) return {};
    return {it->second.begin(), it->second.end()};
  }

 private:
  mutable std::mutex guard_;
  std::unordered_map<user_id, std::unordered_set<course_id>> by_instructor_;
};

/// What all course entities of this node share.
struct course_commons {
  runtime::snapshots<course_id, course> published;
  loaded_courses loaded;
  bestsellers marks;
};

/// Everybody who asks for a course while it loads waits in its queue: as many as the front end lets in.
constexpr std::size_t course_queue = 4096;

values course_values(const course& c, value second, timestamp now) {
  std::optional<category_id> in;
  if (c.category) in = c.category->id;
  return {c.id,
          std::move(second),
          now,
          in,
          c.title,
          c.slug,
          c.short_description,
          c.description,
          c.detailed_description,
          name_of(c.level),
          c.language,
          c.price.minor,
          c.original_price_minor,
          c.price.currency,
          c.thumbnail_url,
          c.preview_video_url,
          c.certificate_included,
          value::array(c.outcomes),
          value::array(c.requirements),
          value::array(c.target_audience),
          value::array(c.tags),
          c.duration_weeks};
}

/// The ids of siblings in their order; the nil id holds the place of the one that gets its own by other means.
template <class T>
value order_of(const std::vector<T>& siblings, const uuid& placed) {
  std::vector<std::string> ids;
  ids.reserve(siblings.size());
  for (const auto& s : siblings) ids.push_back(s.id.value == placed ? uuid{}.str() : s.id.str());
  return value::array(ids);
}

/// The state of one course's actor: the course as it was last committed.
class course_entity final : public runtime::entity<course_actor> {
 public:
  static constexpr const char* name = "course";

  course_entity(pointer self, services& s, course_commons& commons, course_id id)
      : entity(self, s.db, s.log, std::max(s.mailbox, course_queue)), services_(s), commons_(commons), id_(id) {}

  task<course_ptr> read() { co_return current_; }

  task<course_ptr> change(change_course c) {
    co_await course_rules::may_change(*current_, c.who);
    const auto now = services_.time.now();
    auto next = co_await course_rules::change(*current_, c.draft, now);
    if (c.named_category) next.category = *c.named_category;
    auto writing = write(course_store::update, course_values(next, current_->version, now));
    auto written = co_await as_result(std::move(writing));
    if (!written) {
      if (written.refusal().code == "course_slug_key")
        co_return fault(fault_kind::conflict, "SLUG_TAKEN", "Another course has this slug.");
      co_return std::move(written).refusal();
    }
    commit(std::move(next), *written);
    co_return current_;
  }

  task<course_ptr> set_status(set_course_status c) {
    co_await course_rules::may_change(*current_, c.who);
    const auto now = services_.time.now();
    course next;
    if (c.status == course_status::published)
      next = co_await course_rules::publish(*current_, now);
    else
      next = course_rules::unpublish(*current_, now);
    if (next.status == current_->status) co_return current_;
    values v{id_, current_->version, now, name_of(next.status), next.published_at};
    auto writing = write(course_store::set_status, std::move(v));
    auto written = co_await std::move(writing);
    // The numbers of the instructor count published courses: this one as well.
    next.instructor.courses_count += next.published() ? 1 : -1;
    commit(std::move(next), written);
    co_return current_;
  }

  task<section> put(put_section c) {
    co_await course_rules::may_change(*current_, c.who);
    const auto now = services_.time.now();
    const bool fresh = !c.id;
    const auto id = fresh ? section_id::make() : *c.id;
    auto decided = fresh ? course_rules::add_section(*current_, id, c.draft, now)
                         : course_rules::change_section(*current_, id, c.draft, now);
    auto next = co_await std::move(decided);
    const auto* s = course_rules::find_section(next, id);
    values v{id_, current_->version, now, order_of(next.sections, id.value), id, s->title, s->description, s->position};
    auto writing = write(fresh ? course_store::add_section : course_store::update_section, std::move(v));
    auto written = co_await std::move(writing);
    if (fresh) next.sections[static_cast<std::size_t>(s->position - 1)].number = written.front().integer(1);
    commit(std::move(next), written);
    co_return *course_rules::find_section(*current_, id);
  }

  task<done> drop(drop_section c) {
    co_await course_rules::may_change(*current_, c.who);
    const auto now = services_.time.now();
    auto next = co_await course_rules::remove_section(*current_, c.id, now);
    values v{id_, current_->version, now, order_of(next.sections, uuid{}), c.id};
    auto writing = write(course_store::remove_section, std::move(v));
    auto written = co_await std::move(writing);
    commit(std::move(next), written);
    co_return done{};
  }

  task<lesson> put(put_lesson c) {
    co_await course_rules::may_change(*current_, c.who);
    const auto now = services_.time.now();
    const bool fresh = !c.id;
    const auto id = fresh ? lesson_id::make() : *c.id;
    auto decided = fresh ? course_rules::add_lesson(*current_, c.section, id, c.draft, now)
                         : course_rules::change_lesson(*current_, id, c.draft, now);
    auto next = co_await std::move(decided);
    const lesson l = *next.find_lesson(id);
    const auto* home = course_rules::find_section(next, l.section);
    values v{id_,         current_->version,
             now,         order_of(home->lessons, id.value),
             id,          l.section,
             l.title,     l.description,
             l.kind,      l.duration_minutes,
             l.position,  l.is_preview,
             l.video_url, value::array(l.resources),
             l.content};
    auto writing = write(fresh ? course_store::add_lesson : course_store::update_lesson, std::move(v));
    auto written = co_await std::move(writing);
    if (fresh) {
      auto& there = next.sections[static_cast<std::size_t>(home - next.sections.data())];
      there.lessons[static_cast<std::size_t>(l.position - 1)].number = written.front().integer(1);
    }
    commit(std::move(next), written);
    co_return *current_->find_lesson(id);
  }

  task<done> drop(drop_lesson c) {
    co_await course_rules::may_change(*current_, c.who);
    const auto* gone = current_->find_lesson(c.id);
    if (!gone) co_return course_rules::lesson_not_found();
    const auto home = gone->section;
    const auto now = services_.time.now();
    auto next = co_await course_rules::remove_lesson(*current_, c.id, now);
    values v{id_, current_->version, now, order_of(course_rules::find_section(next, home)->lessons, uuid{}), c.id};
    auto writing = write(course_store::remove_lesson, std::move(v));
    auto written = co_await std::move(writing);
    commit(std::move(next), written);
    co_return done{};
  }

  task<review> post_review(post_course_review c) {
    co_await course_rules::may_see(*current_, c.who);
    const auto now = services_.time.now();
    auto r = co_await course_rules::write_review(*current_, *c.author, c.draft, review_id::make(), now);
    values v{id_, current_->version, now, r.id, r.author, r.rating, r.title, r.comment};
    auto writing = write(course_store::add_review, std::move(v));
    auto written = co_await as_result(std::move(writing));
    if (!written) {
      if (written.refusal().code == "review_once")
        co_return fault(fault_kind::conflict, "REVIEW_EXISTS", "You have already reviewed this course.");
      co_return std::move(written).refusal();
    }
    const auto row = written->front();
    r.author_first_name = row.text(1);
    r.author_last_name = row.text(2);
    r.author_avatar = row.text(3);
    commit(course_rules::with_review(*current_, r), *written);
    co_return r;
  }

  task<review> vote(vote_review_helpful c) {
    co_await course_rules::may_see(*current_, c.who);
    values v{id_, c.review, c.who.user};
    auto writing = query(course_store::vote_helpful, std::move(v));
    auto written = co_await std::move(writing);
    if (written.empty()) co_return course_rules::review_not_found();
    auto r = course_store::read_review(written.front());
    co_await course_rules::may_vote(r, c.who);
    for (std::size_t i = 0; i < current_->recent_reviews.size(); ++i) {
      if (current_->recent_reviews[i].id != r.id || current_->recent_reviews[i].helpful_count == r.helpful_count)
        continue;
      course next = *current_;
      next.recent_reviews[i].helpful_count = r.helpful_count;
      publish(std::move(next));
      break;
    }
    co_return r;
  }

  /// Coalesced: while one such task waits in the queue, further requests are the same one.
  void refresh_numbers() {
    if (auto waiting = refresh_waiting_.lock()) {
      if (!*waiting) return;
    }
    auto begun = std::make_shared<bool>(false);
    refresh_waiting_ = begun;
    enqueue<done>([this, begun] {
      *begun = true;
      return reload_numbers();
    });
  }

 protected:
  task<done> load() override {
    values v{id_};
    auto loading = query(course_store::load, std::move(v));
    auto found = co_await as_result(std::move(loading));
    if (!found || found->empty()) {
      // Nobody knows what the rows say by now: readers had better ask than see the past.
      closed();
      if (!found) co_return std::move(found).refusal();
      co_return course_rules::course_not_found();
    }
    course next = course_store::read_loaded(found->front());
    auto marking = mark(std::move(next));
    auto marked = co_await std::move(marking);
    publish(std::move(marked));
    commons_.loaded.add(current_->instructor.id, id_);
    co_return done{};
  }

  void closed() override {
    if (!current_) return;
    commons_.published.withdraw(id_, current_);
    commons_.loaded.remove(current_->instructor.id, id_);
  }

 private:
  task<done> reload_numbers() {
    values v{id_};
    auto loading = query(course_store::numbers, std::move(v));
    auto found = co_await as_result(std::move(loading));
    if (!found || found->empty() || found->front().integer(0) != current_->version) {
      auto again = load();
      co_await std::move(again);
      co_return done{};
    }
    course next = *current_;
    course_store::read_numbers(found->front(), next);
    auto marking = mark(std::move(next));
    auto marked = co_await std::move(marking);
    publish(std::move(marked));
    co_return done{};
  }

  /// A course that knows whether it is a bestseller.
  task<course> mark(course c) {
    bool due = false;
    auto marks = commons_.marks.current(services_.time.now(), due);
    if (due) {
      auto asking = query(course_store::bestsellers, values{}, lane::reads);
      auto found = co_await as_result(std::move(asking));
      if (found) marks = commons_.marks.set(*found, services_.time.now());
    }
    c.is_bestseller = marks && course_rules::bestseller(c, bestsellers::lowest(*marks, c));
    co_return c;
  }

  task<rows> write(const statement& s, values v) {
    auto running = query(s, std::move(v));
    auto written = co_await as_result(std::move(running));
    if (written) co_return runtime::won(std::move(*written));
    const auto kind = written.refusal().kind;
    // Whether it took place is unknown: readers must come and ask.
    if (kind == fault_kind::unavailable || kind == fault_kind::internal) commons_.published.withdraw(id_, current_);
    co_return std::move(written).refusal();
  }

  /// After the commit, and only then: memory, snapshot and catalogue follow.
  void commit(course next, const rows& root) {
    const bool shown = current_->published() || next.published();
    next.version = root.front().integer(0);
    next.is_bestseller = next.is_bestseller && next.published();
    publish(std::move(next));
    services_.events_written();
    if (shown && services_.catalogue_changed) services_.catalogue_changed(false);
  }

  void publish(course next) {
    current_ = std::make_shared<course>(std::move(next));
    commons_.published.publish(id_, current_);
  }

  services& services_;
  course_commons& commons_;
  course_id id_;
  course_ptr current_;
  std::weak_ptr<bool> refresh_waiting_;
};

course_actor::behavior_type course_behavior(course_actor::stateful_pointer<runtime::held<course_entity>> self,
                                            services* s, course_commons* commons, course_id id) {
  auto& me = self->state.emplace(self, *s, *commons, id);
  return {
      [&me](runtime::continuation& c) { c.run(); },
      [&me](runtime::passivate) { me.close(); },
      [&me](read_course) { return me.enqueue<course_ptr>([&me] { return me.read(); }); },
      [&me](change_course& c) { return me.enqueue<course_ptr>([&me, c = std::move(c)] { return me.change(c); }); },
      [&me](set_course_status& c) {
        return me.enqueue<course_ptr>([&me, c = std::move(c)] { return me.set_status(c); });
      },
      [&me](put_section& c) { return me.enqueue<section>([&me, c = std::move(c)] { return me.put(c); }); },
      [&me](drop_section& c) { return me.enqueue<done>([&me, c = std::move(c)] { return me.drop(c); }); },
      [&me](put_lesson& c) { return me.enqueue<lesson>([&me, c = std::move(c)] { return me.put(c); }); },
      [&me](drop_lesson& c) { return me.enqueue<done>([&me, c = std::move(c)] { return me.drop(c); }); },
      [&me](post_course_review& c) {
        return me.enqueue<review>([&me, c = std::move(c)] { return me.post_review(c); });
      },
      [&me](vote_review_helpful& c) { return me.enqueue<review>([&me, c = std::move(c)] { return me.vote(c); }); },
      [&me](refresh_course) { me.forget_and_reload(); },
      [&me](refresh_course_numbers) { me.refresh_numbers(); },
  };
}

/// Sections and lessons never move to another course: what was found once stays right.
template <class Id>
class home_cache {
 public:
  std::optional<course_id> find(Id id) const {
    std::lock_guard lock(guard_);
    auto it = homes_.find(id);
    if (it == homes_.end()) return std::nullopt;
    return it->second;
  }
  void add(Id id, course_id home) {
    std::lock_guard lock(guard_);
    if (homes_.size() >= 65536) homes_.clear();
    homes_.insert_or_assign(id, home);
  }
  void remove(Id id) {
    std::lock_guard lock(guard_);
    homes_.erase(id);
  }

 private:
  mutable std::mutex guard_;
  std::unordered_map<Id, course_id> homes_;
};

class course_facade final : public stoa::courses {
 public:
  explicit course_facade(services& s)
      : services_(s), missing_(s.time), directory_("course", s.actors, s.time, [this](const course_id& id) {
          return services_.actors.caf().spawn(course_behavior, &services_, &commons_, id);
        }) {
    s.directories.push_back(&directory_);
  }

  task<course_ptr> get(course_id id) override {
    if (auto ready = commons_.published.find(id)) co_return ready;
    auto checking = check_exists(id);
    co_await std::move(checking);
    co_return co_await directory_.ask<course_ptr>(id, read_course{});
  }

  task<course_ptr> visible(course_id id, caller who) override {
    auto reading = get(id);
    auto c = co_await std::move(reading);
    co_await course_rules::may_see(*c, who);
    co_return c;
  }

  course_ptr peek(course_id id) const override { return commons_.published.find(id); }

  task<course_id> find_slug(std::string slug) override {
    if (slug.empty() || slug.size() > 200 || missing_.contains(slug)) co_return course_rules::course_not_found();
    if (auto known = slugs_.find(slug)) {
      const auto seen = peek(*known);
      if (seen && seen->slug == slug) co_return *known;
    }
    values v{slug};
    auto looking = services_.db.query(course_store::find_slug, std::move(v));
    auto found = co_await std::move(looking);
    if (found.empty()) {
      missing_.add(slug);
      co_return course_rules::course_not_found();
    }
    const auto id = found.front().as<course_id>(0);
    slugs_.add(slug, id);
    co_return id;
  }

  task<course_ptr> create(caller who, course_draft draft) override {
    co_await course_rules::may_create(who);
    const auto id = course_id::make();
    const auto now = services_.time.now();
    auto made = co_await course_rules::create(draft, id, who.user, now);
    if (draft.category) {
      auto naming = category_named(*draft.category);
      made.category = co_await std::move(naming);
    }
    const std::string base = made.slug;
    for (int attempt = 0;; ++attempt) {
      made.slug = course_rules::slug_attempt(base, attempt, id);
      auto writing = services_.db.query(course_store::create, course_values(made, who.user, now), lane::commands);
      auto written = co_await as_result(std::move(writing));
      if (written) break;
      if (written.refusal().code != "course_slug_key") co_return std::move(written).refusal();
      if (draft.slug) co_return fault(fault_kind::conflict, "SLUG_TAKEN", "Another course has this slug.");
      if (attempt >= 3) co_return std::move(written).refusal();
    }
    missing_.remove(made.slug);
    services_.events_written();
    co_return co_await directory_.ask<course_ptr>(id, read_course{});
  }

  task<course_ptr> update(caller who, course_id id, course_draft draft) override {
    change_course command;
    if (draft.category) {
      // Only somebody who may change the course makes a category by naming it.
      auto reading = get(id);
      auto seen = co_await std::move(reading);
      co_await course_rules::may_change(*seen, who);
      co_await course_rules::change(*seen, draft, services_.time.now());
      auto naming = category_named(*draft.category);
      command.named_category = co_await std::move(naming);
    }
    command.who = std::move(who);
    command.draft = std::move(draft);
    auto asking = ask<course_ptr>(id, std::move(command));
    auto changed = co_await std::move(asking);
    missing_.remove(changed->slug);
    co_return changed;
  }

  task<course_ptr> publish(caller who, course_id id) override {
    return change_status(std::move(who), id, course_status::published);
  }
  task<course_ptr> unpublish(caller who, course_id id) override {
    return change_status(std::move(who), id, course_status::draft);
  }

  task<section> add_section(caller who, course_id course, section_draft draft) override {
    put_section command{std::move(who), std::nullopt, std::move(draft)};
    auto asking = ask<section>(course, std::move(command));
    auto made = co_await std::move(asking);
    sections_.add(made.id, course);
    co_return made;
  }

  task<section> update_section(caller who, section_id id, section_draft draft) override {
    auto looking = home_of(id);
    const auto home = co_await std::move(looking);
    put_section command{std::move(who), id, std::move(draft)};
    auto asking = ask<section>(home, std::move(command));
    auto changed = co_await as_result(std::move(asking));
    if (!changed) co_return as_part(std::move(changed).refusal(), course_rules::section_not_found());
    co_return std::move(*changed);
  }

  task<done> remove_section(caller who, section_id id) override {
    auto looking = home_of(id);
    const auto home = co_await std::move(looking);
    drop_section command{std::move(who), id};
    auto asking = ask<done>(home, std::move(command));
    auto gone = co_await as_result(std::move(asking));
    if (!gone) co_return as_part(std::move(gone).refusal(), course_rules::section_not_found());
    sections_.remove(id);
    co_return done{};
  }

  task<lesson> add_lesson(caller who, section_id section, lesson_draft draft) override {
    auto looking = home_of(section);
    const auto home = co_await std::move(looking);
    put_lesson command{std::move(who), section, std::nullopt, std::move(draft)};
    auto asking = ask<lesson>(home, std::move(command));
    auto made = co_await as_result(std::move(asking));
    if (!made) co_return as_part(std::move(made).refusal(), course_rules::section_not_found());
    lessons_.add(made->id, home);
    co_return std::move(*made);
  }

  task<lesson> update_lesson(caller who, lesson_id id, lesson_draft draft) override {
    auto looking = home_of(id);
    const auto home = co_await std::move(looking);
    put_lesson command{std::move(who), {}, id, std::move(draft)};
    auto asking = ask<lesson>(home, std::move(command));
    auto changed = co_await as_result(std::move(asking));
    if (!changed) co_return as_part(std::move(changed).refusal(), course_rules::lesson_not_found());
    co_return std::move(*changed);
  }

  task<done> remove_lesson(caller who, lesson_id id) override {
    auto looking = home_of(id);
    const auto home = co_await std::move(looking);
    drop_lesson command{std::move(who), id};
    auto asking = ask<done>(home, std::move(command));
    auto gone = co_await as_result(std::move(asking));
    if (!gone) co_return as_part(std::move(gone).refusal(), course_rules::lesson_not_found());
    lessons_.remove(id);
    co_return done{};
  }

  task<review_page> reviews(course_id id, std::optional<int> rating, review_order order, int page,
                            int page_size) override {
    auto reading = get(id);
    auto c = co_await std::move(reading);
    review_page out;
    if (rating && (*rating < 1 || *rating > 5)) co_return out;
    out.count = rating ? c->numbers.distribution[static_cast<std::size_t>(*rating - 1)] : c->numbers.rating_count;
    const auto offset = static_cast<std::int64_t>(page - 1) * page_size;
    if (offset >= out.count) co_return out;
    values v{id, rating, page_size, offset};
    auto looking = services_.db.query(course_store::reviews(order), std::move(v));
    auto found = co_await std::move(looking);
    out.reviews.reserve(found.size());
    for (auto row : found) out.reviews.push_back(course_store::read_review(row));
    co_return out;
  }

  task<review> post_review(caller who, course_id course, review_draft draft) override {
    auto reading = visible(course, who);
    co_await std::move(reading);
    post_course_review command;
    auto learning = services_.enrollments->get(who.user);
    command.author = co_await std::move(learning);
    command.who = std::move(who);
    command.draft = std::move(draft);
    auto asking = ask<review>(course, std::move(command));
    auto made = co_await std::move(asking);
    refresh_siblings(course);
    co_return made;
  }

  task<review> vote_helpful(caller who, course_id course, review_id review) override {
    vote_review_helpful command{std::move(who), review};
    auto asking = ask<stoa::review>(course, std::move(command));
    co_return co_await std::move(asking);
  }

  void refresh(course_id id) override {
    if (auto live = directory_.peek(id)) caf::anon_send(live, refresh_course{});
  }

  /// Students were counted for these courses: they read their numbers again at once, the other courses of their
  /// instructors with the next `tell_siblings`.
  void numbers_changed(const std::map<course_id, user_id>& counted) {
    for (const auto& [id, instructor] : counted) refresh_numbers(id);
    if (counted.empty()) return;
    {
      std::lock_guard lock(siblings_guard_);
      for (const auto& [id, instructor] : counted) instructors_.insert(instructor);
    }
    if (services_.catalogue_changed) services_.catalogue_changed(true);
  }

  void tell_siblings() {
    std::unordered_set<user_id> due;
    {
      std::lock_guard lock(siblings_guard_);
      due.swap(instructors_);
    }
    for (const auto& instructor : due)
      for (const auto& id : commons_.loaded.of(instructor)) refresh_numbers(id);
  }

 private:
  template <class Reply, class Message>
  task<Reply> ask(course_id id, Message message) {
    auto checking = check_exists(id);
    co_await std::move(checking);
    co_return co_await directory_.template ask<Reply>(id, std::move(message));
  }

  /// Keeps ids that nobody has from making actors, and from being asked for again and again.
  task<done> check_exists(course_id id) {
    if (commons_.published.find(id) || directory_.peek(id)) co_return done{};
    const auto key = id.str();
    if (missing_.contains(key)) co_return course_rules::course_not_found();
    values v{id};
    auto looking = services_.db.query(course_store::exists, std::move(v));
    auto found = co_await std::move(looking);
    if (!found.empty()) co_return done{};
    missing_.add(key);
    co_return course_rules::course_not_found();
  }

  template <class Id>
  task<course_id> look_up(home_cache<Id>& cache, Id id, const statement& s, fault unknown) {
    if (auto known = cache.find(id)) co_return *known;
    const auto key = id.str();
    if (missing_.contains(key)) co_return unknown;
    values v{id};
    auto looking = services_.db.query(s, std::move(v));
    auto found = co_await std::move(looking);
    if (found.empty()) {
      missing_.add(key);
      co_return unknown;
    }
    const auto home = found.front().template as<course_id>(0);
    cache.add(id, home);
    co_return home;
  }
  task<course_id> home_of(section_id id) {
    return look_up(sections_, id, course_store::course_of_section, course_rules::section_not_found());
  }
  task<course_id> home_of(lesson_id id) {
    return look_up(lessons_, id, course_store::course_of_lesson, course_rules::lesson_not_found());
  }

  /// A part of a course that does not exist for somebody does not exist itself.
  static fault as_part(fault f, fault unknown) { return f.code == "COURSE_NOT_FOUND" ? unknown : f; }

  task<course_ptr> change_status(caller who, course_id id, course_status status) {
    set_course_status command{std::move(who), status};
    auto asking = ask<course_ptr>(id, std::move(command));
    auto changed = co_await std::move(asking);
    refresh_siblings(id);
    co_return changed;
  }

  void refresh_numbers(course_id id) {
    if (auto live = directory_.peek(id)) caf::anon_send(live, refresh_course_numbers{});
  }

  /// The other loaded courses of the same instructor show numbers that just changed.
  void refresh_siblings(course_id id) {
    const auto c = peek(id);
    if (!c) return;
    for (const auto& other : commons_.loaded.of(c->instructor.id))
      if (other != id) refresh_numbers(other);
  }

  /// The category of that id, slug or name; a new name makes a new one. Empty text is no category.
  task<std::optional<category>> category_named(std::string text) {
    const std::string wanted(trim(text));
    std::optional<category> out;
    if (wanted.empty()) co_return out;
    if (code_points(wanted) > 100 || has_control(wanted))
      co_return fault::field("category", "Use at most 100 characters.");
    values v{wanted};
    auto looking = services_.db.query(course_store::find_category, std::move(v), lane::commands);
    auto found = co_await std::move(looking);
    if (found.empty()) {
      if (uuid::parse(wanted)) co_return fault::field("category", "There is no such category.");
      values fresh{category_id::make(), wanted, course_rules::slug_of(wanted)};
      auto making = services_.db.query(course_store::add_category, std::move(fresh), lane::commands);
      found = co_await std::move(making);
      if (services_.catalogue_changed) services_.catalogue_changed(false);
    }
    const auto r = found.front();
    out = category{r.as<category_id>(0), r.integer(1), r.text(2), r.text(3)};
    co_return out;
  }

  std::mutex siblings_guard_;
  std::unordered_set<user_id> instructors_;  ///< whose courses show numbers that have changed since
  services& services_;
  course_commons commons_;
  recently_missing missing_;
  home_cache<section_id> sections_;
  home_cache<lesson_id> lessons_;
  home_cache<std::string> slugs_;
  runtime::directory<course_id, course_actor> directory_;
};

}  // namespace

std::unique_ptr<stoa::courses> make_courses(services& s) {
  auto facade = std::make_unique<course_facade>(s);
  s.courses = facade.get();
  return facade;
}

subscription course_numbers_subscription(services& s) {
  auto* facade = dynamic_cast<course_facade*>(s.courses);
  if (!facade) throw std::logic_error("course numbers need the facade of make_courses");

  /// What the last transaction counted, for `committed`.
  struct counted {
    std::mutex guard;
    std::map<course_id, user_id> courses;
  };
  auto last = std::make_shared<counted>();

  subscription out;
  out.name = "course_numbers";
  out.kinds = {"enrollment.created"};
  out.handle = [last](connection& db, const std::vector<event>& events) -> result<done> {
    std::map<course_id, std::int64_t> added;  // in order of ids: two of these never wait for each other crosswise
    for (const auto& e : events) {
      const auto* course = e.payload.find("course_id");
      const auto id = course ? course_id::parse(course->text()) : std::nullopt;
      if (id) ++added[*id];
    }
    if (added.empty()) return done{};
    std::vector<std::string> ids, counts;
    for (const auto& [id, n] : added) {
      ids.push_back(id.str());
      counts.push_back(std::to_string(n));
    }
    values v{value::array(ids), value::array(counts)};
    const auto found = db.run(course_store::count_students, v);
    std::lock_guard lock(last->guard);
    for (auto r : found) last->courses.insert_or_assign(r.as<course_id>(0), r.as<user_id>(1));
    return done{};
  };
  out.committed = [last, facade](const std::vector<event>&) {
    std::map<course_id, user_id> courses;
    {
      std::lock_guard lock(last->guard);
      courses.swap(last->courses);
    }
    facade->numbers_changed(courses);
  };
  return out;
}

void refresh_instructor_numbers(services& s) {
  if (auto* facade = dynamic_cast<course_facade*>(s.courses)) facade->tell_siblings();
}

subscription course_people_subscription(services& s) {
  auto shown = std::make_shared<std::vector<course_id>>();
  auto guard = std::make_shared<std::mutex>();

  subscription out;
  out.name = "course_people";
  out.kinds = {"user.updated"};
  out.handle = [shown, guard](connection& db, const std::vector<event>& events) -> result<done> {
    std::vector<user_id> people;
    for (const auto& e : events)
      if (e.user) people.push_back(*e.user);
    values v{value::array(people)};
    const auto found = db.run(course_store::courses_showing, v);
    std::lock_guard lock(*guard);
    for (auto r : found) shown->push_back(r.as<course_id>(0));
    return done{};
  };
  out.committed = [shown, guard, &s](const std::vector<event>&) {
    std::vector<course_id> courses;
    {
      std::lock_guard lock(*guard);
      courses.swap(*shown);
    }
    for (const auto& id : courses) s.courses->refresh(id);
    if (!courses.empty() && s.catalogue_changed) s.catalogue_changed(false);
  };
  return out;
}

}  // namespace stoa::actors
