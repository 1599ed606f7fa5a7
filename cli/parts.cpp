#include "cli/parts.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <utility>

namespace stoa::cli {

struct parts::state {
  std::vector<part> all;
  std::atomic<std::size_t> started{0};  // so many of them, from the front

  /// Of the first `n`, in the order of their ending.
  std::vector<const part*> ending(std::size_t n) const {
    std::vector<const part*> out;
    const auto among = [&](const std::string& name) {
      return std::any_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n),
                         [&](const part& p) { return p.name == name; });
    };
    for (std::size_t i = n; i-- > 0;) {
      if (among(all[i].ends_before)) continue;
      for (std::size_t early = n; early-- > 0;)
        if (all[early].ends_before == all[i].name) out.push_back(&all[early]);
      out.push_back(&all[i]);
    }
    return out;
  }
};

parts::parts() : state_(std::make_unique<state>()) {}
parts::~parts() = default;

void parts::add(part p) { state_->all.push_back(std::move(p)); }

void parts::start() {
  for (const auto& p : state_->all) {
    try {
      p.start();
    } catch (...) {
      stop([](const std::string&, const char*) {});
      throw;
    }
    ++state_->started;
  }
}

void parts::stop(const std::function<void(const std::string& part, const char* why)>& complain) {
  for (const auto* p : state_->ending(state_->started.exchange(0))) {
    try {
      p->stop();
    } catch (const std::exception& e) {
      complain(p->name, e.what());
    } catch (...) {
      complain(p->name, "unknown");
    }
  }
}

std::vector<std::string> parts::starting() const {
  std::vector<std::string> names;
  for (const auto& p : state_->all) names.push_back(p.name);
  return names;
}

std::vector<std::string> parts::ending() const {
  std::vector<std::string> names;
  for (const auto* p : state_->ending(state_->all.size())) names.push_back(p->name);
  return names;
}

std::vector<std::string> parts::unready() const {
  std::vector<std::string> names;
  const std::size_t started = state_->started;
  for (std::size_t i = 0; i < state_->all.size(); ++i)
    if (i >= started || !state_->all[i].ready()) names.push_back(state_->all[i].name);
  return names;
}

}  // namespace stoa::cli
