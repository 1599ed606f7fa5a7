// The SQL of accounts.
#pragma once

#include "actors/account/account.hpp"
#include "stoa/db.hpp"

namespace stoa::actors::account_store {

#define STOA_ACCOUNT_COLUMNS                                                                                      \
  "id, number, email, coalesce(username, ''), first_name, last_name, bio, avatar_url, phone, country, timezone, " \
  "track, "                                                                                                       \
  "preferences, roles, active, created_at, updated_at, last_login_at, version"

inline constexpr statement load{"account.load", "select " STOA_ACCOUNT_COLUMNS " from account where id = :p1::uuid"};

/// An account's row and its first event, or a violation of account_email_key_key / account_username_key_key.
inline constexpr statement create{"account.create", R"(
  with made as (
    insert into account (id, email, email_key, username, username_key, password_hash, first_name, last_name, track, roles,
                         created_at, updated_at)
    values (:p1::uuid, :p2::text, :p3::text, :p4::text, :p5::text, :p6::text, :p7::text, :p8::text, :p9::text, :p10::int,
            :p11::timestamptz, :p11::timestamptz)
    returning *),
  told as (
    )" STOA_TELL(":p12") R"(, made)
  select )" STOA_ACCOUNT_COLUMNS R"( from made)"};

/// Who answers to an identifier, an address before a username.
inline constexpr statement find_credentials{"account.find_credentials", R"(
  select id, password_hash, active from account where email_key = :p1::text
  union all
  select id, password_hash, active from account where username_key = :p2::text and email_key <> :p1::text
  limit 1)"};

inline constexpr statement password_of{"account.password_of",
                                       "select password_hash from account where id = :p1::uuid and active"};

inline constexpr statement email_exists{"account.email_exists", "select 1 from account where email_key = :p1::text"};

inline constexpr statement update_profile{"account.update_profile", R"(
  with changed as (
    update account set first_name = :p1::text, last_name = :p2::text, bio = :p3::text, avatar_url = :p4::text,
      phone = :p5::text, country = :p6::text, timezone = :p7::text, track = :p8::text, preferences = :p9::jsonb,
      updated_at = :p10::timestamptz, version = version + 1
    where id = :p11::uuid and version = :p12::bigint returning *),
  told as (
    )" STOA_TELL(":p13") R"(, changed)
  select )" STOA_ACCOUNT_COLUMNS " from changed"};

/// A new password ends every session; their ids come back as the column behind the account's own.
inline constexpr statement update_password{"account.update_password", R"(
  with changed as (
    update account set password_hash = :p1::text, updated_at = :p2::timestamptz, version = version + 1
    where id = :p3::uuid and version = :p4::bigint returning *),
  ended as (
    update session set revoked_at = :p2::timestamptz, version = session.version + 1 from changed
    where session.user_id = changed.id and session.revoked_at is null returning session.id as session_id),
  told as (
    )" STOA_TELL_AS(":p5", "ended.session_id", "e.payload") R"(, ended)
  select )" STOA_ACCOUNT_COLUMNS R"(, array_to_string(array(select session_id from ended), ',') from changed)"};

inline constexpr statement update_roles{"account.update_roles", R"(
  with changed as (
    update account set roles = :p1::int, roles_changed_at = :p2::timestamptz, updated_at = :p2::timestamptz, version = version + 1
    where id = :p3::uuid and version = :p4::bigint returning *),
  told as (
    )" STOA_TELL(":p5") R"(, changed)
  select )" STOA_ACCOUNT_COLUMNS " from changed"};

/// Switching off ends every session; their ids come back as from `update_password`.
inline constexpr statement switch_active{"account.switch_active", R"(
  with changed as (
    update account set active = :p1::boolean, updated_at = :p2::timestamptz, version = version + 1
    where id = :p3::uuid and version = :p4::bigint returning *),
  ended as (
    update session set revoked_at = :p2::timestamptz, version = session.version + 1 from changed
    where session.user_id = changed.id and not changed.active and session.revoked_at is null
    returning session.id as session_id),
  told_ended as (
    )" STOA_TELL_AS(":p5", "ended.session_id", "e.payload") R"(, ended),
  told as (
    )" STOA_TELL(":p6") R"(, changed)
  select )" STOA_ACCOUNT_COLUMNS R"(, array_to_string(array(select session_id from ended), ',') from changed)"};

inline constexpr statement note_login{"account.note_login", R"(
  update account set last_login_at = :p1::timestamptz, password_hash = coalesce(:p2::text, password_hash), version = version + 1
  where id = :p3::uuid and version = :p4::bigint
  returning )" STOA_ACCOUNT_COLUMNS};

/// Roles that changed so lately that older access tokens may still live.
inline constexpr statement recent_role_changes{
    "account.recent_role_changes",
    "select id, roles, roles_changed_at from account where roles_changed_at > :p1::timestamptz"};

inline constexpr statement describe{"account.describe", R"(
  select )" STOA_ACCOUNT_COLUMNS R"(, password_hash,
    (select locked_until from sign_in_guard where identifier = email_key and locked_until > now())
  from account where email_key = :p1::text)"};

/// Reads the columns of STOA_ACCOUNT_COLUMNS.
account read(const rows::row& row);
/// The sessions that `update_password` and `switch_active` put an end to.
std::vector<session_id> read_ended_sessions(const rows::row& row);

}  // namespace stoa::actors::account_store

namespace stoa::actors {

inline bound_statement load(const account_kind&, const user_id& id) { return {&account_store::load, {id}}; }
inline result<account> read(const account_kind&, const user_id&, const rows& found) {
  if (found.empty()) return account_rules::user_not_found();
  return account_store::read(found.front());
}

inline bound_statement save(const account& before, const account& after, const change_profile&, const moment& m) {
  return {&account_store::update_profile,
          {after.first_name, after.last_name, after.bio, after.avatar_url, after.phone, after.country, after.timezone,
           after.track, after.preferences, m.now, after.id, before.version,
           event_rows(m.now).tell(after.id, after.id, user_updated{})}};
}
inline bound_statement save(const account& before, const account& after, const replace_password& told,
                            const moment& m) {
  return {
      &account_store::update_password,
      {told.new_hash, m.now, after.id, before.version, event_rows(m.now).tell(after.id, after.id, session_ended{})}};
}
inline bound_statement save(const account& before, const account& after, const replace_role&, const moment& m) {
  return {&account_store::update_roles,
          {static_cast<int>(after.roles.bits), m.now, after.id, before.version,
           event_rows(m.now).tell(after.id, after.id, user_roles_changed{after.roles.bits})}};
}
inline bound_statement save(const account& before, const account& after, const switch_account&, const moment& m) {
  return {&account_store::switch_active,
          {after.active, m.now, after.id, before.version, event_rows(m.now).tell(after.id, after.id, session_ended{}),
           event_rows(m.now).tell(after.id, after.id, user_updated{})}};
}
inline bound_statement save(const account& before, const account& after, const note_login& told, const moment& m) {
  return {&account_store::note_login, {m.now, told.stronger_hash, after.id, before.version}};
}

/// Every statement answers with the whole account as it now stands.
template <class Reply, class Command>
void written(account& next, Reply& reply, const Command&, const rows::row& first) {
  next = account_store::read(first);
  if constexpr (std::is_same_v<Reply, std::vector<session_id>>) reply = account_store::read_ended_sessions(first);
}

}  // namespace stoa::actors
