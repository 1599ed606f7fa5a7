#include "runtime/plugin/life.hpp"

#include <algorithm>

namespace stoa::runtime {

std::string_view name_of(plugin_state s) noexcept {
  switch (s) {
    case plugin_state::found:
      return "found";
    case plugin_state::disabled:
      return "disabled";
    case plugin_state::set_aside:
      return "set_aside";
    case plugin_state::wired:
      return "wired";
    case plugin_state::started:
      return "started";
    case plugin_state::draining:
      return "draining";
    case plugin_state::stopped:
      return "stopped";
  }
  return "";
}

void plugin_lives::show(const plugin_info& p, std::optional<plugin_state> before) {
  const auto level = [&](plugin_state s) -> gauge& {
    return meters_.level("stoa_plugin_state", "1 for the state in which a plugin is, 0 for those it was in",
                         {{"plugin", p.id}, {"state", std::string(name_of(s))}});
  };
  if (before) level(*before).set(0);
  level(p.state).set(1);
  meters_
      .level("stoa_plugin_state_since_seconds", "When a plugin came into its state, in seconds since 1970",
             {{"plugin", p.id}})
      .set(static_cast<double>(unix_us(p.since)) / 1e6);
}

void plugin_lives::add(const std::string& id, const std::string& version, const std::filesystem::path& dir,
                       bool required) {
  const std::lock_guard lock{mutex_};
  auto& p = known_[id];
  p.id = id;
  p.version = version;
  p.dir = dir;
  p.required = required;
  p.state = plugin_state::found;
  p.since = clock_.now();
  show(p, std::nullopt);
}

void plugin_lives::enter(const std::string& id, plugin_state s) {
  const std::lock_guard lock{mutex_};
  auto& p = known_.at(id);
  if (p.state == s) return;
  const auto before = p.state;
  p.state = s;
  p.since = clock_.now();
  if (s != plugin_state::set_aside) p.trouble.reset();
  show(p, before);
  if (s != plugin_state::set_aside)
    log_->info("plugin " + std::string(name_of(s)), {{"plugin", id}, {"version", p.version}});
}

void plugin_lives::step(const std::string& id, const std::string& name, milliseconds took) {
  meters_
      .level("stoa_plugin_step_seconds", "What a step of a plugin's life took the last time",
             {{"plugin", id}, {"step", name}})
      .set(static_cast<double>(took.count()) / 1e3);
  const std::lock_guard lock{mutex_};
  auto& steps = known_.at(id).steps;
  const auto known = std::find_if(steps.begin(), steps.end(), [&](const auto& s) { return s.name == name; });
  if (known == steps.end())
    steps.push_back({name, took});
  else
    known->took = took;
}

void plugin_lives::set_aside(const std::string& id, plugin_trouble why) {
  log_->error("a plugin is set aside: the server runs without it",
              {{"plugin", id}, {"step", why.step}, {"reason", why.reason}});
  {
    const std::lock_guard lock{mutex_};
    known_.at(id).trouble = std::move(why);
  }
  enter(id, plugin_state::set_aside);
}

std::optional<plugin_trouble> plugin_lives::trouble_of(const std::string& id) const {
  const std::lock_guard lock{mutex_};
  const auto found = known_.find(id);
  return found == known_.end() ? std::nullopt : found->second.trouble;
}

std::optional<plugin_info> plugin_lives::find(const std::string& id) const {
  const std::lock_guard lock{mutex_};
  const auto found = known_.find(id);
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

std::vector<plugin_info> plugin_lives::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<plugin_info> out;
  for (const auto& [id, p] : known_) out.push_back(p);
  return out;
}

}  // namespace stoa::runtime
