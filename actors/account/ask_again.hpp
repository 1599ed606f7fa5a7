// Commands that meet those of other processes at one row.
#pragma once

#include <utility>

#include "runtime/entity/entities.hpp"

namespace stoa::actors {

/// Sign-ins at other processes write the same rows. Who lost two races in a row is asked again: each of them was
/// somebody else's success, and there are few processes.
template <class Kind, class Command>
task<typename Command::reply> ask_again(runtime::entities<Kind>& of, typename Kind::key id, Command command) {
  constexpr int races_lost = 8;
  for (int again = 0; again < races_lost; ++again) {
    auto told = co_await as_result(of.ask(id, command));
    if (told || told.refusal().code != runtime::lost_race().code) co_return std::move(told);
  }
  co_return co_await of.ask(std::move(id), std::move(command));
}

}  // namespace stoa::actors
