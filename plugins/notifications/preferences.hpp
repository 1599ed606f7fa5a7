// What somebody wants to be told of, and how.
#pragma once

#include <boost/describe.hpp>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/ids.hpp"
#include "stoa/wire_types.hpp"

namespace stoa_plugin::notifications {

/// The kinds there are, as they come in.
using kind_word = stoa::wire::choice<"course", "payment", "achievement", "system">;

/// By which ways a kind of notification reaches somebody.
struct channels {
  bool in_app = true;  ///< the inbox and its streams
  bool email = false;
  bool operator==(const channels&) const = default;
};

struct preference {
  std::string kind;
  bool in_app = true;
  bool email = false;
};
BOOST_DESCRIBE_STRUCT(preference, (), (kind, in_app, email))

/// The kinds there are, in the order in which they are shown.
const std::vector<std::string>& all_kinds();
/// How whoever said nothing is told: everything in the inbox; money and what concerns the account by mail, too.
channels usual(const std::string& kind);
/// All kinds, each as somebody wants it.
std::vector<preference> completed(const std::vector<preference>& said);

/// Of several people: what they said, by person and kind.
using said_preferences = std::map<std::pair<stoa::user_id, std::string>, channels>;
channels wanted(const said_preferences& said, stoa::user_id user, const std::string& kind);

said_preferences read_preferences(stoa::connection& db, const std::vector<stoa::user_id>& users);
stoa::task<std::vector<preference>> preferences_of(stoa::database& db, stoa::user_id user);
/// Changes the kinds that are given.
stoa::task<stoa::done> keep_preferences(stoa::database& db, stoa::user_id user, std::vector<preference> given);

}  // namespace stoa_plugin::notifications
