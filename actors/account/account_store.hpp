// The SQL of accounts.
#pragma once

#include "actors/account/account.hpp"
#include "stoa/areas/identity.hpp"
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

/// Somebody whose password, and whose code, is to be proved.
struct known_credentials : credentials_row {
  mfa_state mfa;
};

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

/// All of an account's state.
inline constexpr auto state_columns = columns<account> + ", " + columns<mfa_state>;
inline constexpr std::size_t state_column_count = column_count<account> + column_count<mfa_state>;
/// What credentials are proved against.
inline constexpr auto credential_columns = columns<credentials_row> + ", " + columns<mfa_state>;

inline constexpr auto load_sql = "select " + state_columns + " from account where id = :p1::uuid";
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
    insert into session (id, user_id, dialect, created_at, expires_at, client)
    select :p13::uuid, id, :p14::text, created_at, :p15::timestamptz, :p18::text from made where :p13::uuid is not null),
  queued as (
    )" STOA_QUEUE(":p17") R"(, made)
  select )" + state_columns + " from made";
inline constexpr statement create{"account.create", create_sql};

/// How numbers are given from now on, where that is not how they are: behind all that there are, so that those stay.
inline constexpr statement number_by{"account.number_by", R"(
  update account_numbering n
  set start_at = :p1::bigint, step = :p2::bigint, width = greatest(1, round(n.share * :p2::bigint)::bigint),
      base = greatest((select coalesce(max(number), 0) from account),
                      :p1::bigint - 1 + case when :p2::bigint > 1 then floor(n.ahead * 100 * :p2::bigint)::bigint else 0 end),
      first = nextval('account_span')
  where (n.start_at, n.step) is distinct from (:p1::bigint, :p2::bigint))"};

/// Who answers to an identifier: an address, also one that was stored in an older form, before a username.
inline constexpr auto find_credentials_sql = "select " + credential_columns + R"( from account
  where email_key = :p1::text or email_key = any(:p2::text[]) or username_key = :p1::text
  order by email_key = :p1::text desc, email_key = any(:p2::text[]) desc
  limit 1)";
inline constexpr statement find_credentials{"account.find_credentials", find_credentials_sql};

inline constexpr auto credentials_of_sql =
    "select " + credential_columns + " from account where id = :p1::uuid and active";
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
  select )" + state_columns + " from changed";
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
  select )" + state_columns + ", array_to_string(array(select session_id from ended), ',') from changed";

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
  unlinked as (
    delete from account_identity o using account was, changed
    where was.id = changed.id and was.email_verified_at is null and o.user_id = was.id),
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
  select )" + state_columns + " from changed";
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
  select )" + state_columns + ", array_to_string(array(select session_id from ended), ',') from changed";
inline constexpr statement switch_active{"account.switch_active", switch_active_sql};

/// A sign-in and its session are one write that names the account's version, so that no session is opened beside a new
/// password that would not see it.
inline constexpr auto begin_session_sql = R"(
  with changed as (
    update account set last_login_at = :p1::timestamptz, password_hash = coalesce(:p2::text, password_hash),
      mfa_secret = :p10::text, mfa_last_step = :p11::bigint, mfa_recovery = :p12::text, version = version + 1
    where id = :p3::uuid and version = :p4::bigint returning *),
  opened as (
    insert into session (id, user_id, dialect, created_at, expires_at, client)
    select :p5::uuid, id, :p6::text, :p1::timestamptz, :p7::timestamptz, :p9::text from changed),
  told as (
    )" STOA_TELL(":p8") R"(, changed)
  select )" + state_columns + " from changed";
inline constexpr statement begin_session{"account.begin_session", begin_session_sql};

/// The second factor as it now is, where no session has to know of it.
inline constexpr auto update_mfa_sql = R"(
  with changed as (
    update account set mfa_secret = :p1::text, mfa_pending = :p2::text, mfa_last_step = :p3::bigint, mfa_recovery = :p4::text,
      mfa_version = :p5::bigint, updated_at = :p6::timestamptz, version = version + 1
    where id = :p7::uuid and version = :p8::bigint returning *)
  select )" + state_columns + " from changed";
inline constexpr statement update_mfa{"account.update_mfa", update_mfa_sql};

