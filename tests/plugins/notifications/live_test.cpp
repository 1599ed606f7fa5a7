#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "plugins/notifications/live.hpp"
#include "runtime/store/migrate.hpp"
#include "testing/fake_host.hpp"
#include "tests/plugins/support/plugin_settings.hpp"
#include "tests/runtime/store/test_postgres.hpp"
#include "tests/support/eventually.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa_plugin::notifications;

extern "C" const stoa::plugin_entry* stoa_notifications_entry();

namespace {

const timestamp now = *parse_rfc3339("2026-01-27T16:05:00Z");

/// A reader that keeps what it gets, and takes nothing while it is held.
class paper final : public stream_writer {
 public:
  task<done> write(std::string bytes) override {
    callback_awaiter<done> taken{[this, bytes = std::move(bytes)](std::function<void(result<done>)> told) {
      {
        const std::lock_guard lock(mutex_);
        if (!gone_) text_ += bytes;
        if (!gone_ && held_) {
          waiting_ = std::move(told);
          return;
        }
      }
      told(open() ? result<done>(done{}) : result<done>(stream_ended()));
    }};
    co_return co_await taken;
  }
  bool open() const noexcept override {
    const std::lock_guard lock(mutex_);
    return !gone_;
  }
  void when_ended(std::function<void()> f) override {
    const std::lock_guard lock(mutex_);
    enders_.push_back(std::move(f));
  }

  void hold(bool held) {
    std::function<void(result<done>)> told;
    {
      const std::lock_guard lock(mutex_);
      held_ = held;
      if (!held) told = std::exchange(waiting_, nullptr);
    }
    if (told) told(done{});
  }
  void leave() {
    std::vector<std::function<void()>> enders;
    {
      const std::lock_guard lock(mutex_);
      gone_ = true;
      enders.swap(enders_);
    }
    for (auto& f : enders) f();
  }
  /// The numbers of the events so far.
  std::vector<std::int64_t> numbers() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::int64_t> all;
    for (auto at = text_.find("\nid: "); at != text_.npos; at = text_.find("\nid: ", at + 1))
      all.push_back(std::atoll(text_.c_str() + at + 5));
    return all;
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
  bool gone_ = false, held_ = false;
  std::function<void(result<done>)> waiting_;
  std::vector<std::function<void()>> enders_;
};

class bench {
 public:
  explicit bench(live_limits limits = {}) : store_(options()), live(store_, time, limits) {}
  ~bench() {
    live.close();
    for (auto& one : running_) one.wait_for(std::chrono::seconds{20});
  }

  void write(user_id to, int count = 1) {
    std::vector<notification> all;
    for (int i = 0; i < count; ++i) {
      notification n;
      n.id = notification_id::make();
      n.event = event_id::make();
      n.user = to;
      n.kind = "course";
      n.title = "Title";
      n.created_at = now;
      all.push_back(std::move(n));
    }
    REQUIRE(transact_now(
        store_,
        [&](connection& c) -> result<done> {
          keep(c, all);
          return done{};
        },
        acts_as_system()));
  }
  std::shared_ptr<paper> open(user_id who, std::optional<std::int64_t> after = {}) {
    auto to = std::make_shared<paper>();
    auto ended = std::make_shared<std::promise<result<done>>>();
    running_.push_back(ended->get_future().share());
    detach<done>(live.serve(who, after, to), [ended](result<done> r) { ended->set_value(std::move(r)); });
    // It stands, or was refused.
    REQUIRE(eventually([&] {
      return !to->text().empty() || running_.back().wait_for(std::chrono::seconds{0}) == std::future_status::ready;
    }));
    return to;
  }
  /// How the last stream ended.
  result<done> outcome() {
    auto& last = running_.back();
    REQUIRE(last.wait_for(std::chrono::seconds{20}) == std::future_status::ready);
    return last.get();
  }
  void look() { REQUIRE(wait_for(live.look())); }
  /// Looks until the reader has so many events.
  bool gets(const std::shared_ptr<paper>& p, std::size_t count) {
    return eventually([&] {
      look();
      return p->numbers().size() >= count;
    });
  }

 private:
  static runtime::store_options options() {
    runtime::store_options o;
    o.connection = test_postgres::shared().fresh_database();
    runtime::migrate_options m;
    m.connection = o.connection;
    m.folder = STOA_SOURCE_DIR "/plugins/notifications/migrations";
    m.scope = "notifications";
    runtime::migrate(m);
    return o;
  }
  runtime::store store_;
  std::vector<std::shared_future<result<done>>> running_;

 public:
  manual_clock time{now};
  live_inbox live;
};

std::vector<std::int64_t> from_to(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> all;
  for (auto n = first; n <= last; ++n) all.push_back(n);
  return all;
}

}  // namespace

TEST_CASE("a stream tells what comes, and only one's own", "[notifications][live]") {
  bench b;
  const auto ada = user_id::make(), bob = user_id::make();
  b.write(ada, 2);
  const auto mine = b.open(ada), also_mine = b.open(ada), his = b.open(bob);
  b.look();
  b.write(ada);
  CHECK(b.gets(mine, 1));
  CHECK(b.gets(also_mine, 1));
  CHECK(mine->numbers() == from_to(3, 3));
  CHECK(mine->text().starts_with("retry: 2000\n\nid: 3\nevent: notification\ndata: {\"id\":\""));
  b.write(bob);
  CHECK(b.gets(his, 1));
  b.write(ada, 2);
  CHECK(b.gets(mine, 3));
  CHECK(mine->numbers() == std::vector<std::int64_t>{3, 5, 6});
  CHECK(his->numbers() == from_to(4, 4));
}

