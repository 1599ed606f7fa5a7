#include "subscriptions.hpp"

#include <algorithm>
#include <memory>

#include "stoa/columns.hpp"

namespace stoa_plugin::webhooks {

using stoa::done;
using stoa::fault;
using stoa::fault_kind;
using stoa::result;
using stoa::statement;
using stoa::task;

namespace {

constexpr auto whole_webhook = stoa::columns<webhook, "s"> + ", array_to_string(s.kinds, ' ')";

constexpr statement lock_owner{"lock_owner", "select pg_advisory_xact_lock(hashtextextended(:p1::text, 0))"};
constexpr statement count_owned{"count_owned", R"(
  select count(*), count(*) filter (where url = :p2::text)
  from plugin_webhooks.subscription where user_id = :p1::uuid)"};

constexpr auto add_sql = R"(
  insert into plugin_webhooks.subscription as s
    (id, user_id, url, description, kinds, sees_all, secret, created_at, updated_at)
  values (:p2::uuid, :p1::uuid, :p3::text, :p4::text, :p5::text[], :p6::boolean, :p7::text, :p8::timestamptz,
          :p8::timestamptz)
  returning )" + whole_webhook;
constexpr statement add_one{"add", add_sql};

constexpr auto find_sql = "select " + whole_webhook +
                          " from plugin_webhooks.subscription s where s.user_id = :p1::uuid and s.number = :p2::bigint";
constexpr statement find_one{"find", find_sql};

constexpr auto list_sql = "select " + whole_webhook + R"(
  from plugin_webhooks.subscription s where s.user_id = :p1::uuid
  order by s.number limit :p2::bigint offset :p3::bigint)";
constexpr statement list_page{"list", list_sql};
constexpr statement count_all{"count", "select count(*) from plugin_webhooks.subscription where user_id = :p1::uuid"};

constexpr auto change_sql = R"(
  update plugin_webhooks.subscription s
  set url = coalesce(:p3::text, s.url), description = coalesce(:p4::text, s.description),
      kinds = coalesce(:p5::text[], s.kinds), enabled = coalesce(:p6::boolean, s.enabled),
      disabled_reason = case when coalesce(:p6::boolean, s.enabled) then ''
                             when s.enabled then 'by its owner' else s.disabled_reason end,
      sees_all = :p7::boolean, updated_at = :p8::timestamptz
  where s.user_id = :p1::uuid and s.number = :p2::bigint
  returning )" + whole_webhook;
constexpr statement change_one{"change", change_sql};

constexpr auto rotate_sql = R"(
  update plugin_webhooks.subscription s
  set old_secret = s.secret, old_until = :p4::timestamptz, secret = :p3::text, updated_at = :p5::timestamptz
  where s.user_id = :p1::uuid and s.number = :p2::bigint
  returning )" + whole_webhook;
constexpr statement rotate_one{"rotate", rotate_sql};

constexpr statement remove_one{"remove", R"(
  delete from plugin_webhooks.subscription where user_id = :p1::uuid and number = :p2::bigint returning id)"};

constexpr statement narrow{"narrow", R"(
  update plugin_webhooks.subscription set sees_all = false where user_id = :p1::uuid and sees_all)"};

constexpr statement disable{"disable", R"(
  update plugin_webhooks.subscription set enabled = false, disabled_reason = :p2::text, updated_at = :p3::timestamptz
  where id = :p1::uuid and enabled)"};

webhook read_webhook(const stoa::rows::row& r) {
  constexpr auto kinds = stoa::column_count<webhook>;
  auto w = stoa::read_columns<webhook>(r);
  auto rest = r.raw(kinds);
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    w.kinds.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return w;
}

fault exists() { return {fault_kind::conflict, "WEBHOOK_EXISTS", "You have a webhook of this address already."}; }

result<webhook> only(const stoa::rows& found) {
  if (found.empty()) return unknown_webhook();
  return read_webhook(found.front());
}

}  // namespace

fault unknown_webhook() {
  return {fault_kind::not_found, "WEBHOOK_NOT_FOUND", "The requested webhook does not exist."};
}

