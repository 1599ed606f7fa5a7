// A notification as clients see it, in lists and in streams.
#pragma once

#include <string>

#include "inbox.hpp"
#include "stoa/wire.hpp"
#include "stoa/wire_url.hpp"

namespace stoa_plugin::notifications {

struct inbox_item {
  stoa::notification_id id;
  std::string type;
  std::string title;
  std::string message;
  bool is_read = false;
  stoa::wire::shown_url action_url;
  std::string icon;
  stoa::timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(inbox_item, (), (id, type, title, message, is_read, action_url, icon, created_at))

inline inbox_item item_of(const stored_notification& s) {
  inbox_item item;
  item.id = s.what.id;
  item.type = s.what.kind;
  item.title = s.what.title;
  item.message = s.what.message;
  item.is_read = s.read;
  item.action_url = s.what.action_url;
  item.icon = s.what.icon;
  item.created_at = s.what.created_at;
  return item;
}

}  // namespace stoa_plugin::notifications
