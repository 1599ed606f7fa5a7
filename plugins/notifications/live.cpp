#include "live.hpp"

#include <algorithm>
#include <utility>

#include "inbox_item.hpp"

namespace stoa_plugin::notifications {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

/// A stream as the looks see it.
struct live_inbox::listener {
  user_id user;
  timestamp since;
  std::deque<numbered_notification> queue;
  std::function<void(result<done>)> waiter;  ///< of its task, while it has nothing to do
  bool behind = true;                        ///< the queue does not tell all: read the table
  bool ended = false;
};

/// What a stream does next.
struct live_inbox::news {
  bool from_table = false;
  std::deque<numbered_notification> items;
};

namespace {

std::string event_text(const numbered_notification& n) {
  return server_event(std::to_string(n.number), "notification", wire::write(item_of(n.stored)));
}

}  // namespace

live_inbox::live_inbox(database& db, const stoa::clock& clock, live_limits limits)
    : db_(db), clock_(clock), limits_(limits) {}

live_inbox::~live_inbox() {
  close();
  std::unique_lock lock(mutex_);
  looked_.wait_for(lock, seconds{20}, [this] { return !looking_; });
}

bool live_inbox::full(user_id user) const {
  const std::lock_guard lock(mutex_);
  return open_.count(user) >= limits_.per_user;
}

std::size_t live_inbox::open() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

bool live_inbox::enter(const std::shared_ptr<listener>& one) {
  const std::lock_guard lock(mutex_);
  if (closed_ || open_.count(one->user) >= limits_.per_user) return false;
  open_.emplace(one->user, one);
  return true;
}

bool live_inbox::has_looked() const {
  const std::lock_guard lock(mutex_);
  return seen_.has_value();
}

void live_inbox::leave(const std::shared_ptr<listener>& one) {
  const std::lock_guard lock(mutex_);
  const auto [from, to] = open_.equal_range(one->user);
  const auto place = std::find_if(from, to, [&](const auto& entry) { return entry.second == one; });
  if (place != to) open_.erase(place);
}

void live_inbox::end(const std::shared_ptr<listener>& one) {
  std::function<void(result<done>)> told;
  {
    const std::lock_guard lock(mutex_);
    one->ended = true;
    told = std::exchange(one->waiter, nullptr);
  }
  if (told) told(stream_ended());
}

task<done> live_inbox::serve(user_id user, std::optional<std::int64_t> after, std::shared_ptr<stream_writer> to) {
  auto me = std::make_shared<listener>();
  me->user = user;
  me->since = clock_.now();
  // From here on every look counts this stream: what is written later is either in its queue or makes it read again.
  if (!enter(me)) co_return stream_ended();
  // The first one sets where the looks begin, lest the first news send everybody to the table.
  if (!has_looked()) wake();
  const std::unique_ptr<listener, std::function<void(listener*)>> leaving(me.get(), [&](listener*) { leave(me); });
  to->when_ended([this, weak = std::weak_ptr<listener>(me)] {
    if (const auto one = weak.lock()) end(one);
  });
  std::int64_t told = co_await latest();
  // A number from the future is from before a restored backup.
  if (after) told = std::min(told, *after);
  // The first bytes say that the stream stands, and how soon to come again when it ends.
  co_await to->write("retry: 2000\n\n");
  for (;;) {
    auto now = co_await next(me);
    if (now.from_table) {
      told = co_await replay(user, told, to);
      continue;
    }
    for (const auto& item : now.items) {
      if (item.number <= told) continue;
      co_await to->write(event_text(item));
      told = item.number;
    }
  }
}

task<std::int64_t> live_inbox::replay(user_id user, std::int64_t after, std::shared_ptr<stream_writer> to) {
  for (;;) {
    const auto found = co_await read_after(db_, user, after, limits_.page);
    for (const auto& item : found) {
      co_await to->write(event_text(item));
      after = item.number;
    }
    if (static_cast<std::int64_t>(found.size()) < limits_.page) co_return after;
  }
}

task<live_inbox::news> live_inbox::next(std::shared_ptr<listener> one) {
  news out;
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (one->ended) co_return stream_ended();
      if (std::exchange(one->behind, false)) {
        one->queue.clear();
        out.from_table = true;
        co_return out;
      }
      if (!one->queue.empty()) {
        out.items.swap(one->queue);
        co_return out;
      }
    }
    callback_awaiter<done> woken{[this, one](std::function<void(result<done>)> told) {
      {
        const std::lock_guard lock(mutex_);
        if (!one->ended && !one->behind && one->queue.empty()) {
          one->waiter = std::move(told);
          return;
        }
      }
      told(done{});
    }};
    co_await woken;
  }
}