/// The same where it comes or goes (:p9): sessions that did not show a code (:p10 did) have to, or need none any more.
/// Their ids come back as from `update_password`.
inline constexpr auto switch_mfa_sql = R"(
  with changed as (
    update account set mfa_secret = :p1::text, mfa_pending = :p2::text, mfa_last_step = :p3::bigint, mfa_recovery = :p4::text,
      mfa_version = :p5::bigint, updated_at = :p6::timestamptz, version = version + 1
    where id = :p7::uuid and version = :p8::bigint returning *),
  asked as (
    update session set mfa_due = :p9::boolean, version = session.version + 1 from changed
    where session.user_id = changed.id and session.id <> :p10::uuid and session.mfa_due <> :p9::boolean
      and session.revoked_at is null
    returning session.id as session_id),
  told as (
    )" STOA_TELL(":p11") R"(, changed)
  select )" + state_columns + ", array_to_string(array(select session_id from asked), ',') from changed";
inline constexpr statement switch_mfa{"account.switch_mfa", switch_mfa_sql};

/// Ends every session but one; their ids come back as from `update_password`.
inline constexpr auto end_others_sql = R"(
  with changed as (
    update account set version = version + 1 where id = :p1::uuid and version = :p2::bigint returning *),
  ended as (
    update session set revoked_at = :p3::timestamptz, version = session.version + 1 from changed
    where session.user_id = changed.id and session.id <> :p4::uuid and session.revoked_at is null
    returning session.id as session_id),
  told as (
    )" STOA_TELL_AS(":p5", "ended.session_id", "e.payload") R"(, ended)
  select )" + state_columns + ", array_to_string(array(select session_id from ended), ',') from changed";
inline constexpr statement end_others{"account.end_others", end_others_sql};

/// Makes an account enterable by an identity. Where the password goes (:p8), so do the sessions, whose ids come back as
/// from `update_password`, and mailed links for a new one. An identity that is somebody's is a violation of
/// account_identity_pkey, another one at that provider of account_identity_user_id_provider_key.
inline constexpr auto link_identity_sql = R"(
  with changed as (
    update account set password_hash = case when :p8::boolean then '' else password_hash end,
      password_version = password_version + case when :p8::boolean then 1 else 0 end,
      email_verified_at = case when :p9::boolean then coalesce(email_verified_at, :p3::timestamptz) else email_verified_at end,
      updated_at = :p3::timestamptz, version = version + 1
    where id = :p1::uuid and version = :p2::bigint returning *),
  linked as (
    insert into account_identity (provider, subject, user_id, email, linked_at)
    select :p4::text, :p5::text, id, :p6::text, :p3::timestamptz from changed),
  unlinked as (
    delete from account_identity o using changed where o.user_id = changed.id and :p8::boolean),
  spent as (
    delete from account_token using changed
    where account_token.user_id = changed.id and :p8::boolean and account_token.purpose = 'reset'),
  ended as (
    update session set revoked_at = :p3::timestamptz, version = session.version + 1 from changed
    where session.user_id = changed.id and :p8::boolean and session.revoked_at is null returning session.id as session_id),
  told as (
    )" STOA_TELL_AS(":p7", "ended.session_id", "e.payload") R"(, ended),
  told_of_it as (
    )" STOA_TELL(":p10") R"(, changed)
  select )" + state_columns + ", array_to_string(array(select session_id from ended), ',') from changed";
inline constexpr statement link_identity{"account.link_identity", link_identity_sql};

/// Roles that changed so lately that older access tokens may still live.
inline constexpr auto recent_role_changes_sql =
    "select " + columns<role_change> + " from account where roles_changed_at > :p1::timestamptz";
inline constexpr statement recent_role_changes{"account.recent_role_changes", recent_role_changes_sql};

/// An account's columns and those of its door.
inline constexpr auto describe_sql =
    "select " + columns<account, "a"> + ", " + columns<mfa_state, "a"> + ", " + columns<door_state, "a"> + R"( from (
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