fault webhook_is_off() { return {fault_kind::conflict, "WEBHOOK_DISABLED", "This webhook is switched off."}; }

task<webhook> add_webhook(stoa::database& db, stoa::user_id owner, webhook made, std::string secret,
                          std::int64_t most) {
  auto kept = std::make_shared<webhook>();
  std::function<result<done>(stoa::connection&)> work = [=](stoa::connection& c) -> result<done> {
    c.run(lock_owner, {"webhooks of " + owner.str()});
    const auto owned = c.run(count_owned, {owner, made.url});
    if (owned.front().integer(1) > 0) return exists();
    if (owned.front().integer(0) >= most)
      return fault{fault_kind::conflict, "WEBHOOK_LIMIT_REACHED",
                   "You may have " + std::to_string(most) + " webhooks at most."};
    *kept = read_webhook(c.run(add_one, {owner, made.id, made.url, made.description, stoa::value::array(made.kinds),
                                         made.sees_all, secret, made.created_at})
                             .front());
    return done{};
  };
  co_await db.in_transaction(stoa::acts_as(owner), std::move(work));
  co_return std::move(*kept);
}

task<webhook> find_webhook(stoa::database& db, stoa::user_id owner, std::int64_t number) {
  stoa::values bound{owner, number};
  const auto found = co_await db.query(stoa::acts_as(owner), find_one, std::move(bound));
  co_return only(found);
}

task<stoa::page_of<webhook>> list_webhooks(stoa::database& db, stoa::user_id owner, stoa::page_request asked) {
  stoa::page_of<webhook> out;
  out.asked = asked;
  stoa::values mine{owner};
  const auto count = co_await db.query(stoa::acts_as(owner), count_all, std::move(mine));
  out.total = count.front().integer(0);
  stoa::values bound{owner, asked.size, asked.offset()};
  const auto found = co_await db.query(stoa::acts_as(owner), list_page, std::move(bound));
  for (const auto& r : found) out.items.push_back(read_webhook(r));
  co_return out;
}

task<webhook> change_webhook(stoa::database& db, stoa::user_id owner, std::int64_t number, webhook_change change,
                             bool sees_all, stoa::timestamp now) {
  auto kept = std::make_shared<webhook>();
  std::function<result<done>(stoa::connection&)> work = [=](stoa::connection& c) -> result<done> {
    std::optional<stoa::value> kinds;
    if (change.kinds) kinds = stoa::value::array(*change.kinds);
    try {
      auto changed =
          only(c.run(change_one, {owner, number, change.url, change.description,
                                  kinds ? *kinds : stoa::value(std::nullopt), change.enabled, sees_all, now}));
      if (!changed) return changed.refusal();
      *kept = std::move(changed).value();
    } catch (const stoa::db_error& e) {
      if (e.unique_violation()) return exists();
      throw;
    }
    return done{};
  };
  co_await db.in_transaction(stoa::acts_as(owner), std::move(work));
  co_return std::move(*kept);
}

task<webhook> rotate_secret(stoa::database& db, stoa::user_id owner, std::int64_t number, std::string secret,
                            stoa::timestamp old_until, stoa::timestamp now) {
  stoa::values bound{owner, number, secret, old_until, now};
  const auto found = co_await db.query(stoa::acts_as(owner), rotate_one, std::move(bound), stoa::lane::commands);
  co_return only(found);
}

task<done> remove_webhook(stoa::database& db, stoa::user_id owner, std::int64_t number) {
  stoa::values bound{owner, number};
  const auto gone = co_await db.query(stoa::acts_as(owner), remove_one, std::move(bound), stoa::lane::commands);
  if (gone.empty()) co_return unknown_webhook();
  co_return done{};
}

void narrow_within(stoa::connection& db, stoa::user_id owner) { db.run(narrow, {owner}); }

void disable_within(stoa::connection& db, webhook_id id, const std::string& reason, stoa::timestamp now) {
  db.run(disable, {id, reason, now});
}

}  // namespace stoa_plugin::webhooks
