// The inbox at every dialect's door: handlers and where they are mounted.
#pragma once

#include <string>
#include <vector>

#include "inbox_item.hpp"
#include "preferences.hpp"
#include "stoa/paging.hpp"
#include "stoa/plugin.hpp"

namespace stoa_plugin::notifications {

struct inbox_filter {
  std::optional<bool> unread_only;
  std::optional<kind_word> type;
};
BOOST_DESCRIBE_STRUCT(inbox_filter, (), (unread_only, type))

/// As contracts see it whose ids are whole numbers.
struct numbered_item {
  std::int64_t id = 0;
  std::string type;
  std::string title;
  std::string message;
  bool is_read = false;
  stoa::wire::shown_url action_url;
  std::string icon;
  stoa::timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(numbered_item, (), (id, type, title, message, is_read, action_url, icon, created_at))

struct marked {
  std::string message;
  stoa::notification_id notification_id;
};
BOOST_DESCRIBE_STRUCT(marked, (), (message, notification_id))

struct marked_number {
  std::string message;
  std::int64_t notification_id = 0;
};
BOOST_DESCRIBE_STRUCT(marked_number, (), (message, notification_id))

struct all_marked {
  std::string message;
  std::int64_t updated_count = 0;
};
BOOST_DESCRIBE_STRUCT(all_marked, (), (message, updated_count))

struct unread_shown {
  std::int64_t unread_count = 0;
};
BOOST_DESCRIBE_STRUCT(unread_shown, (), (unread_count))

struct preference_out {
  std::string type;
  bool in_app = true;
  bool email = false;
};
BOOST_DESCRIBE_STRUCT(preference_out, (), (type, in_app, email))

struct preferences_out {
  std::vector<preference_out> preferences;
};
BOOST_DESCRIBE_STRUCT(preferences_out, (), (preferences))

struct preference_in {
  kind_word type;
  bool in_app = true;
  bool email = false;
};
BOOST_DESCRIBE_STRUCT(preference_in, (), (type, in_app, email))

struct preferences_in {
  stoa::wire::list_of<preference_in, 1, 16> preferences;
};
BOOST_DESCRIBE_STRUCT(preferences_in, (), (preferences))

/// NOTIFICATION_NOT_FOUND
stoa::fault unknown_notification();
inbox_query query_of(const stoa::paged<inbox_filter>& in);

class inbox_area {
 public:
  explicit inbox_area(stoa::plugin_host& host) : host_(host) {}

  /// Counting, marking all and preferences; `slash`: how the dialect's addresses end.
  void mount_common(const stoa::dialect& d, const std::string& slash);
  /// The list in the dialect's page envelope, and marking one; `numbered` where its ids are whole numbers.
  void mount_inbox(const stoa::dialect& d, const std::string& slash, bool numbered);

  using notification_path = stoa::in_path<"notification_id", stoa::notification_id, unknown_notification>;
  stoa::task<marked> mark(const stoa::request& q, notification_path id);

 private:
  stoa::task<stoa::page_of<inbox_item>> list(const stoa::request& q, stoa::paged<inbox_filter> in);
  stoa::task<stoa::page_of<numbered_item>> list_numbered(const stoa::request& q, stoa::paged<inbox_filter> in);
  stoa::task<marked_number> mark_number(const stoa::request& q, stoa::in_path<"notification_id", std::string> number);
  stoa::task<all_marked> mark_all(const stoa::request& q);
  stoa::task<unread_shown> unread(const stoa::request& q);
  stoa::task<preferences_out> show_preferences(const stoa::request& q);
  stoa::task<preferences_out> change_preferences(const stoa::request& q, preferences_in in);

  stoa::plugin_host& host_;
};

}  // namespace stoa_plugin::notifications
