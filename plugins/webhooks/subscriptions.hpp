// The stored subscriptions: SQL and nothing else. All of them are read and changed as their owner.
#pragma once

#include <boost/describe.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stoa/db.hpp"
#include "stoa/ids.hpp"
#include "stoa/paging.hpp"

namespace stoa_plugin::webhooks {

using webhook_id = stoa::id<struct webhook_tag>;

/// Who is told what, and where. The secrets are not among it.
struct webhook {
  webhook_id id;
  std::int64_t number = 0;
  std::string url;
  std::string description;
  bool sees_all = false;  ///< an administrator's: every event of its kinds, whomever it concerns
  bool enabled = true;
  std::string disabled_reason;
  std::optional<stoa::timestamp> old_until;  ///< until then the secret before the last rotation signs, too
  stoa::timestamp created_at;
  stoa::timestamp updated_at;
  std::vector<std::string> kinds;
};
BOOST_DESCRIBE_STRUCT(webhook, (),
                      (id, number, url, description, sees_all, enabled, disabled_reason, old_until, created_at,
                       updated_at, kinds))

/// What may be changed; nothing leaves a member as it is.
struct webhook_change {
  std::optional<std::string> url, description;
  std::optional<std::vector<std::string>> kinds;
  std::optional<bool> enabled;
};

stoa::fault unknown_webhook();  ///< WEBHOOK_NOT_FOUND
stoa::fault webhook_is_off();   ///< WEBHOOK_DISABLED (conflict)

/// Faults: WEBHOOK_EXISTS where the owner has one of that address, WEBHOOK_LIMIT_REACHED where they have `most`
/// (conflict).
stoa::task<webhook> add_webhook(stoa::database& db, stoa::user_id owner, webhook made, std::string secret,
                                std::int64_t most);
stoa::task<webhook> find_webhook(stoa::database& db, stoa::user_id owner, std::int64_t number);
stoa::task<stoa::page_of<webhook>> list_webhooks(stoa::database& db, stoa::user_id owner, stoa::page_request asked);
/// Faults: WEBHOOK_NOT_FOUND, WEBHOOK_EXISTS.
stoa::task<webhook> change_webhook(stoa::database& db, stoa::user_id owner, std::int64_t number, webhook_change change,
                                   bool sees_all, stoa::timestamp now);
/// The secret so far signs beside the new one until `old_until`.
stoa::task<webhook> rotate_secret(stoa::database& db, stoa::user_id owner, std::int64_t number, std::string secret,
                                  stoa::timestamp old_until, stoa::timestamp now);
/// Its deliveries go with it.
stoa::task<stoa::done> remove_webhook(stoa::database& db, stoa::user_id owner, std::int64_t number);

/// Inside a consumer's transaction: who is no administrator any more is told only what concerns them.
void narrow_within(stoa::connection& db, stoa::user_id owner);
/// Inside the transaction of a delivery: nothing is sent any more until its owner switches it on again.
void disable_within(stoa::connection& db, webhook_id id, const std::string& reason, stoa::timestamp now);

}  // namespace stoa_plugin::webhooks
