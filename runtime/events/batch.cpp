#include "runtime/events/batch.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "runtime/events/dead_events.hpp"
#include "runtime/events/outbox_store.hpp"

namespace stoa::runtime {

using namespace outbox_store;

namespace {

/// What a batch is taken anew for, in one transaction that may be tried twice.
void begin_again(batch& got) {
  got.events.clear();
  got.seen = 0;
  got.more = false;
  got.wants_preparing = false;
  got.buried = false;
}

fault faster() { return fault::unavailable("Another server was faster."); }

/// The place of a subscription that has one.
std::optional<place> stored_place(connection& db, const subscription& s) {
  const auto offset = db.run(read_offset, {s.name});
  if (offset.empty()) return std::nullopt;
  return place_of(offset.front());
}

/// The same; nobody else moves it until the transaction ends.
std::optional<place> locked_place(connection& db, const subscription& s) {
  db.run(lock_offset, {s.name});
  return stored_place(db, s);
}

/// Its first place. Nothing is handled in the transaction that writes it.
place first_place(connection& db, const subscription& s) {
  db.run(s.begin == from::now ? begin_at_end : begin_at_beginning, {s.name});
  return place_of(db.run(read_offset, {s.name}).front());
}

void store_place(connection& db, const subscription& s, const place& p) {
  db.run(store_offset, {s.name, std::to_string(p.xid), p.position});
}

/// The subscriber's own code. By the deadline the server has ended its transaction.
template <class Code>
result<done> run_code(const workplace& at, milliseconds deadline, Code code) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  const auto late = [&] { return std::chrono::steady_clock::now() > until; };
  const fault too_late(fault_kind::internal, "TIMEOUT", "It took longer than its deadline.");
  const stall_watch::stay here(at.watch, at.name);
  try {
    auto handled = code();
    return late() ? result<done>(too_late) : std::move(handled);
  } catch (const db_error&) {
    if (late()) return too_late;
    throw;  // the store's to judge
  } catch (...) {
    return detail::unexpected(std::current_exception());
  }
}

result<done> handle(connection& db, const awaiting_subscription& s, const workplace& at, batch& got) {
  if (s.prepare) {
    got.wants_preparing = true;
    return done{};
  }
  return run_code(at, got.deadline, [&] { return s.what.handle(db, got.events); });
}

}  // namespace

place place_of(const rows::row& r) { return {std::stoll(r.text(0)), r.integer(1)}; }

std::string reason_of(const fault& f) {
  for (const auto& [name, value] : f.extra)
    if (name == "reason") return value;
  return f.code + ": " + f.message;
}

result<done> take_batch(connection& db, const awaiting_subscription& s, const workplace& at, batch& got) {
  begin_again(got);
  // That there is a place can be told before another server lets go of it, however long its handler takes.
  if (got.unknown && got.from_here)
    if (const auto stored = stored_place(db, s.what)) got.from_here(*stored);
  const auto known = locked_place(db, s.what);
  if (!known) {
    got.reached = first_place(db, s.what);  // what lies behind it is the next batch
    return done{};
  }
  got.before = got.reached = *known;
  if (got.from_here) got.from_here(got.before);
  const auto& kinds = s.what.kinds;
  const bool among_them = got.read && got.read->from <= got.before && got.before < got.read->upto;
  const auto found =
      among_them
          ? got.read->found
          : db.run(next_batch, {std::to_string(got.before.xid), got.before.position, got.limit, value::array(kinds)});
  std::optional<rows::row> last;
  for (const auto& r : found) {
    if (place_of(r) <= got.before) continue;
    if (got.seen == static_cast<std::size_t>(got.limit)) break;
    ++got.seen;
    got.reached = place_of(r);
    last = r;
    if (kinds.empty() || std::find(kinds.begin(), kinds.end(), r.raw(3)) != kinds.end())
      got.events.push_back(event_of(r));
  }
  got.more = got.seen == static_cast<std::size_t>(got.limit);
  if (got.seen == 0) return done{};
  if (got.bury && got.events.size() == 1 && got.events.front().id == got.bury->id) {
    dead_events::set_aside(db, s.what.name, *last, got.bury->tries, got.bury->reason);
    got.buried = true;
  } else if (!got.events.empty()) {
    auto handled = handle(db, s, at, got);
    if (!handled || got.wants_preparing) return handled;
  }
  store_place(db, s.what, got.reached);
  return done{};
}

result<done> take_dead(connection& db, const awaiting_subscription& s, const workplace& at, batch& got) {
  begin_again(got);
  auto next = dead_events::next(db, s.what.name);
  if (!next) return done{};
  got.events.push_back(std::move(*next));
  auto handled = handle(db, s, at, got);
  if (!handled || got.wants_preparing) return handled;
  dead_events::taken(db, s.what.name, got.events.front().id);
  return done{};
}

result<done> write_batch(connection& db, const awaiting_subscription& s, const workplace& at, const batch& got,
                         const event_write& write) {
  if (got.replayed) {
    const auto next = dead_events::next(db, s.what.name);
    if (!next || next->id != got.events.front().id) return faster();
  } else if (locked_place(db, s.what) != got.before) {
    return faster();
  }
  auto written = write ? run_code(at, got.deadline, [&] { return write(db); }) : result<done>(done{});
  if (!written) return written;
  if (got.replayed)
    dead_events::taken(db, s.what.name, got.events.front().id);
  else
    store_place(db, s.what, got.reached);
  return done{};
}

}  // namespace stoa::runtime
