// Events in tests: making them, giving them to consumers as the pump does, and seeing what was told.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stoa/events.hpp"
#include "testing/fake_host.hpp"
#include "testing/throwaway_database.hpp"
#include "testing/waiting.hpp"

namespace stoa::testing {

/// An event as it would be stored, with an id of its own.
template <event_facts E>
event event_of(timestamp at, std::optional<user_id> user, const uuid& entity, const E& fact) {
  event e;
  e.id = event_id::make();
  e.kind = std::string(E::kind);
  e.user = user;
  e.entity = entity;
  e.payload = json::parse(wire::write(fact)).value();
  e.at = at;
  e.here = true;
  return e;
}

/// Gives consumers and observers of a fake_host events, and reads from the throw-away database what was told.
class event_recorder {
 public:
  event_recorder(fake_host& host, throwaway_database& db) : host_(host), db_(db) {}

  /// Once to each consumer whose kinds they are, in a transaction as the system, and after its commit to observers.
  /// Ends at the first consumer that refuses, with its fault.
  result<done> deliver(const std::vector<event>& events);
  template <event_facts E>
  result<done> deliver(timestamp at, std::optional<user_id> user, const uuid& entity, const E& fact) {
    return deliver(std::vector<event>{event_of(at, user, entity, fact)});
  }

  /// What was told since the database was made, in order.
  std::vector<event> told();
  template <event_facts E>
  std::vector<heard<E>> told() {
    std::vector<heard<E>> out;
    for (const auto& e : told())
      if (auto one = as<E>(e)) out.push_back(std::move(*one));
    return out;
  }

 private:
  fake_host& host_;
  throwaway_database& db_;
};

}  // namespace stoa::testing
