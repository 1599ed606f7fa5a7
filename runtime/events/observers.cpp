#include "runtime/events/observers.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "runtime/events/dead_events.hpp"

namespace stoa::runtime {

namespace {

/// What one that has fallen behind may have waiting; beyond it the oldest are lost, as they would be to one that
/// throws.
constexpr std::size_t most_waiting = 10'000;

}  // namespace

void observers::add(observer o, workplace at) {
  auto made = std::make_shared<one>();
  if (meters_)
    made->failed =
        &meters_->count("stoa_observer_failures_total", "Events an observer failed at", {{"observer", o.name}});
  made->what = std::move(o);
  made->at = std::move(at);
  const std::lock_guard lock{mutex_};
  all_.push_back(std::move(made));
}

bool observers::forget(const std::string& name, milliseconds within) {
  std::unique_lock lock{mutex_};
  std::vector<one_ptr> gone;
  for (auto i = all_.begin(); i != all_.end();) {
    const auto here = i++;
    if ((*here)->what.name != name) continue;
    (*here)->waiting.clear();
    gone.push_back(*here);
    all_.erase(here);
  }
  return quiet_.wait_for(lock, within,
                         [&] { return std::none_of(gone.begin(), gone.end(), [](auto& o) { return o->hearing; }); });
}

bool observers::empty() const {
  const std::lock_guard lock{mutex_};
  return all_.empty();
}

void observers::hear(one& o, const event& e) const {
  try {
    const stall_watch::stay here(o.at.threads ? nullptr : o.at.watch, o.at.name);
    o.what.told(e);
  } catch (const std::exception& error) {
    if (o.failed) o.failed->add();
    if (log_) log_->error("an observer failed at an event", {{"observer", o.what.name}, {"reason", error.what()}});
  }
}

void observers::drain(const one_ptr& o) {
  std::unique_lock lock{mutex_};
  while (!o->waiting.empty()) {
    const event next = std::move(o->waiting.front());
    o->waiting.pop_front();
    lock.unlock();
    hear(*o, next);
    lock.lock();
  }
  o->hearing = false;
  quiet_.notify_all();
}

void observers::tell(const rows::row& r) {
  std::vector<one_ptr> wanting;
  {
    const std::string kind = r.text(3);
    const std::lock_guard lock{mutex_};
    for (const auto& o : all_)
      if (std::find(o->what.kinds.begin(), o->what.kinds.end(), kind) != o->what.kinds.end()) wanting.push_back(o);
  }
  if (wanting.empty()) return;
  std::optional<event> e;
  try {
    e = event_of(r);
  } catch (const std::exception& error) {
    for (const auto& o : wanting)
      if (o->failed) o->failed->add();
    if (log_) log_->error("an event cannot be read", {{"reason", error.what()}});
    return;
  }
  for (const auto& o : wanting) {
    if (!o->at.threads) {
      hear(*o, *e);
      continue;
    }
    std::unique_lock lock{mutex_};
    if (o->waiting.size() >= most_waiting) {
      o->waiting.pop_front();
      if (o->failed) o->failed->add();
    }
    o->waiting.push_back(*e);
    if (std::exchange(o->hearing, true)) continue;
    lock.unlock();
    o->at.post([self = shared_from_this(), o] { self->drain(o); });
  }
}

}  // namespace stoa::runtime
