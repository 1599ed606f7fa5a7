// Notifications on their ways: into inboxes and into mails, as each person wants it.
#pragma once

#include <boost/describe.hpp>

#include <string>
#include <vector>

#include "inbox.hpp"
#include "stoa/areas/mail.hpp"
#include "stoa/areas/people.hpp"
#include "stoa/jobs.hpp"

namespace stoa_plugin::notifications {

/// The job of one mail.
struct mail_notification {
  static constexpr std::string_view kind = "notifications.mail";
  stoa::notification_id id;
  stoa::user_id user;
  std::string title, message, action_url;
};
BOOST_DESCRIBE_STRUCT(mail_notification, (), (id, user, title, message, action_url))

/// Writes what people want to be told into their inboxes, tells the streams, and promises the mails, where `mailing`
/// (somebody carries mail). One writer at a time, until its transaction ends: the numbers of rows rise in the order of
/// commits. Writing the same again changes nothing.
void hand_out(stoa::connection& db, const std::vector<notification>& all, bool mailing, stoa::timestamp now);

/// The mail of a job, to somebody with that account; links begin with `site`.
stoa::mail mail_of(const mail_notification& w, const stoa::account& to, const std::string& site);

}  // namespace stoa_plugin::notifications
