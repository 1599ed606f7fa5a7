// What a cart and a wishlist have in common: one person's list of courses, kept by an entity of its own.
#pragma once

#include <memory>
#include <utility>

#include "actors/services.hpp"
#include "runtime/actor/entity.hpp"
#include "runtime/actor/snapshots.hpp"

namespace stoa::actors {

/// The state of one list's actor: the list as it was last committed.
///
/// `Kind` names what differs: the types `interface`, `list`, `item` and `item_id`; `name`; the statements `load`,
/// `add_item` and `remove_item`; `add` and `find` (rules); `adding` (the values of `add_item`) and `read` (rows of
/// `load`).
template <class Kind>
class course_list_entity : public runtime::entity<typename Kind::interface> {
  using base = runtime::entity<typename Kind::interface>;

 public:
  using list = typename Kind::list;
  using item = typename Kind::item;
  using item_id = typename Kind::item_id;
  using list_ptr = std::shared_ptr<const list>;
  using snapshots = runtime::snapshots<user_id, list>;
  static constexpr const char* name = Kind::name;

  course_list_entity(typename base::pointer self, services& s, snapshots& published, user_id owner)
      : base(self, s.db, s.log, s.mailbox), services_(s), owner_(owner), published_(published) {}

  task<list_ptr> read() {
    publish(current_);
    co_return current_;
  }

  task<item> add(course_id course) {
    const auto now = services_.time.now();
    auto added = co_await Kind::add(*current_, course, item_id::make(), now);
    auto writing = write(Kind::add_item, Kind::adding(*current_, added));
    auto row = co_await std::move(writing);
    list next = *current_;
    next.items.push_back(added);
    commit(std::move(next), row, now);
    co_return added;
  }

  task<done> remove(item_id id) {
    auto gone = co_await Kind::find(*current_, id);
    const auto now = services_.time.now();
    values v{owner_.str(), now, current_->version, gone.id};
    auto writing = write(Kind::remove_item, std::move(v));
    auto row = co_await std::move(writing);
    list next = *current_;
    std::erase_if(next.items, [&](const item& i) { return i.id == id; });
    commit(std::move(next), row, now);
    co_return done{};
  }

  /// For whoever must know that the rows as they now stand are what readers see.
  task<done> reload() { return load(); }

 protected:
  task<done> load() override {
    values v{owner_.str()};
    auto loading = this->query(Kind::load, std::move(v));
    auto found = co_await as_result(std::move(loading));
    if (!found) {
      closed();
      co_return std::move(found).refusal();
    }
    publish(std::make_shared<list>(Kind::read(owner_, *found)));
    co_return done{};
  }

  void closed() override {
    if (current_) published_.withdraw(owner_, current_);
  }

  /// A guarded write. Where it fails, nobody here knows what the rows say by now: readers ask, rather than see the
  /// past.
  task<rows> write(const statement& s, values v) {
    auto running = this->query(s, std::move(v));
    auto written = co_await as_result(std::move(running));
    if (!written || written->empty()) closed();
    co_return co_await runtime::won(co_await std::move(written));
  }

  /// After the commit, and only then: memory and snapshot follow.
  void commit(list next, const rows& root, timestamp now) {
    next.version = root.front().integer(0);
    next.updated_at = now;
    publish(std::make_shared<list>(std::move(next)));
    services_.events_written();
  }

  services& services_;
  user_id owner_;
  list_ptr current_;

 private:
  void publish(list_ptr next) {
    current_ = std::move(next);
    published_.publish(owner_, current_);
  }

  snapshots& published_;
};

}  // namespace stoa::actors