TEST_CASE("a stream goes on behind its last event, without gap or repetition", "[notifications][live]") {
  live_limits few;
  few.page = 3;
  few.look = 2;
  bench b{few};
  const auto ada = user_id::make(), bob = user_id::make();
  b.write(ada, 10);
  const auto whole = b.open(ada, 0), rest = b.open(ada, 7), his = b.open(bob, 0);
  CHECK(eventually([&] { return whole->numbers() == from_to(1, 10); }));
  CHECK(eventually([&] { return rest->numbers() == from_to(8, 10); }));
  b.write(ada, 5);
  CHECK(b.gets(whole, 15));
  CHECK(b.gets(rest, 8));
  b.look();
  CHECK(whole->numbers() == from_to(1, 15));
  CHECK(rest->numbers() == from_to(8, 15));
  CHECK(his->numbers().empty());
  // From before a backup was restored: what comes is told all the same.
  const auto future = b.open(ada, 1'000'000);
  b.look();
  b.write(ada);
  CHECK(b.gets(future, 1));
  CHECK(future->numbers() == from_to(16, 16));
}

TEST_CASE("streams that open while others write miss nothing", "[notifications][live]") {
  live_limits few;
  few.page = 4;
  few.queue = 3;
  bench b{few};
  const auto ada = user_id::make();
  std::atomic<bool> over{false};
  auto looking = std::async(std::launch::async, [&] {
    while (!over) b.look();
  });
  std::vector<std::shared_ptr<paper>> readers;
  for (int i = 0; i < 15; ++i) {
    readers.push_back(b.open(ada, 0));
    b.write(ada, 1 + i % 5);
  }
  const std::size_t all = 45;
  CHECK(eventually([&] {
    for (const auto& r : readers)
      if (r->numbers().size() < all) return false;
    return true;
  }));
  over = true;
  looking.get();
  for (const auto& r : readers) CHECK(r->numbers() == from_to(1, all));
}

TEST_CASE("streams are woken, however often and by however many", "[notifications][live]") {
  bench b;
  const auto ada = user_id::make();
  const auto p = b.open(ada);
  b.look();
  std::atomic<bool> done_writing{false};
  std::vector<std::thread> others;
  for (int i = 0; i < 3; ++i)
    others.emplace_back([&] {
      while (!done_writing) b.live.wake();
    });
  for (int i = 0; i < 40; ++i) b.write(ada);
  done_writing = true;
  for (auto& o : others) o.join();
  b.live.wake();
  CHECK(eventually([&] { return p->numbers().size() == 40; }));
  CHECK(p->numbers() == from_to(1, 40));
  b.live.close();
  b.live.wake();
}

TEST_CASE("who reads slowly gets the rest from the table", "[notifications][live]") {
  live_limits few;
  few.queue = 2;
  bench b{few};
  const auto ada = user_id::make();
  const auto slow = b.open(ada, 0);
  b.look();
  slow->hold(true);
  b.write(ada, 3);
  CHECK(b.gets(slow, 1));
  for (int i = 0; i < 6; ++i) {
    b.write(ada);
    b.look();
  }
  CHECK(slow->numbers().size() == 1);
  slow->hold(false);
  CHECK(b.gets(slow, 9));
  b.look();
  CHECK(slow->numbers() == from_to(1, 9));
}

TEST_CASE("streams end: reader gone, too old, going down; and have a bound", "[notifications][live]") {
  live_limits few;
  few.per_user = 2;
  few.lifetime = minutes{10};
  bench b{few};
  const auto ada = user_id::make();
  const auto first = b.open(ada);
  const auto second = b.open(ada);
  CHECK(b.live.full(ada));
  CHECK_FALSE(b.live.full(user_id::make()));
  b.open(ada);
  CHECK(b.outcome().refusal().code == "STREAM_ENDED");
  first->leave();
  CHECK(eventually([&] { return b.live.open() == 1; }));
  b.time.advance(minutes{11});
  const auto young = b.open(ada);
  b.look();
  CHECK(eventually([&] { return b.live.open() == 1; }));
  b.write(ada);
  CHECK(b.gets(young, 1));
  CHECK(second->numbers().empty());
  b.live.close();
  CHECK(eventually([&] { return b.live.open() == 0; }));
  b.open(ada);
  CHECK(b.outcome().refusal().code == "STREAM_ENDED");
}

TEST_CASE("the route makes a stream of events", "[notifications][live]") {
  no_http http;
  no_database db;
  manual_clock time{now};
  fake_host host{db, http, time};
  host.set(plugin_settings(*stoa_notifications_entry(), {}));
  const std::unique_ptr<plugin, void (*)(plugin*)> p{stoa_notifications_entry()->create(),
                                                     stoa_notifications_entry()->destroy};
  p->configure(host);
  p->wire(host);
  const auto& route = host.find(dialect("unpuzzle"), verb::get, "/notifications/stream/");
  CHECK(route.options.auth == auth::required);
  request q;
  q.who.user = user_id::make();
  const auto r = wait_for<reply>(route.run(q));
  REQUIRE(r);
  CHECK(r.value().content_type.starts_with("text/event-stream"));
  REQUIRE(r.value().stream);
  CHECK_FALSE(r.value().stream->heartbeat.empty());
  CHECK(host.periodic.count("stream") == 1);
  host.set(plugin_settings(*stoa_notifications_entry(), {{"streams_per_user", "0"}}));
  CHECK_THROWS_AS(p->configure(host), settings_error);
}
