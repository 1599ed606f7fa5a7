#include "delivery.hpp"

#include <algorithm>
#include <set>

#include "preferences.hpp"
#include "written.hpp"

namespace stoa_plugin::notifications {

namespace {

constexpr stoa::statement one_writer{
    "one_writer", "select pg_advisory_xact_lock(hashtextextended('plugin_notifications.notification', 0))"};

}  // namespace

void hand_out(stoa::connection& db, const std::vector<notification>& all, bool mailing, stoa::timestamp now) {
  if (all.empty()) return;
  db.run(one_writer, {});
  std::vector<stoa::user_id> users;
  for (const auto& n : all) users.push_back(n.user);
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  const auto said = read_preferences(db, users);
  std::vector<notification> shown;
  for (const auto& n : all)
    if (wanted(said, n.user, n.kind).in_app) shown.push_back(n);
  const auto fresh = keep(db, shown);
  const std::set<stoa::notification_id> known(fresh.begin(), fresh.end());
  std::erase_if(shown, [&](const auto& n) { return !known.contains(n.id); });
  tell_written(db, shown, now);
  if (!mailing) return;
  stoa::job_rows mails(now);
  bool any = false;
  for (const auto& n : all) {
    const auto by = wanted(said, n.user, n.kind);
    // What is in the inbox already was mailed with it.
    if (!by.email || (by.in_app && !known.contains(n.id))) continue;
    const mail_notification w{n.id, n.user, n.title, n.message, n.action_url};
    mails.add(w);
    any = true;
  }
  if (any) db.run(stoa::queue_jobs, {mails});
}

stoa::mail mail_of(const mail_notification& w, const stoa::account& to, const std::string& site) {
  stoa::mail m;
  m.id = "notification " + w.id.str();
  m.to = to.email;
  m.to_name = to.full_name();
  m.template_name = "notification";
  m.variables = {{"name", m.to_name.empty() ? to.email : m.to_name},
                 {"title", w.title},
                 {"message", w.message},
                 {"link", site + w.action_url}};
  return m;
}

}  // namespace stoa_plugin::notifications
