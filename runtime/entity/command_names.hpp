// What commands are called in metrics and in what is kept of them.
#pragma once

#include <boost/mp11.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/entities.hpp"
#include "stoa/hosted.hpp"
#include "stoa/metrics.hpp"
#include "stoa/packed.hpp"

namespace stoa::runtime {

namespace detail {

/// A kind's name; those whose types only a plugin knows carry it with them.
template <class Kind>
std::string name_of_kind(const Kind& kind) {
  if constexpr (requires { kind.own_name(); })
    return kind.own_name();
  else
    return Kind::name;
}

/// Under which name a command's outcome is kept where a request is to have its effect once.
template <class Kind, class Command>
std::string step_name(const Kind& kind, const Command& told) {
  if constexpr (requires { told.type->name; })
    return name_of_kind(kind) + "." + told.type->name;
  else
    return name_of_kind(kind) + "." + stoa::detail::short_name<Command>();
}

/// What is kept of it.
template <class Command, class Reply>
std::string pack_reply(const Command& told, const Reply& r) {
  if constexpr (requires { told.type->pack; })
    return told.type->pack(r);
  else
    return packed::pack(r);
}
template <class Command>
std::optional<typename Command::reply> unpack_reply(const Command& told, std::string_view bytes) {
  if constexpr (requires { told.type->unpack; })
    return told.type->unpack(bytes);
  else
    return packed::unpack<typename Command::reply>(bytes);
}

/// How often each command of a kind came to what.
template <class Commands>
class command_counters;
template <class... Commands>
class command_counters<command_list<Commands...>> {
 public:
  template <class Kind>
  command_counters(const Kind& kind, stoa::metrics* meters) {
    std::vector<std::string> names{stoa::detail::short_name<Commands>()...};
    if constexpr (requires { kind.own_commands(); }) names = kind.own_commands();
    counters_.resize(names.size());
    if (!meters) return;
    for (std::size_t n = 0; n < names.size(); ++n)
      for (std::size_t i = 0; i < 3; ++i)
        counters_[n][i] =
            &meters->count("stoa_entity_commands_total", "Commands of entities and what they came to",
                           {{"entity", name_of_kind(kind)}, {"command", names[n]}, {"outcome", outcomes[i]}});
  }

  template <class Command, class Reply>
  void count(const Command& told, const result<Reply>& r) const {
    const auto& mine = counters_[place_of(told)];
    const bool failed =
        !r.ok() && (r.refusal().kind == fault_kind::internal || r.refusal().kind == fault_kind::unavailable);
    if (auto* c = mine[r.ok() ? 0 : failed ? 2 : 1]) c->add();
  }

 private:
  template <class Command>
  static std::size_t place_of(const Command& told) {
    if constexpr (requires { told.type->place; })
      return told.type->place;
    else
      return boost::mp11::mp_find<command_list<Commands...>, Command>::value;
  }

  static constexpr const char* outcomes[] = {"done", "refused", "failed"};
  std::vector<std::array<counter*, 3>> counters_;
};

}  // namespace detail

}  // namespace stoa::runtime
