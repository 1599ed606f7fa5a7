// What an event tells whom. No database.
#pragma once

#include <boost/describe.hpp>

#include <optional>
#include <string>
#include <vector>

#include "stoa/events.hpp"

namespace stoa_plugin::notifications {

struct notification {
  stoa::notification_id id;
  stoa::event_id event;
  stoa::user_id user;
  std::string kind;  ///< course, payment, achievement, system
  std::string title;
  std::string message;
  std::string action_url;
  std::string icon;
  stoa::timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(notification, (), (id, event, user, kind, title, message, action_url, icon, created_at))

/// The kinds of events that lead to notifications.
const std::vector<std::string>& told_kinds();

/// The notification of an event; none where it concerns nobody or its payload lacks what is needed. The same event
/// gives the same notification, its id included.
std::optional<notification> notification_of(const stoa::event& e);

}  // namespace stoa_plugin::notifications
