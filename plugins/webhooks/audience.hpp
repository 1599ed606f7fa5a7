// Which events may be subscribed to, and whom each of them concerns. No database.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/events.hpp"
#include "stoa/result.hpp"
#include "stoa/routes.hpp"

namespace stoa_plugin::webhooks {

/// Whom an event concerns beside the administrators, who may hear of everything.
enum class concern {
  nobody,              ///< administrators alone
  person,              ///< whose event it is
  teacher,             ///< the instructor that its payload names
  person_and_teacher,  ///< both of them
  course,              ///< whose event it is, and the instructor of the course that its payload names
};

struct event_rule {
  std::string_view kind;
  std::string_view about;
  concern whom = concern::nobody;
};

/// Every kind of event that there is.
const std::vector<event_rule>& event_rules();
const event_rule* rule_of(std::string_view kind) noexcept;

/// Whether somebody of those roles may subscribe to the kind at all: administrators to every one, instructors to what
/// concerns persons or teachers, everybody else to what concerns persons.
bool may_subscribe(const event_rule& rule, stoa::role_set roles) noexcept;
/// The kinds without repetition, in the order of the table. Faults: `invalid` (field `events`) where one is none,
/// PERMISSION_DENIED (forbidden) where one is not for those roles.
stoa::result<std::vector<std::string>> allowed_kinds(const std::vector<std::string>& wanted, stoa::role_set roles);

/// Whom an event concerns, as far as it tells by itself.
std::vector<stoa::user_id> audience_of(const stoa::event& e);
/// The course whose instructor an event concerns besides, where it does not name them.
std::optional<stoa::course_id> course_to_ask(const stoa::event& e);

/// What is sent: `{"id", "type", "timestamp", "user_id", "entity_id", "data"}`, where `data` is the event's payload.
std::string body_of(const stoa::event& e);

}  // namespace stoa_plugin::webhooks
