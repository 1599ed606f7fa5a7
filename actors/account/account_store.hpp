// The SQL of accounts.
#pragma once

#include "actors/account/account.hpp"
#include "stoa/columns.hpp"
#include "stoa/db.hpp"
#include "stoa/jobs.hpp"
#include "stoa/purge.hpp"

namespace stoa {

/// Roles are kept as their bits.
inline void read_column(const rows::row& r, std::size_t column, role_set& out) {
  out.bits = static_cast<unsigned>(r.integer(column));
}

}  // namespace stoa

namespace stoa::actors::account_store {

/// What a password is proved against.
struct credentials_row {
  user_id id;
  std::string email_key;
  std::string password_hash;
  std::int64_t password_version = 0;
  bool active = false;
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(credentials_row, (), (id, email_key, password_hash, password_version, active, version))

/// Roles that changed, and when.
struct role_change {
  user_id id;
  role_set roles;
  timestamp roles_changed_at;
};
BOOST_DESCRIBE_STRUCT(role_change, (), (id, roles, roles_changed_at))

/// What the command line shows beside the account itself.
struct door_state {
  std::string password_hash;
  std::optional<timestamp> locked_until;
};
BOOST_DESCRIBE_STRUCT(door_state, (), (password_hash, locked_until))

inline constexpr auto load_sql = "select " + columns<account> + " from account where id = :p1::uuid";
inline constexpr statement load{"account.load", load_sql};

/// An account's row, its first event and, where :p13 names one, its first session; or a violation of
/// account_email_key_key / account_username_key_key; or no row where the address is taken under an older key.
inline constexpr auto create_sql = R"(
  with made as (
    insert into account (id, email, email_key, username, username_key, password_hash, first_name, last_name, track, roles,
                         created_at, updated_at)
    select :p1::uuid, :p2::text, :p3::text, :p4::text, :p5::text, :p6::text, :p7::text, :p8::text, :p9::text, :p10::int,
           :p11::timestamptz, :p11::timestamptz
    where not exists (select 1 from account where email_key = any(:p16::text[]))
    returning *),
  told as (
    )" STOA_TELL(":p12") R"(, made),
  opened as (
    insert into session (id, user_id, dialect, created_at, expires_at)
    select :p13::uuid, id, :p14::text, created_at, :p15::timestamptz from made where :p13::uuid is not null),
  queued as (
    )" STOA_QUEUE(":p17") R"(, made)
  select )" + columns<account> + " from made";
inline constexpr statement create{"account.create", create_sql};

/// Who answers to an identifier: an address, also one that was stored in an older form, before a username.
inline constexpr auto find_credentials_sql = "select " + columns<credentials_row> + R"( from account
  where email_key = :p1::text or email_key = any(:p2::text[]) or username_key = :p1::text
  order by email_key = :p1::text desc, email_key = any(:p2::text[]) desc
  limit 1)";
inline constexpr statement find_credentials{"account.find_credentials", find_credentials_sql};

inline constexpr auto credentials_of_sql =
    "select " + columns<credentials_row> + " from account where id = :p1::uuid and active";
inline constexpr statement credentials_of{"account.credentials_of", credentials_of_sql};

inline constexpr statement email_exists{"account.email_exists", R"(
  select 1 from account where email_key = :p1::text or email_key = any(:p2::text[]))"};

inline constexpr auto update_profile_sql = R"(
  with changed as (
    update account set first_name = :p1::text, last_name = :p2::text, bio = :p3::text, avatar_url = :p4::text,
      phone = :p5::text, country = :p6::text, timezone = :p7::text, track = :p8::text, preferences = :p9::jsonb,
      updated_at = :p10::timestamptz, version = version + 1
    where id = :p11::uuid and version = :p12::bigint returning *),
  told as (
    )" STOA_TELL(":p13") R"(, changed)
  select )" + columns<account> + " from changed";
inline constexpr statement update_profile{"account.update_profile", update_profile_sql};

/// What follows a new password of the `changed` account: every session ends; their ids come back behind the account's
/// own columns.
inline constexpr auto ends_sessions_sql = R"(
  ended as (
    update session set revoked_at = :p2::timestamptz, version = session.version + 1 from changed
    where session.user_id = changed.id and session.revoked_at is null returning session.id as session_id),
  told as (
    )" STOA_TELL_AS(":p5", "ended.session_id", "e.payload") R"(, ended),
  told_of_it as (
    )" STOA_TELL(":p6") R"(, changed)
  select )" + columns<account> + ", array_to_string(array(select session_id from ended), ',') from changed";

/// A new password by the old one.
inline constexpr auto update_password_sql = R"(
  with changed as (
    update account set password_hash = :p1::text, password_version = password_version + 1, updated_at = :p2::timestamptz,
      version = version + 1
    where id = :p3::uuid and version = :p4::bigint returning *),)" +
                                            ends_sessions_sql;
inline constexpr statement update_password{"account.update_password", update_password_sql};

