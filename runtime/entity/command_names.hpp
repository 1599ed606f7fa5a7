// What commands are called in metrics and in what is kept of them.
#pragma once

#include <boost/mp11.hpp>

#include <array>
#include <string>
#include <string_view>

#include "stoa/entities.hpp"
#include "stoa/metrics.hpp"
#include "stoa/result.hpp"

namespace stoa::runtime {

namespace detail {

/// The unqualified name of a type, as it stands in the source.
template <class T>
std::string short_name() {
  std::string_view all = __PRETTY_FUNCTION__;  // ... [with T = stoa::actors::add_to_cart; std::string = ...]
  all.remove_prefix(all.find("T = ") + 4);
  all = all.substr(0, all.find_first_of(";]"));
  return std::string(all.substr(all.rfind(':') + 1));
}

/// Under which name a command's outcome is kept where a request is to have its effect once.
template <class Kind, class Command>
std::string step_name() {
  return std::string(Kind::name) + "." + short_name<Command>();
}

/// How often each command of a kind came to what.
template <class Commands>
class command_counters;
template <class... Commands>
class command_counters<command_list<Commands...>> {
 public:
  command_counters(const char* entity, stoa::metrics* meters) {
    if (!meters) return;
    const auto of = [&](const std::string& command) {
      std::array<counter*, 3> out;
      for (std::size_t i = 0; i < 3; ++i)
        out[i] = &meters->count("stoa_entity_commands_total", "Commands of entities and what they came to",
                                {{"entity", entity}, {"command", command}, {"outcome", outcomes[i]}});
      return out;
    };
    counters_ = {of(short_name<Commands>())...};
  }

  template <class Command, class Reply>
  void count(const result<Reply>& r) const {
    const auto& mine = counters_[boost::mp11::mp_find<command_list<Commands...>, Command>::value];
    const bool failed =
        !r.ok() && (r.refusal().kind == fault_kind::internal || r.refusal().kind == fault_kind::unavailable);
    if (auto* c = mine[r.ok() ? 0 : failed ? 2 : 1]) c->add();
  }

 private:
  static constexpr const char* outcomes[] = {"done", "refused", "failed"};
  std::array<std::array<counter*, 3>, sizeof...(Commands)> counters_{};
};

}  // namespace detail

}  // namespace stoa::runtime
