#include "stoa/registry.hpp"

#include <mutex>

namespace stoa {

namespace {

std::string key_of(const interface_id& what) { return what.area.str() + "/" + std::string(what.name); }

std::string shown(const interface_id& what, const std::string& name) {
  return key_of(what) + (name.empty() ? "" : " \"" + name + "\"");
}

}  // namespace

registry_error::~registry_error() = default;

registry::registry() = default;
registry::~registry() = default;

void registry::put(const interface_id& what, std::string name, std::shared_ptr<void> implementation) {
  const auto text = shown(what, name);
  const std::lock_guard lock{mutex_};
  if (!offered_.try_emplace({key_of(what), std::move(name)}, std::move(implementation)).second)
    throw registry_error(text + " is offered twice");
}

std::shared_ptr<void> registry::get(const interface_id& what, const std::string& name) const {
  const std::shared_lock lock{mutex_};
  const auto found = offered_.find({key_of(what), name});
  return found == offered_.end() ? nullptr : found->second;
}

void registry::take(const interface_id& what, const std::string& name) {
  std::shared_ptr<void> last;  // destroyed without the lock
  const std::lock_guard lock{mutex_};
  const auto found = offered_.find({key_of(what), name});
  if (found == offered_.end()) return;
  last = std::move(found->second);
  offered_.erase(found);
}

void* registry::required(const interface_id& what) const {
  auto found = get(what, {});
  if (!found) throw registry_error("nobody offers " + shown(what, {}));
  return found.get();
}

std::vector<std::string> registry::names_of(const interface_id& what) const {
  const auto key = key_of(what);
  std::vector<std::string> all;
  const std::shared_lock lock{mutex_};
  for (auto i = offered_.lower_bound({key, {}}); i != offered_.end() && i->first.first == key; ++i)
    all.push_back(i->first.second);
  return all;
}

}  // namespace stoa
