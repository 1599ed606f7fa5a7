#include "cli/parts.hpp"

#include <atomic>
#include <exception>
#include <utility>

namespace stoa::cli {

struct parts::state {
  std::vector<part> all;
  std::atomic<std::size_t> started{0};  // so many of them, from the front
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
  while (state_->started > 0) {
    const auto& last = state_->all[--state_->started];
    try {
      last.stop();
    } catch (const std::exception& e) {
      complain(last.name, e.what());
    } catch (...) {
      complain(last.name, "unknown");
    }
  }
}

std::vector<std::string> parts::unready() const {
  std::vector<std::string> names;
  const std::size_t started = state_->started;
  for (std::size_t i = 0; i < state_->all.size(); ++i)
    if (i >= started || !state_->all[i].ready()) names.push_back(state_->all[i].name);
  return names;
}

}  // namespace stoa::cli
