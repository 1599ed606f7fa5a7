#include "actors/order/order_expiry.hpp"

#include <algorithm>
#include <functional>

#include "actors/order/order_store.hpp"

namespace stoa::actors {

namespace {

/// Before a database that was away is asked again, and before an order that somebody is just paying is looked at again.
constexpr seconds pause{5};

}  // namespace

order_expiry::order_expiry(services& s, milliseconds lifetime) : services_(s), lifetime_(lifetime) {}

task<done> order_expiry::look() { return arm_oldest(milliseconds{0}); }

task<done> order_expiry::arm_oldest(milliseconds at_least) {
  const auto found = co_await services_.db.query(acts_as_system(), order_store::oldest_pending, values{});
  const auto oldest = found.front().opt_time(0);
  if (oldest) arm(std::max(*oldest + lifetime_, services_.time.now() + at_least));
  co_return done{};
}

void order_expiry::made(timestamp at) {
  if (alarm_ == 0) arm(at + lifetime_);
}

void order_expiry::arm(timestamp at) {
  const auto set = services_.alarms.set(at, [this] {
    alarm_ = 0;
    detach<done>(expire(), [this](const result<done>& r) {
      if (!r) arm(services_.time.now() + pause);
    });
  });
  services_.alarms.clear(alarm_.exchange(set));
}

task<done> order_expiry::expire() {
  for (;;) {
    const auto now = services_.time.now();
    const auto expired = std::make_shared<std::size_t>(0);
    std::function<result<done>(connection&)> work = [before = now - lifetime_, now, expired](connection& db) {
      const auto gone = db.run(order_store::expire, {before});
      *expired = gone.size();
      event_rows told(now);
      for (const auto& row : gone) {
        const auto o = read_columns<order_store::closed>(row);
        told.tell(o.user, o.id, order_expired{o.id, o.order_number});
      }
      if (!gone.empty()) db.run(order_store::tell, {told});
      return result<done>(done{});
    };
    co_await services_.db.in_transaction(acts_as_system(), std::move(work));
    if (*expired == 0) break;
    services_.events_written();
    services_.log.info("pending orders expired", {{"orders", *expired}});
  }
  // One that is due and still there is being paid just now.
  co_return co_await arm_oldest(pause);
}

}  // namespace stoa::actors