inline account_state read(const rows::row& row) {
  account_state out;
  static_cast<account&>(out) = read_columns<account>(row);
  out.mfa = read_columns<mfa_state>(row, column_count<account>);
  return out;
}
inline known_credentials read_credentials(const rows::row& row) {
  known_credentials out;
  static_cast<credentials_row&>(out) = read_columns<credentials_row>(row);
  out.mfa = read_columns<mfa_state>(row, column_count<credentials_row>);
  return out;
}
inline door_state read_door(const rows::row& row) { return read_columns<door_state>(row, state_column_count); }
/// The sessions that `update_password` and its like put an end to.
std::vector<session_id> read_ended_sessions(const rows::row& row);

}  // namespace stoa::actors::account_store

namespace stoa::actors {

inline bound_statement load(const account_kind&, const user_id& id) { return {&account_store::load, {id}}; }
inline result<account_state> read(const account_kind&, const user_id&, const rows& found) {
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
inline bound_statement save(const account_state& before, const account_state& after, const begin_session& told,
                            const moment& m) {
  return {&account_store::begin_session,
          {m.now, told.stronger_hash, after.id, before.version, told.session.id, told.session.door,
           told.session.expires_at, event_rows(m.now).tell(after.id, after.id, user_signed_in{}), told.session.client,
           after.mfa.mfa_secret, after.mfa.mfa_last_step, after.mfa.mfa_recovery}};
}

/// What `update_mfa` and `switch_mfa` begin with.
inline values mfa_values(const account_state& before, const account_state& after, const moment& m) {
  const auto& mfa = after.mfa;
  return {mfa.mfa_secret,  mfa.mfa_pending, mfa.mfa_last_step, mfa.mfa_recovery,
          mfa.mfa_version, m.now,           after.id,          before.version};
}
inline bound_statement save_mfa(const account_state& before, const account_state& after, const moment& m) {
  return {&account_store::update_mfa, mfa_values(before, after, m)};
}
inline bound_statement switch_mfa(const account_state& before, const account_state& after, session_id shown_in,
                                  const moment& m) {
  const bool on = after.mfa.on();
  auto v = mfa_values(before, after, m);
  v.emplace_back(on);
  v.emplace_back(shown_in);
  v.emplace_back(event_rows(m.now).tell(after.id, after.id, user_mfa_changed{on}));
  return {&account_store::switch_mfa, std::move(v)};
}
inline bound_statement save(const account_state& before, const account_state& after, const begin_mfa&,
                            const moment& m) {
  return save_mfa(before, after, m);
}
inline bound_statement save(const account_state& before, const account_state& after, const replace_recovery_codes&,
                            const moment& m) {
  return save_mfa(before, after, m);
}
inline bound_statement save(const account_state& before, const account_state& after, const spend_code&,
                            const moment& m) {
  return save_mfa(before, after, m);
}
inline bound_statement save(const account_state& before, const account_state& after, const confirm_mfa& told,
                            const moment& m) {
  return switch_mfa(before, after, told.shown_in, m);
}
inline bound_statement save(const account_state& before, const account_state& after, const end_mfa&, const moment& m) {
  return switch_mfa(before, after, session_id{}, m);
}
inline bound_statement save(const account_state& before, const account_state& after, const take_mfa_away&,
                            const moment& m) {
  return switch_mfa(before, after, session_id{}, m);
}
inline bound_statement save(const account_state& before, const account_state& after, const end_other_sessions& told,
                            const moment& m) {
  return {&account_store::end_others,
          {after.id, before.version, m.now, told.kept, event_rows(m.now).tell(after.id, after.id, session_ended{})}};
}

inline bound_statement save(const account_state& before, const account_state& after, const link_identity& told,
                            const moment& m) {
  return {&account_store::link_identity,
          {after.id, before.version, m.now, told.provider, told.subject, told.email,
           event_rows(m.now).tell(after.id, after.id, session_ended{}), told.drop_password, told.email_verified,
           event_rows(m.now).tell(after.id, after.id, identity_linked{told.provider, told.drop_password})}};
}

/// Every statement answers with the whole account as it now stands.
template <class Reply, class Command>
void written(account_state& next, Reply& reply, const Command&, const rows::row& first) {
  next = account_store::read(first);
  if constexpr (std::is_same_v<Reply, std::vector<session_id>>) reply = account_store::read_ended_sessions(first);
}

}  // namespace stoa::actors
