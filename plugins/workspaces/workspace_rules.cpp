// What becomes of a workspace: pure.
#include <algorithm>
#include <array>
#include <utility>

#include "workspace.hpp"

namespace stoa_plugin::workspaces {

using stoa::hours;
using stoa::seconds;
using change = stoa::outcome<workspace, turn>;

namespace {

constexpr std::array<std::string_view, 7> names{"none",     "creating", "running", "starting",
                                                "stopping", "stopped",  "removing"};
/// Use is written down no more often than this.
constexpr auto noted_every = seconds{10};

turn turn_of(const workspace& w) {
  turn t;
  t.at = w.at;
  t.generation = w.generation;
  t.port = w.port;
  t.handle = w.handle;
  t.volume = w.volume;
  t.drop_volume = w.drop_volume;
  return t;
}

change unchanged(const workspace& now) { return change{std::nullopt, turn_of(now)}; }

change changed(workspace next, const moment& m) {
  next.changed_at = m.now;
  auto t = turn_of(next);
  return change{std::move(next), std::move(t)};
}

/// Whoever told it has the work of that stage.
change taken(workspace next, stage at, milliseconds lease, const moment& m) {
  next.at = at;
  next.holder = m.fresh;
  next.busy_until = m.now + lease;
  auto c = changed(std::move(next), m);
  c.reply.mine = true;
  c.reply.token = m.fresh;
  return c;
}

bool held(const workspace& w, timestamp now) { return w.holder && w.busy_until && *w.busy_until > now; }

void put_down(workspace& w) {
  w.holder.reset();
  w.busy_until.reset();
}

void used(workspace& w, milliseconds idle, timestamp now) {
  w.used_at = now;
  w.idle_at = now + idle;
}

/// There is no container any more; what was worked on may be kept.
void emptied(workspace& w) {
  w.at = stage::none;
  w.port.reset();
  w.handle.clear();
  w.made_at.reset();
  w.idle_at.reset();
  put_down(w);
}

fault unknown_workspace() {
  return {fault_kind::not_found, "WORKSPACE_NOT_FOUND", "You have no workspace. Create one first."};
}
fault busy_workspace() {
  fault f(fault_kind::conflict, "WORKSPACE_BUSY", "The workspace is being worked on. Please try again in a moment.");
  f.retry_after = seconds{1};
  return f;
}

}  // namespace

std::string_view name_of(stage s) noexcept { return names[static_cast<std::size_t>(s)]; }

std::optional<stage> stage_named(std::string_view name) noexcept {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<stage>(at - names.begin());
}

bool on_its_way(stage s) noexcept {
  return s == stage::creating || s == stage::starting || s == stage::stopping || s == stage::removing;
}

decision decide(const workspace& now, const open_it& told, const moment& m) {
  if (now.at == stage::running) {
    if (now.used_at && m.now - *now.used_at < noted_every) return unchanged(now);
    auto next = now;
    used(next, told.idle, m.now);
    return changed(std::move(next), m);
  }
  if (held(now, m.now)) return unchanged(now);
  auto next = now;
  if (now.at == stage::stopped || now.at == stage::stopping)
    return taken(std::move(next), stage::starting, told.lease, m);
  if (now.at != stage::none) return taken(std::move(next), now.at, told.lease, m);
  std::erase_if(next.makings, [&](timestamp t) { return t <= m.now - hours{1}; });
  if (told.per_hour > 0 && static_cast<std::int64_t>(next.makings.size()) >= told.per_hour) {
    fault f(
        fault_kind::too_many, "RATE_LIMIT_EXCEEDED",
        "You have created " + std::to_string(told.per_hour) + " workspaces within an hour. Please try again later.");
    const auto oldest = next.makings[next.makings.size() - static_cast<std::size_t>(told.per_hour)];
    f.retry_after = std::chrono::ceil<seconds>(oldest + hours{1} - m.now);
    return f;
  }
  next.makings.push_back(m.now);
  ++next.generation;
  next.choice = told.ports;
  next.port.reset();
  next.handle.clear();
  next.drop_volume = false;
  return taken(std::move(next), stage::creating, told.lease, m);
}

decision decide(const workspace& now, const use_it& told, const moment& m) {
  if (now.at != stage::running || (now.used_at && m.now - *now.used_at < noted_every)) return unchanged(now);
  auto next = now;
  used(next, told.idle, m.now);
  return changed(std::move(next), m);
}

decision decide(const workspace& now, const take_up& told, const moment& m) {
  if (!on_its_way(now.at) || (now.busy_until && *now.busy_until > m.now)) return unchanged(now);
  return taken(now, now.at, told.lease, m);
}

decision decide(const workspace& now, const move_port& told, const moment& m) {
  if (now.holder != told.token) return busy_workspace();
  auto next = now;
  next.choice = told.ports;
  next.port.reset();
  auto c = changed(std::move(next), m);
  c.reply.mine = true;
  c.reply.token = told.token;
  return c;
}

decision decide(const workspace& now, const settle& told, const moment& m) {
  if (now.holder != told.token) return unchanged(now);  // others have gone on with it
  auto next = now;
  put_down(next);
  next.at = told.to;
  if (on_its_way(told.to)) next.busy_until = m.now + told.pause;
  if (told.to == stage::running) {
    if (now.at == stage::creating) next.made_at = m.now;
    next.handle = told.handle;
    next.volume = true;
    used(next, told.idle, m.now);
  } else if (told.to == stage::stopped) {
    next.idle_at.reset();
  } else if (told.to == stage::none) {
    // What was not made is not counted.
    if (now.at == stage::creating && !next.makings.empty()) next.makings.pop_back();
    if (now.drop_volume) next.volume = false;
    next.drop_volume = false;
    emptied(next);
  }
  return changed(std::move(next), m);
}

decision decide(const workspace& now, const close_it& told, const moment& m) {
  if (now.at == stage::none || now.at == stage::removing) return unknown_workspace();
  if (now.at == stage::stopped) return unchanged(now);
  if (held(now, m.now)) return busy_workspace();
  return taken(now, stage::stopping, told.lease, m);
}

decision decide(const workspace& now, const leave_it& told, const moment& m) {
  if (now.at == stage::none && !(told.volume && now.volume)) return unknown_workspace();
  if (held(now, m.now)) return busy_workspace();
  auto next = now;
  next.drop_volume = told.volume || (now.at == stage::removing && now.drop_volume);
  return taken(std::move(next), stage::removing, told.lease, m);
}

decision decide(const workspace& now, const seen_as& told, const moment& m) {
  // What has changed since the provider was asked, or is being changed, looks different by now.
  if (now.generation != told.generation || now.changed_at >= told.looked_at || on_its_way(now.at) ||
      now.at == stage::none)
    return unchanged(now);
  auto next = now;
  if (!told.present) {
    emptied(next);
  } else if (now.at == stage::running && !told.running) {
    next.at = stage::stopped;
    next.idle_at.reset();
  } else if (now.at == stage::stopped && told.running) {
    next.at = stage::running;
    used(next, told.idle, m.now);
  } else {
    return unchanged(now);
  }
  return changed(std::move(next), m);
}

decision decide(const workspace& now, const rest_now&, const moment& m) {
  if (now.at != stage::running || !now.idle_at || *now.idle_at > m.now) return unchanged(now);
  auto next = now;
  next.at = stage::stopping;
  put_down(next);
  next.busy_until = m.now;
  return changed(std::move(next), m);
}

std::optional<stoa::alarm<rest_now>> alarm_of(const workspace_kind&, const workspace& now) {
  if (now.at != stage::running || !now.idle_at) return std::nullopt;
  return stoa::alarm<rest_now>{*now.idle_at, rest_now{}};
}

}  // namespace stoa_plugin::workspaces