/// The same by a mailed link, which proves the address, too; all links for a new password end with it.
inline constexpr auto reset_password_sql = R"(
  with changed as (
    update account set password_hash = :p1::text, password_version = password_version + 1, updated_at = :p2::timestamptz,
      email_verified_at = coalesce(email_verified_at, :p2::timestamptz), version = version + 1
    where id = :p3::uuid and version = :p4::bigint returning *),
  spent as (
    delete from account_token using changed where user_id = changed.id and purpose = 'reset'),)" +
                                           ends_sessions_sql;
inline constexpr statement reset_password{"account.reset_password", reset_password_sql};

inline constexpr auto update_roles_sql = R"(
  with changed as (
    update account set roles = :p1::int, roles_changed_at = :p2::timestamptz, updated_at = :p2::timestamptz, version = version + 1
    where id = :p3::uuid and version = :p4::bigint returning *),
  told as (
    )" STOA_TELL(":p5") R"(, changed)
  select )" + columns<account> + " from changed";
inline constexpr statement update_roles{"account.update_roles", update_roles_sql};

/// Switching off ends every session; their ids come back as from `update_password`.
inline constexpr auto switch_active_sql = R"(
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
  select )" + columns<account> + ", array_to_string(array(select session_id from ended), ',') from changed";
inline constexpr statement switch_active{"account.switch_active", switch_active_sql};

/// A sign-in and its session are one write that names the account's version, so that no session is opened beside a new
/// password that would not see it.
inline constexpr auto begin_session_sql = R"(
  with changed as (
    update account set last_login_at = :p1::timestamptz, password_hash = coalesce(:p2::text, password_hash),
      version = version + 1
    where id = :p3::uuid and version = :p4::bigint returning *),
  opened as (
    insert into session (id, user_id, dialect, created_at, expires_at)
    select :p5::uuid, id, :p6::text, :p1::timestamptz, :p7::timestamptz from changed),
  told as (
    )" STOA_TELL(":p8") R"(, changed)
  select )" + columns<account> + " from changed";
inline constexpr statement begin_session{"account.begin_session", begin_session_sql};

/// Roles that changed so lately that older access tokens may still live.
inline constexpr auto recent_role_changes_sql =
    "select " + columns<role_change> + " from account where roles_changed_at > :p1::timestamptz";
inline constexpr statement recent_role_changes{"account.recent_role_changes", recent_role_changes_sql};

/// An account's columns and those of its door.
inline constexpr auto describe_sql = "select " + columns<account, "a"> + ", " + columns<door_state, "a"> + R"( from (
    select *, (select locked_until from sign_in_guard where identifier = email_key and locked_until > now()) as locked_until
    from account where email_key = :p1::text or email_key = any(:p2::text[])
    order by email_key = :p1::text desc limit 1) a)";
inline constexpr statement describe{"account.describe", describe_sql};

// Mailed links that nobody can use any more.
inline constexpr statement links_due{"account_token_due", R"(
  select count(*) from (select 1 from account_token where expires_at < :p1::timestamptz limit :p2::bigint) due)"};
inline constexpr statement purge_links{"account_token_purge", R"(
  with gone as (
    delete from account_token where hash in (
      select hash from account_token where expires_at < :p1::timestamptz order by expires_at limit :p2::bigint
      for update skip locked)
    returning 1)
  select count(*) from gone)"};
inline constexpr purge_rule dead_links{"account_token", &links_due, &purge_links};

/// What `find_credentials`, `email_exists` and `describe` are asked with.
values sought(std::string_view identifier);

inline account read(const rows::row& row) { return read_columns<account>(row); }
inline door_state read_door(const rows::row& row) { return read_columns<door_state>(row, column_count<account>); }
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
  return {&account_store::update_password,
          {told.new_hash, m.now, after.id, before.version, event_rows(m.now).tell(after.id, after.id, session_ended{}),
           event_rows(m.now).tell(after.id, after.id, user_password_changed{false})}};
}
inline bound_statement save(const account& before, const account& after, const reset_password& told, const moment& m) {
  return {&account_store::reset_password,
          {told.new_hash, m.now, after.id, before.version, event_rows(m.now).tell(after.id, after.id, session_ended{}),
           event_rows(m.now).tell(after.id, after.id, user_password_changed{true})}};
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
inline bound_statement save(const account& before, const account& after, const begin_session& told, const moment& m) {
  return {&account_store::begin_session,
          {m.now, told.stronger_hash, after.id, before.version, told.session.id, told.session.door,
           told.session.expires_at, event_rows(m.now).tell(after.id, after.id, user_signed_in{})}};
}

/// Every statement answers with the whole account as it now stands.
template <class Reply, class Command>
void written(account& next, Reply& reply, const Command&, const rows::row& first) {
  next = account_store::read(first);
  if constexpr (std::is_same_v<Reply, std::vector<session_id>>) reply = account_store::read_ended_sessions(first);
}

}  // namespace stoa::actors
