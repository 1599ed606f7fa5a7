// Notices: what anybody may tell a person, to be found in their inbox: an achievement, something about the system.
#pragma once

#include <boost/describe.hpp>
#include <string_view>

#include <string>

#include "stoa/events.hpp"
#include "stoa/registry.hpp"

namespace stoa {

namespace areas {
inline constexpr area notices{"notices", 1};
}

/// What a notice may hold, in characters; longer texts are cut.
struct notice_limits {
  static constexpr std::size_t title = 200;
  static constexpr std::size_t message = 2000;
  static constexpr std::size_t action_url = 500;
  static constexpr std::size_t icon = 50;
};

/// An event: somebody shall find this in their inbox (`user_id` of the event says who). Told within the statement that
/// it follows from (`STOA_TELL`), so that both are committed or neither; whoever keeps inboxes shows it once.
struct notice_given {
  static constexpr std::string_view kind = "notice.given";
  static constexpr std::string_view about = "Somebody shall find this in their inbox.";
  static constexpr std::string_view entity = "what the notice is about";
  std::string type = "system";  ///< course, payment, achievement or system; another one is shown as system
  std::string title;
  std::string message;
  std::string action_url;  ///< a path of the site, or empty: the notice leads nowhere
  std::string icon;        ///< a word for the picture beside it, or empty
};
BOOST_DESCRIBE_STRUCT(notice_given, (), (type, title, message, action_url, icon))

}  // namespace stoa
