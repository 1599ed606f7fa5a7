#include "preferences.hpp"

#include <algorithm>

#include "stoa/columns.hpp"

namespace stoa_plugin::notifications {

using stoa::done;
using stoa::statement;
using stoa::task;

namespace {

constexpr statement read_several{"preferences", R"(
  select p.user_id, p.kind, p.in_app, p.email from plugin_notifications.preference p where p.user_id = any(:p1::uuid[]))"};

constexpr auto own_sql =
    "select " + stoa::columns<preference, "p"> + " from plugin_notifications.preference p where p.user_id = :p1::uuid";
constexpr statement read_own{"own_preferences", own_sql};

constexpr statement keep_own{"keep_preferences", R"(
  insert into plugin_notifications.preference (user_id, kind, in_app, email)
  select :p1::uuid, n.kind, n.in_app, n.email
  from unnest(:p2::text[], :p3::boolean[], :p4::boolean[]) as n(kind, in_app, email)
  on conflict (user_id, kind) do update set in_app = excluded.in_app, email = excluded.email)"};

const char* word(bool b) { return b ? "true" : "false"; }

template <stoa::wire::literal... Words>
std::vector<std::string> words_of(const stoa::wire::choice<Words...>&) {
  return {std::string(Words.view())...};
}

}  // namespace

const std::vector<std::string>& all_kinds() {
  static const auto all = words_of(kind_word());
  return all;
}

channels usual(const std::string& kind) { return {true, kind == "payment" || kind == "system"}; }

std::vector<preference> completed(const std::vector<preference>& said) {
  std::vector<preference> out;
  for (const auto& kind : all_kinds()) {
    const auto own = std::find_if(said.begin(), said.end(), [&](const auto& p) { return p.kind == kind; });
    const auto by = own == said.end() ? usual(kind) : channels{own->in_app, own->email};
    out.push_back({kind, by.in_app, by.email});
  }
  return out;
}

channels wanted(const said_preferences& said, stoa::user_id user, const std::string& kind) {
  const auto own = said.find({user, kind});
  return own == said.end() ? usual(kind) : own->second;
}

said_preferences read_preferences(stoa::connection& db, const std::vector<stoa::user_id>& users) {
  said_preferences out;
  for (const auto& r : db.run(read_several, {stoa::value::array(users)}))
    out[{stoa::user_id{r.as_uuid(0)}, r.text(1)}] = {r.boolean(2), r.boolean(3)};
  return out;
}

task<std::vector<preference>> preferences_of(stoa::database& db, stoa::user_id user) {
  stoa::values bound{user};
  const auto found = co_await db.query(stoa::acts_as(user), read_own, std::move(bound));
  std::vector<preference> said;
  for (const auto& r : found) said.push_back(stoa::read_columns<preference>(r));
  co_return completed(said);
}

task<done> keep_preferences(stoa::database& db, stoa::user_id user, std::vector<preference> given) {
  std::map<std::string, channels> last;  // of a kind that is named twice the last word counts
  for (const auto& p : given) last[p.kind] = {p.in_app, p.email};
  std::vector<std::string> kinds, in_app, email;
  for (const auto& [kind, by] : last) {
    kinds.push_back(kind);
    in_app.emplace_back(word(by.in_app));
    email.emplace_back(word(by.email));
  }
  stoa::values bound{user, stoa::value::array(kinds), stoa::value::array(in_app), stoa::value::array(email)};
  co_await db.query(stoa::acts_as(user), keep_own, std::move(bound), stoa::lane::commands);
  co_return done{};
}

}  // namespace stoa_plugin::notifications