void live_inbox::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    again_ = true;
    if (std::exchange(looking_, true)) return;
  }
  begin_look();
}

void live_inbox::begin_look() {
  {
    const std::lock_guard lock(mutex_);
    again_ = false;
  }
  detach<done>(look(), [this](result<done>) {
    {
      const std::lock_guard lock(mutex_);
      if (!again_ || closed_) {
        looking_ = false;
        looked_.notify_all();
        return;
      }
    }
    begin_look();
  });
}

task<std::int64_t> live_inbox::latest() { co_return co_await latest_number(db_); }

task<done> live_inbox::look() {
  done ok;
  end_old();
  std::optional<std::int64_t> seen;
  {
    const std::lock_guard lock(mutex_);
    if (open_.empty()) {
      seen_.reset();
      co_return ok;
    }
    seen = seen_;
  }
  const auto newest = co_await latest();
  if (!seen || newest < *seen) {
    restart(newest);
    co_return ok;
  }
  while (*seen < newest) {
    // Asked for after the newest number is known: who comes later reads the table later still.
    std::vector<user_id> users;
    {
      const std::lock_guard lock(mutex_);
      for (auto one = open_.begin(); one != open_.end(); one = open_.upper_bound(one->first))
        users.push_back(one->first);
    }
    const auto found = co_await read_news(db_, users, *seen, newest, limits_.look);
    seen = static_cast<std::int64_t>(found.size()) < limits_.look ? newest : found.back().number;
    hand_out(found, *seen);
  }
  co_return ok;
}

void live_inbox::restart(std::int64_t at) {
  completions told;
  {
    const std::lock_guard lock(mutex_);
    seen_ = at;
    for (auto& [user, one] : open_) {
      one->behind = true;
      if (one->waiter) told.push_back(std::exchange(one->waiter, nullptr));
    }
  }
  for (auto& t : told) t(done{});
}

void live_inbox::hand_out(const std::vector<numbered_notification>& found, std::int64_t upto) {
  completions told;
  {
    const std::lock_guard lock(mutex_);
    seen_ = upto;
    for (const auto& item : found) {
      const auto [from, to] = open_.equal_range(item.stored.what.user);
      for (auto entry = from; entry != to; ++entry) {
        auto& one = *entry->second;
        if (one.behind) continue;
        if (one.queue.size() >= limits_.queue) {
          one.queue.clear();
          one.behind = true;
        } else {
          one.queue.push_back(item);
        }
        if (one.waiter) told.push_back(std::exchange(one.waiter, nullptr));
      }
    }
  }
  for (auto& t : told) t(done{});
}

void live_inbox::end_old() {
  if (limits_.lifetime.count() == 0) return;
  std::vector<std::shared_ptr<listener>> old;
  {
    const std::lock_guard lock(mutex_);
    const auto before = clock_.now() - limits_.lifetime;
    for (const auto& [user, one] : open_)
      if (one->since <= before) old.push_back(one);
  }
  for (const auto& one : old) end(one);
}

void live_inbox::close() {
  std::vector<std::shared_ptr<listener>> all;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [user, one] : open_) all.push_back(one);
  }
  for (const auto& one : all) end(one);
}

}  // namespace stoa_plugin::notifications
